"""Answers computed from the catalogue: lists, counts, the newest papers, authors and days."""

from collections.abc import Sequence
from dataclasses import replace

from rag.answering.draft import Draft
from rag.answering.paper_details import facts_of
from rag.answering.paper_filters import (
    papers_by,
    papers_from,
    papers_with_code,
    without_excluded,
)
from rag.answering.refusal import REFUSAL
from rag.query.request import Order, Request, repeated
from rag.records import Citation, Hit, Paper
from rag.retrieval.retriever import HybridRetriever
from rag.retrieval.topic_search import TopicSearch
from rag.store.catalog import Catalog
from rag.store.queries import most_prolific_authors, papers_of_author
from rag.text.names import name_missing_from_title
from rag.text.sentences import gist
from rag.text.words import terms

MAX_LISTED = 10  # papers in a list
MAX_ORDERED = 5  # papers in a list of the newest, the most upvoted and so on
MAX_EXPLAINED = 3  # papers in a list that quotes what each one is about
SEARCH_DEPTH = 60  # papers searched for a topic
MIN_COVERAGE = 0.5  # of the topic's words, for a paper to be about the topic …
MIN_COVERAGE_SHARE = 0.7  # … and of the best paper's coverage
MIN_COSINE_SHARE = 0.55  # of the nearest paper's cosine, for a paper to be the newest on a topic
MIN_COSINE = 0.35  # of a paper about which a fact is asked
MAX_PROLIFIC = 5  # authors in the list of the most prolific ones

# The words of a question for a list that are not its topic.
LIST_WORDS = frozenset(
    terms(
        """papers new newest latest published publishing come came out list listed released featured
        daily summary summarise anything everything arrive arrived happen happened see seen read
        please entries ones two three show work works year month date dated recent posted page
        here collection written wrote know you've we've ever"""
    )
)


