"""Papers of some days → a digest: filtered by a wish, ranked, grouped by topic."""

from collections.abc import Sequence
from datetime import date

from bot.digest.days import featured_in
from bot.digest.records import Digest, Entry, Group, Opinion, Period, Taste, Wish
from bot.digest.tldr import tldr_of
from rag.library import Library
from rag.records import Paper

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
    papers = featured.papers
    opinions = taste.opinions(papers) if taste else [Opinion(0.0)] * len(papers)
    chosen = _ranked(papers, opinions)[: wish.count]
    entries = [
        Entry(paper, tldr_of(paper), opinion.reason if opinion.score > 0 else "", rank)
        for rank, (paper, opinion) in enumerate(chosen, start=1)
    ]
    groups = (Group("Papers", tuple(entries)),) if entries else ()
    return Digest(period, featured.first, featured.last, groups, featured.note, total=len(papers))


def _ranked(papers: Sequence[Paper], opinions: Sequence[Opinion]) -> list[tuple[Paper, Opinion]]:
    """Return the papers, best first; they come by upvotes and stay so where all opinions agree."""
    last = max(1, len(papers) - 1)
    scored = [
        (1 - place / last + TASTE_WEIGHT * opinion.score, place)
        for place, opinion in enumerate(opinions)
    ]
    order = sorted(range(len(papers)), key=lambda n: (-scored[n][0], n))
    return [(papers[n], opinions[n]) for n in order]
