"""Records as JSON objects: what commands print with `--json`.

Other programs and stored receipts rely on the names and their order, so neither may change.
"""

from typing import Any

from rag.answering.comparison import Comparison
from rag.answering.explain import Explanation
from rag.digest.records import Entry
from rag.records import Answer, Hit, Paper
from rag.trends import Week

Row = dict[str, Any]


def paper_row(paper: Paper) -> Row:
    """Return one line of `paperboy papers --json`."""
    return {
        "paper_id": paper.paper_id,
        "arxiv_id": paper.arxiv_id,
        "title": paper.title,
        "abstract": paper.abstract,
        "author_count": paper.author_count,
        "authors": list(paper.authors),
        "organization": paper.organization,
        "published_on": paper.published_on and paper.published_on.isoformat(),
        "featured_on": paper.featured_on and paper.featured_on.isoformat(),
        "upvotes": paper.upvotes,
        "comment_count": paper.comment_count,
        "url": paper.url,
        "abstract_source": paper.abstract_source,
        "comment": paper.comment,
        "seen_at": paper.seen_at and paper.seen_at.isoformat(),
    }


def daily_row(entry: Entry, topic: str) -> Row:
    """Return one line of `paperboy daily --json`."""
    return paper_row(entry.paper) | {"tldr": entry.tldr, "topic": topic}


def week_row(week: Week) -> Row:
    """Return one line of `paperboy trends --json`."""
    return {"week": week.first.isoformat(), "papers": week.about, "read": week.read}


def search_row(n: int, hit: Hit) -> Row:
    """Return one line of `paperboy search --json`."""
    return {
        "n": n,
        "paper_id": hit.paper.paper_id,
        "title": hit.paper.title,
        "url": hit.paper.url,
        "score": round(hit.score, 4),
        "quote": hit.chunk.sentence or hit.paper.title,
    }


def answer_row(answer: Answer) -> Row:
    """Return what `paperboy ask --json` prints; `--batch` adds an id to each."""
    return {
        "answer": answer.text,
        "refused": answer.refused,
        "mode": answer.mode,
        "sources": [
            {
                "n": citation.n,
                "paper_id": citation.paper.paper_id,
                "title": citation.paper.title,
                "url": citation.paper.url,
                "quote": citation.quote,
                **({"section": citation.section} if citation.section else {}),
            }
            for citation in answer.citations
        ],
        "retrieved": [
            {"paper_id": hit.paper.paper_id, "title": hit.paper.title} for hit in answer.hits
        ],
        "seconds": round(answer.seconds, 4),
    }


def why_row(answer: Answer) -> Row:
    """Return what `paperboy why --json` prints: the answer, its evidence and its ranking."""
    return answer_row(answer) | {
        "understood": answer.understood,
        "coverage": str(answer.coverage),
        "support": answer.support,
        "model": answer.model,
        "evidence": [
            {
                "score": round(evidence.score, 4),
                "paper_id": evidence.paper.paper_id,
                "sentence": evidence.sentence,
            }
            for evidence in answer.evidence
        ],
        "ranking": [
            {
                "paper_id": hit.paper.paper_id,
                "title": hit.paper.title,
                "score": round(hit.score, 4),
                "cosine": round(hit.cosine, 4),
                "bm25": round(hit.keyword, 4),
            }
            for hit in answer.hits
        ],
        "read_as": answer.read_as,
    }


def explanation_row(explanation: Explanation) -> Row:
    """Return what `paperboy explain --json` prints; a part that the paper does not say is empty."""
    paper = explanation.paper
    return {
        "paper_id": paper.paper_id,
        "title": paper.title,
        "url": paper.url,
        "parts": [
            {
                "part": part.name,
                "quotes": [{"text": e.sentence, "section": e.section} for e in part.sentences],
            }
            for part in explanation.parts
        ],
        "sections": explanation.sections,
        "paragraphs": explanation.paragraphs,
        "note": explanation.note,
    }


def comparison_row(comparison: Comparison) -> Row:
    """Return what `paperboy compare --json` prints; a cell without a quote is null."""
    return {
        "papers": [
            {"n": n, "paper_id": paper.paper_id, "title": paper.title, "url": paper.url}
            for n, paper in enumerate(comparison.papers, start=1)
        ],
        "rows": [
            {"aspect": aspect, "quotes": [quote or None for quote in quotes]}
            for aspect, quotes in comparison.rows
        ],
    }
