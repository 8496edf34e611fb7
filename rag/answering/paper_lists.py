"""Lists of papers: on a topic, of an organisation or a person, with code, of some days, similar."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering.draft import Draft
from rag.answering.paper_filters import papers_that_fit, without_excluded
from rag.answering.paper_lines import paper_entry
from rag.query.request import Order, Request
from rag.records import Chunk, Citation, Evidence, Hit, Paper
from rag.retrieval.retriever import HybridRetriever
from rag.retrieval.topic_search import MIN_ON_TOPIC, TopicHit, TopicSearch
from rag.store.catalog import Catalog
from rag.store.keywords import weight_covered
from rag.text.directives import is_directive
from rag.text.sentences import gist, statements
from rag.text.words import terms

USUAL_COUNT = 5  # papers, if the request names no number
MAX_COUNT = 10  # papers in one message
MAX_HITS = 10  # in the ranking that is shown
NEAREST = 40  # papers on the topic among which advice prefers the most upvoted
# Probability of a paper that fills a list with fewer: among all papers, the nearest are good ones.
MIN_NEAR = 0.3
MIN_NEAR_FILTERED = 0.65
MIN_BEST = 0.6  # probability of the likeliest paper, for a list at all
UPVOTES_WEIGHT = 0.15  # of the rank by upvotes (0 … 1) beside the probability, in advice
LEAD_SHARE = 0.75  # of the topic's words in the gist, for it to stand for the paper


@dataclass(frozen=True, slots=True)
class _Found:
    """Papers in the order of the list, with the sentence that is nearest to the topic."""

    papers: tuple[Paper, ...]
    chunks: dict[str, Chunk]
    hits: tuple[Hit, ...]
    order: str  # "the nearest", "the newest" …


class PaperLists:
    """Lists papers that a request narrows by topic, organisation, author, days or code."""

    def __init__(self, catalog: Catalog, retriever: HybridRetriever) -> None:
        self.catalog = catalog
        self.retriever = retriever
        self.topics = TopicSearch(retriever)

    def draft(self, request: Request, *, strict: bool = False) -> Draft | None:
        """Return the papers of a list; None if no paper is on the topic.

        `strict` adds no papers that are less likely on the topic to a short list.
        """
        found = self._find(request, strict=strict)
        if found and found.papers:
            return self._list(request, found)
        if not (request.with_code or request.left_out):
            return None
        whole = replace(request, with_code=False, without_code=False, excluded=())
        others = self._find(whole, strict=strict)
        if not others or not others.papers:
            return None
        name = _name(whole, others.papers)
        text = f"I know {name}, but none that is {request.left_out}."
        text = f"I know of no code for the {name}." if request.with_code else text
        return Draft(text, (), others.hits, refused=True)

    def similar(self, request: Request) -> Draft | None:
        """Return the papers most similar to the request's papers; None if it has none."""
        ids = [paper.paper_id for paper in request.subjects]
        if not ids:
            return None
        allowed = self._allowed(replace(request, named=(), pointed=()))
        count = request.offset + MAX_COUNT
        hits = self.retriever.neighbours(ids, top_k=count if allowed is None else 5 * count)
        hits = [hit for hit in hits if allowed is None or hit.paper.paper_id in allowed]
        papers = tuple(hit.paper for hit in hits)
        if not papers:
            return None
        chunks = {hit.paper.paper_id: hit.chunk for hit in hits}
        names = " and ".join(paper.title for paper in request.subjects)
        found = _Found(papers, chunks, tuple(hits[:MAX_HITS]), "the nearest")
        left_out = f", {request.left_out}" if request.left_out else ""
        return self._list(
            replace(request, topic=""), found, head=f"Most similar to {names}{left_out}:"
        )

    # -- finding -------------------------------------------------------------------------------

    def _find(self, request: Request, *, strict: bool) -> _Found | None:
        """Return all papers of a list; None if nothing narrows the papers."""
        allowed = self._allowed(request)
        if request.topic_terms:
            return self._on_topic(request, allowed, strict=strict)
        if allowed is None and not (request.order or request.kept_in):
            return None
        everything = self.catalog.papers() if allowed is None else ()
        papers = everything or self.catalog.get(sorted(allowed or ())).values()
        usual: Order = "most upvotes" if request.kind == "advice" else "newest"
        ordered, name = _ordered(list(papers), request.order or usual)
        return _Found(ordered, {}, (), name)

    def _allowed(self, request: Request) -> set[str] | None:
        """Return the ids of the papers that fit everything but the topic; None for all papers."""
        papers: Sequence[Paper] | None = papers_that_fit(self.catalog, request)
        if request.excluded:
            every = self.catalog.papers() if papers is None else papers
            papers = without_excluded(self.topics, every, request)
        return None if papers is None else {paper.paper_id for paper in papers}

    def _on_topic(self, request: Request, allowed: set[str] | None, *, strict: bool) -> _Found:
        """Return the papers on the topic, nearest first unless the request names an order."""
        ranked = self.topics.search(request.topic, allowed=allowed)
        on_topic = [hit for hit in ranked if hit.probability >= MIN_ON_TOPIC]
        count = request.limit or USUAL_COUNT
        if len(on_topic) < count and not strict:
            least = MIN_NEAR if allowed is None else MIN_NEAR_FILTERED
            on_topic = [hit for hit in ranked[:count] if hit.probability >= least]
            if on_topic and on_topic[0].probability < MIN_BEST:
                on_topic = []
        known = self.catalog.get([hit.paper_id for hit in on_topic])
        papers = [known[hit.paper_id] for hit in on_topic if hit.paper_id in known]
        chunks = {hit.paper_id: hit.chunk for hit in on_topic}
        hits = tuple(self.topics.hits(ranked[:MAX_HITS]))
        if request.order:
            ordered, name = _ordered(papers, request.order)
            return _Found(ordered, chunks, hits, name)
        if request.kind == "advice":
            nearest = _by_upvotes(on_topic[:NEAREST], known)
            return _Found((*nearest, *papers[NEAREST:]), chunks, hits, "the most fitting")
        return _Found(tuple(papers), chunks, hits, "the nearest")

    # -- the answer ----------------------------------------------------------------------------

    def _list(self, request: Request, found: _Found, *, head: str = "") -> Draft:
        start = request.offset
        count = min(request.limit or USUAL_COUNT, MAX_COUNT)
        shown = found.papers[start : start + count]
        more = max(0, len(found.papers) - start - len(shown))
        weights = self.retriever.keywords.idf(request.topic_terms)
        lines = [head or _head(request, found, start, len(shown))]
        citations, evidence = [], []
        for n, paper in enumerate(shown, start=start + 1):
            sentence, is_quoted = _about(paper, found.chunks.get(paper.paper_id), weights)
            lines += paper_entry(n, paper, sentence, quoted=is_quoted)
            citations.append(Citation(n, paper, sentence if is_quoted else paper.title))
            evidence.append(Evidence(paper, sentence or paper.title, 0, 1.0))
        return Draft(
            "\n".join(lines),
            tuple(citations),
            found.hits or [Hit(p, Chunk(p.paper_id, 0, p.title), 1.0, 1.0, 0.0) for p in shown],
            more=more,
            brief_from=evidence if start == 0 else (),
        )


