"""Refusals: the answer to a question that no paper answers."""

from collections.abc import Sequence

from rag.full_text.records import counted
from rag.query.request import Request
from rag.records import Citation, Coverage, Hit, Paper

# Every refusal begins with this sentence, which is also in the prompt.
REFUSAL = "I found no paper that answers this."
MAX_NEAREST = 3  # papers named as the nearest ones
MAX_ALIKE = 5  # authors named who may be meant
MIN_COSINE = 0.3  # of a paper that is worth naming


def refuse(
    coverage: Coverage,
    hits: Sequence[Hit],
    *,
    filters: str = "",
    unread: str = "",
    silent_paper: Paper | None = None,
) -> tuple[str, tuple[Citation, ...]]:
    """Return the text of a refusal and its citations, the nearest papers.

    `filters` describes the papers that were searched; `unread` says which arXiv ids or names in the
    question are unknown; `silent_paper` is the paper whose abstract does not answer it.
    """
    if silent_paper:
        text = f"{REFUSAL} The abstract of {silent_paper.title} [1] does not say it."
        return text, cite_by_title([silent_paper])
    scope = f" I looked among the papers {filters}." if filters else ""
    if unread:
        scope = f" {unread}"
    text = f"{REFUSAL}{scope} I have read {coverage}."
    if not coverage.papers:
        text += " Bring some in: `paperboy ingest starter`."
    citations = cite_by_title([hit.paper for hit in hits if hit.cosine >= MIN_COSINE][:MAX_NEAREST])
    if citations:
        text += " The nearest: " + "; ".join(f"{c.paper.title} [{c.n}]" for c in citations) + "."
    return text, citations


def unknown_author(request: Request) -> str:
    """Return why a request for the papers of somebody cannot be answered."""
    if request.author_names:
        return f"{REFUSAL} No paper that I have read is by both {request.author}."
    several = sorted(dict.fromkeys(request.alike))
    named = ", ".join(several[:MAX_ALIKE]) + (" …" if len(several) > MAX_ALIKE else "")
    if len(several) > MAX_ALIKE:
        return (
            f"{REFUSAL} {len(several):,} authors may be meant by “{request.author}” ({named}): "
            "write the full name."
        )
    near = f" Similar names: {named}." if named else ""
    return f"{REFUSAL} I know no author or organisation called “{request.author}”.{near}"


def cite_by_title(papers: Sequence[Paper]) -> tuple[Citation, ...]:
    """Return citations of papers that are named, not quoted."""
    return tuple(Citation(n, paper, paper.title) for n, paper in enumerate(papers, start=1))


def refuse_whole(paper: Paper, sections: int, paragraphs: int) -> tuple[str, tuple[Citation, ...]]:
    """Return the text of a refusal after the whole paper was read, and its citation."""
    read = f"read: {counted(sections, 'section')}, {counted(paragraphs, 'paragraph')}"
    text = (
        f"{REFUSAL} The abstract of {paper.title} [1] does not say it, and the paper does not say "
        f"it either ({read})."
    )
    return text, cite_by_title([paper])
