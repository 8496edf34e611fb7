"""Papers of some days → a digest: filtered by a wish, ranked, grouped by topic."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from bot.digest.days import featured_in
from bot.digest.fitting import fitting
from bot.digest.records import UNASKED, Digest, Entry, Opinion, Period, Taste, Wish, tldr_of
from bot.digest.topics import grouped
from rag.library import Library
from rag.records import Paper
from rag.retrieval.abstract_vectors import load_abstract_vectors

TASTE_WEIGHT = 0.6  # of an opinion (-1 … 1) against the place by upvotes (0 … 1)


def make_digest(
    library: Library,
    period: Period,
    day: date,
    wish: Wish = Wish(),  # noqa: B008  # frozen
    *,
    taste: Taste | None = None,
) -> Digest:
    """Return the papers of a day, of its week or of its month that fit a wish, best first."""
    featured = featured_in(library.catalog, period, day)
    reasons = fitting(library, featured.papers, wish)
    papers = [paper for paper in featured.papers if paper.paper_id in reasons]
    opinions = taste.opinions(papers) if taste else [Opinion(0.0)] * len(papers)
    entries = [
        Entry(paper, tldr_of(paper), _because(opinion, reasons[paper.paper_id]), rank)
        for rank, (paper, opinion) in enumerate(_ranked(papers, opinions), start=1)
        if rank <= wish.count
    ]
    groups = grouped(
        entries, load_abstract_vectors(library.catalog.database, list(reasons)), library.catalog
    )
    digest = Digest(
        period, featured.first, featured.last, groups, featured.note, total=len(featured.papers)
    )
    if featured.papers and not entries:
        return replace(digest, note=f"{featured.note} {_none(digest)}".strip())
    return digest


def digest_of_day(library: Library, day: date | None, period: Period = "day") -> Digest:
    """Return what is shown to whoever asks for a day; None is the last one that is known."""
    catalog = library.catalog
    known = day or catalog.last_featured_day() or datetime.now(UTC).date()
    return make_digest(library, period, known, UNASKED[period])


def _because(opinion: Opinion, fits: str) -> str:
    """Return why a paper was picked: what was learned, else what was wished for."""
    return opinion.reason if opinion.score > 0 and opinion.reason else fits


def _none(digest: Digest) -> str:
    number = "The only paper" if digest.total == 1 else f"None of the {digest.total:,} papers"
    does = "does not fit" if digest.total == 1 else "fits"
    return f"{number} of {digest.days} {does} what was wished for."


def _ranked(papers: Sequence[Paper], opinions: Sequence[Opinion]) -> list[tuple[Paper, Opinion]]:
    """Return the papers, best first; they come by upvotes and stay so where all opinions agree."""
    last = max(1, len(papers) - 1)
    scored = [
        (1 - place / last + TASTE_WEIGHT * opinion.score, place)
        for place, opinion in enumerate(opinions)
    ]
    order = sorted(range(len(papers)), key=lambda n: (-scored[n][0], n))
    return [(papers[n], opinions[n]) for n in order]