class CatalogAnswers:
    """Answers from the catalogue's columns instead of from abstracts."""

    def __init__(self, catalog: Catalog, retriever: HybridRetriever) -> None:
        self.catalog = catalog
        self.retriever = retriever
        self.topics = TopicSearch(retriever)

    def answer(self, request: Request) -> Draft | None:
        """Return the answer; None if the question is about the content of papers."""
        has_topic = bool(self._topic_terms(request))
        if request.prolific:
            return self._prolific()
        if request.facts and (has_topic or request.is_filter or request.pointed):
            return self._facts(request)
        wants_list = request.order or request.count or request.authors or request.organization
        if wants_list or request.author or (request.window and self._asks_for_papers(request)):
            return self._list(request)
        return None

    # -- lists -----------------------------------------------------------------------------

    def _list(self, request: Request) -> Draft:
        hits, papers = self._find(request)
        if not papers:
            return Draft("", (), hits, refused=True)
        total = len(papers)
        if request.order:
            papers = _ordered(papers, request.order)
            papers = papers[: MAX_ORDERED if "papers" in request.topic.casefold() else 1]
        shown = papers[:MAX_LISTED]
        with_gist = len(shown) <= MAX_EXPLAINED
        citations, lines = [], []
        for n, paper in enumerate(shown, start=1):
            sentence = gist(paper.abstract) if with_gist else ""
            citations.append(Citation(n, paper, sentence or paper.title))
            lines.append(f"{_described(paper, request)} [{n}]")
            if sentence:
                whose = "Paperboy's summary: " if paper.abstract_source == "summary" else ""
                lines.append(f"{whose}“{sentence}” [{n}]")
        head = self._head(request, total, len(shown))
        return Draft("\n".join([head, *lines]), tuple(citations), hits)

    def _head(self, request: Request, total: int, shown: int) -> str:
        """Return the first line: the number of papers and their filters."""
        filters = str(request)
        topic = self._topic(request)
        about = f" about {topic}" if topic else ""
        noun = "paper" if total == 1 else "papers"
        if request.order:
            # A topic has no sharp edge, so its papers are not counted.
            which = "the papers" if topic else f"{total:,} {noun}"
            described = f"Of {which}{about}{f' {filters}' if filters else ''}, {request.order}"
            return f"{described}:" if shown == 1 else f"{described} first:"
        more = f"; the first {shown}" if shown < total else ""
        return f"{total:,} {noun}{about}{f' {filters}' if filters else ''}{more}:"

    def _find(self, request: Request) -> tuple[list[Hit], list[Paper]]:
        """Return the ranking by topic and the papers to list, the nearest to the topic first."""
        papers = self._filter(request)
        topic = self._topic_terms(request)
        hits: list[Hit] = []
        if topic and papers:
            ids = {paper.paper_id for paper in papers}
            relevant = ids & self.retriever.keywords.papers_with_all(topic)
            hits = self.retriever.search(request.topic, top_k=SEARCH_DEPTH, allowed=relevant or ids)
            nearest = hits  # a refusal names them
            if not relevant:  # no paper has all the words, so take those with most of them
                hits = self._about(topic, hits)
            if request.order and hits:  # a paper that mentions the topic in passing must not win
                min_cosine = MIN_COSINE_SHARE * max(hit.cosine for hit in hits)
                hits = [hit for hit in hits if hit.cosine >= min_cosine]
            if request.order or not relevant:
                relevant = {hit.paper.paper_id for hit in hits}
            papers = [paper for paper in papers if paper.paper_id in relevant]
            rank = {hit.paper.paper_id: n for n, hit in enumerate(hits)}
            papers.sort(key=lambda paper: rank.get(paper.paper_id, len(rank)))
            hits = hits or nearest
        if request.order in ("newest", "oldest"):
            papers = [paper for paper in papers if paper.day]
        return hits, papers

    def _filter(self, request: Request) -> list[Paper]:
        if request.pointed:
            papers = list(request.pointed)
        elif request.author:
            papers = papers_by(self.catalog, request)
            allowed = self.catalog.ids_in_window(request.window) if request.window else None
            papers = [p for p in papers if allowed is None or p.paper_id in allowed]
        else:
            papers = self.catalog.papers(request.window)
        if request.authors:
            papers = [p for p in papers if request.authors.fits(p.author_count)]
        if request.organization:
            papers = papers_from(papers, request)
        papers = list(without_excluded(self.topics, papers_with_code(papers, request), request))
        if request.window and not request.order:
            papers.sort(key=lambda paper: -(paper.upvotes or 0))  # stable: else newest first
        return papers

    def _about(self, topic: list[str], hits: Sequence[Hit]) -> list[Hit]:
        """Return the papers with most of the topic's words, rare words counting more."""
        rarity = self.retriever.keywords.idf(topic)
        total = sum(rarity.values())
        coverages = []
        for hit in hits:
            words = set(terms(f"{hit.paper.title} {hit.paper.abstract}"))
            coverages.append(sum(w for term, w in rarity.items() if term in words) / total)
        if not coverages or max(coverages) < MIN_COVERAGE:
            return []
        least = max(MIN_COVERAGE, MIN_COVERAGE_SHARE * max(coverages))
        return [hit for hit, share in zip(hits, coverages, strict=True) if share >= least]

    def _topic_terms(self, request: Request) -> list[str]:
        return [term for term in request.topic_terms if term not in LIST_WORDS]

    def _topic(self, request: Request) -> str:
        """Return the topic's words as they were typed, unless they are many."""
        typed = request.topic.split()
        return repeated(
            " ".join(word.strip(".,:;?!/") for word in typed if set(terms(word)) - LIST_WORDS)
        )

    def _asks_for_papers(self, request: Request) -> bool:
        """Return whether a question about days asks for a list, not for content."""
        asked = set(terms("papers anything everything")) & set(request.topic_terms)
        return not self._topic_terms(request) or bool(asked)

    # -- facts of one paper ----------------------------------------------------------------

    def _facts(self, request: Request) -> Draft:
        """Return the asked facts of the paper that the topic describes."""
        if request.order or request.is_filter:
            return self._list(request)
        hits: list[Hit] = []
        if len(request.pointed) != 1:
            allowed = {paper.paper_id for paper in request.pointed} or None
            hits = self.retriever.search(request.topic, allowed=allowed)
            if not hits or (not allowed and hits[0].cosine < MIN_COSINE):
                return Draft("", (), hits, refused=True)
        paper = hits[0].paper if hits else request.pointed[0]
        return replace(facts_of([paper], request.facts), hits=hits)

    def _prolific(self) -> Draft:
        found = most_prolific_authors(self.catalog, MAX_PROLIFIC)
        if not found:
            text = f"{REFUSAL} No paper that I have read names its authors."
            return Draft(text, (), refused=True)
        citations, lines = [], []
        for n, (name, count) in enumerate(found, start=1):
            newest = papers_of_author(self.catalog, name)[0]
            citations.append(Citation(n, newest, newest.title))
            lines.append(f"{name}: {count:,} paper{'' if count == 1 else 's'}, the newest is [{n}]")
        return Draft("\n".join(["Authors of the most papers:", *lines]), tuple(citations))


def _title(paper: Paper) -> str:
    """Return the title, with the system's name in front if the title lacks it."""
    name = name_missing_from_title(paper)
    return f"{name} ({paper.title})" if name else paper.title


def _described(paper: Paper, request: Request) -> str:
    """Return `Title (2025-10-18, 11 authors, HKUSTGZ)`: the known facts that were asked for."""
    facts = [str(paper.published_on or paper.featured_on or "undated")]
    if (request.authors or (request.order or "").endswith("authors")) and paper.author_count:
        facts.append(f"{paper.author_count} author{'' if paper.author_count == 1 else 's'}")
    if request.organization and paper.organization:
        facts.append(paper.organization)
    if request.order == "most upvotes" and paper.upvotes is not None:
        facts.append(f"{paper.upvotes} upvotes")
    if request.order == "most comments" and paper.comment_count is not None:
        facts.append(f"{paper.comment_count} comments")
    return f"{_title(paper)} ({', '.join(facts)})"


def _ordered(papers: list[Paper], order: Order) -> list[Paper]:
    """Return the papers whose value is known, in the requested order."""
    if order in ("newest", "oldest"):
        days = {paper: paper.published_on or paper.day for paper in papers}
        dated = [paper for paper in papers if days[paper]]
        return sorted(dated, key=lambda p: str(days[p]), reverse=order == "newest")
    key = {"most upvotes": "upvotes", "most comments": "comment_count"}.get(order, "author_count")
    known = [paper for paper in papers if getattr(paper, key) is not None]
    return sorted(known, key=lambda p: getattr(p, key), reverse=order != "fewest authors")
