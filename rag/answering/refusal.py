"""How Paperboy says that the papers do not answer a question."""

from collections.abc import Sequence

from rag.records import Citation, Coverage, Hit, Paper

# The one sentence of a refusal, in the prompt too; what was read and the nearest papers follow it.
REFUSAL = "I found no paper that answers this."
NEAREST = 3  # papers named as pointers
NEAR_COSINE = 0.3  # below it a paper is no pointer, only noise


def refuse(
    coverage: Coverage,
    hits: Sequence[Hit],
    *,
    where: str = "",
    unread: Sequence[str] = (),
    about: Paper | None = None,
) -> tuple[str, tuple[Citation, ...]]:
    """Return the text and the papers that come nearest.

    `where` says which papers were meant, `unread` are arXiv ids that were asked for,
    `about` is the paper whose abstract does not say it.
    """
    if about:
        text = f"{REFUSAL} The abstract of {about.title} [1] does not say it."
        return text, by_title([about])
    looked = f" I looked among the papers {where}." if where else ""
    if unread:
        looked = f" I have not read arXiv {', '.join(unread)}."
    text = f"{REFUSAL}{looked} I have read {coverage}."
    if not coverage.papers:
        text += " Bring some in: `paperboy ingest starter`."
    citations = by_title([hit.paper for hit in hits if hit.cosine >= NEAR_COSINE][:NEAREST])
    if citations:
        text += " The nearest: " + "; ".join(f"{c.paper.title} [{c.n}]" for c in citations) + "."
    return text, citations


def by_title(papers: Sequence[Paper]) -> tuple[Citation, ...]:
    """Cite papers that are named, not quoted."""
    return tuple(Citation(n, paper, paper.title) for n, paper in enumerate(papers, start=1))