def _ordered(papers: Sequence[Paper], order: Order) -> tuple[tuple[Paper, ...], str]:
    """Return the papers in an order, those without the value last, and the order's name."""
    if order in ("newest", "oldest"):
        is_newest = order == "newest"
        ordered = sorted(papers, key=lambda p: -(p.upvotes or 0))
        ordered = sorted(ordered, key=lambda p: str(p.day or ""), reverse=is_newest)
        ordered.sort(key=lambda p: p.day is None)
        return tuple(ordered), f"the {order}"
    key = {"most upvotes": "upvotes", "most comments": "comment_count"}.get(order, "author_count")
    sign = 1 if order == "fewest authors" else -1
    ordered = sorted(papers, key=lambda p: (getattr(p, key) is None, sign * (getattr(p, key) or 0)))
    name = {"most upvotes": "the most upvoted", "most comments": "the most discussed"}
    return tuple(ordered), name.get(order, f"those with the {order}")


def _by_upvotes(hits: Sequence[TopicHit], known: dict[str, Paper]) -> list[Paper]:
    """Return the papers by probability and, among similar ones, by upvotes."""
    papers = [(hit, known[hit.paper_id]) for hit in hits if hit.paper_id in known]
    by_votes = sorted(papers, key=lambda pair: -(pair[1].upvotes or 0))
    rank = {paper.paper_id: n / max(1, len(papers)) for n, (_, paper) in enumerate(by_votes)}
    papers.sort(key=lambda pair: -(pair[0].probability - UPVOTES_WEIGHT * rank[pair[1].paper_id]))
    return [paper for _, paper in papers]


def _about(paper: Paper, chunk: Chunk | None, weights: dict[str, float]) -> tuple[str, bool]:
    """Return a sentence on what the paper is for the topic, and whether it is a quotation."""
    for sentence in statements(" ".join((paper.tldr or "").split())):
        return sentence, False
    lead = gist(paper.abstract)
    is_covered = weight_covered(weights, frozenset(terms(lead))) >= LEAD_SHARE if weights else True
    sentence = lead if is_covered or not chunk or not chunk.sentence else chunk.sentence
    sentence = lead if is_directive(sentence) else sentence
    return sentence, bool(sentence)


def _name(request: Request, papers: Sequence[Paper]) -> str:
    """Return "31 papers on birds with code, 2024-05 to 2026-08"."""
    noun = "paper" if len(papers) == 1 else "papers"
    topic = f" on {request.topic_in_words}" if request.topic_terms else ""
    source = f" from {request.organization}" if request.organization else ""
    source += f" by {request.author}" if request.author else ""
    code = " with code" if request.with_code else ""
    code += f" {request.left_out}" if request.left_out else ""
    days = f", {request.window}" if request.window else _span(papers)
    return f"{len(papers):,} {noun}{topic}{source}{code}{days}"


def _head(request: Request, found: _Found, start: int, shown: int) -> str:
    """Return "31 papers on birds, 2024-05 to 2026-08; the 5 nearest:"."""
    total, name = len(found.papers), _name(request, found.papers)
    if not shown:
        return f"These were all of the {name}."
    if start and shown == 1:
        return f"{name}; number {start + 1}:"
    if start:
        return f"{name}; numbers {start + 1} to {start + shown}:"
    if total == 1:
        return f"{name}:"
    if shown == total:
        return f"{name}, {found.order} first:"
    return f"{name}; {_first(found.order, shown)}:"


def _first(order: str, shown: int) -> str:
    """Return "the 5 newest", "the newest" or "the 5 with the fewest authors"."""
    if order.startswith("those"):
        return order.replace("those", "the one" if shown == 1 else f"the {shown}", 1)
    return order if shown == 1 else order.replace("the", f"the {shown}", 1)


def _span(papers: Sequence[Paper]) -> str:
    """Return ", 2024-05 to 2026-08": the months of the papers."""
    days = sorted(paper.day for paper in papers if paper.day)
    if not days:
        return ""
    first, last = f"{days[0]:%Y-%m}", f"{days[-1]:%Y-%m}"
    return f", {first}" if first == last else f", {first} to {last}"
