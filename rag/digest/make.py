"""Make a digest: the papers of some days, filtered by a wish, ranked and grouped by topic."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from rag.digest.days import featured_papers
from rag.digest.matching import matching_papers
from rag.digest.records import DEFAULT_WISHES, Digest, Entry, Opinion, Period, Taste, Wish, tldr_of
from rag.digest.topics import group_by_topic
from rag.library import Library
from rag.records import Paper
from rag.retrieval.abstract_vectors import load_abstract_vectors

TASTE_WEIGHT = 0.6  # of an opinion (-1 … 1), relative to the rank by upvotes (0 … 1)


def make_digest(
    library: Library,
    period: Period,
    day: date,
    wish: Wish = Wish(),  # noqa: B008  # frozen
    *,
    taste: Taste | None = None,
) -> Digest:
    """Return the papers of a day, its week or its month that match a wish, best first."""
    featured = featured_papers(library.catalog, period, day)
    reasons = matching_papers(library, featured.papers, wish)
    papers = [paper for paper in featured.papers if paper.paper_id in reasons]
    opinions = taste.opinions(papers) if taste else [Opinion(0.0)] * len(papers)
    entries = [
        Entry(paper, tldr_of(paper), _because(opinion, reasons[paper.paper_id]), rank)
        for rank, (paper, opinion) in enumerate(_ranked(papers, opinions), start=1)
        if rank <= wish.count
    ]
    groups = group_by_topic(
        entries, load_abstract_vectors(library.catalog.database, list(reasons)), library.catalog
    )
    digest = Digest(
        period, featured.first, featured.last, groups, featured.note, total=len(featured.papers)
    )
    if featured.papers and not entries:
        return replace(digest, note=f"{featured.note} {_no_match(digest)}".strip())
    return digest


def digest_of_day(library: Library, day: date | None, period: Period = "day") -> Digest:
    """Return the digest of a day without a wish; None means the last featured day."""
    catalog = library.catalog
    day = day or catalog.last_featured_day() or datetime.now(UTC).date()
    return make_digest(library, period, day, DEFAULT_WISHES[period])


def _because(opinion: Opinion, match_reason: str) -> str:
    """Return why a paper was picked: the learned reason, or else why it matches the wish."""
    return opinion.reason if opinion.score > 0 and opinion.reason else match_reason


def _no_match(digest: Digest) -> str:
    number = "The only paper" if digest.total == 1 else f"None of the {digest.total:,} papers"
    matches = "does not match" if digest.total == 1 else "matches"
    return f"{number} of {digest.days} {matches} the filters."


def _ranked(papers: Sequence[Paper], opinions: Sequence[Opinion]) -> list[tuple[Paper, Opinion]]:
    """Return the papers, which come by upvotes, best first; equal opinions keep their order."""
    last = max(1, len(papers) - 1)
    scores = [1 - n / last + TASTE_WEIGHT * opinion.score for n, opinion in enumerate(opinions)]
    order = sorted(range(len(papers)), key=lambda n: (-scores[n], n))
    return [(papers[n], opinions[n]) for n in order]
