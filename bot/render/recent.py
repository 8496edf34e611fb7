"""What was featured lately as one embed: what somebody missed, and what is read most."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from discord import Colour, Embed
from discord.utils import format_dt

from bot.digest.records import tldr_of
from bot.render.text import EMBED_DESCRIPTION, link, plain, shorten
from rag.records import Coverage, Paper

COLOUR = Colour.blurple()
TRENDING = "Trending papers"
SHOWN = 10  # papers
TITLE = 280  # characters
GISTS = (200, 140, 90, 0)  # characters of what a paper is about, the most that fits being taken
FURTHER = "`/catchup since` goes back further."


def catchup_embed(
    papers: Sequence[Paper], *, after: date, last: date, looked_at: datetime | None, asked: bool
) -> Embed:
    """Return the most upvoted of the papers that were featured after a day, up to the last known.

    `looked_at` is when the person looked last, None the first time; `asked`: they named the day.
    """
    if asked or looked_at is None:
        when = "" if asked else "You have not looked here before, so I go back a week. "
    else:
        when = f"Since you last looked, {format_dt(looked_at, 'R')}. "
    if not papers:
        title = "You have missed nothing"
        text = f"{when}The last day I know is {last}. {FURTHER}"
        return Embed(title=title, description=text, colour=COLOUR)
    days = [paper.featured_on for paper in papers if paper.featured_on]
    first = min(days, default=after)
    span = f"{first}" if first == last else f"{first} to {last}"
    title = f"What you missed: {_count(papers)}, featured {span}"
    embed = Embed(title=title, description=_list(when, papers), colour=COLOUR)
    return embed.set_footer(text=f"Next time /catchup begins after {last}.")


def trending_embed(papers: Sequence[Paper], *, first: date, last: date) -> Embed:
    """Return the most upvoted papers of the newest featured days."""
    span = f"on {last}" if first == last else f"{first} to {last}"
    text = f"By upvotes, of {_count(papers)} featured {span}.\n"
    return Embed(title=TRENDING, description=_list(text, papers), colour=COLOUR)


def gaining_embed(found: Sequence[tuple[Paper, int]], *, since: datetime) -> Embed:
    """Return the papers that gained the most upvotes, with how many."""
    text = f"By upvotes gained since {format_dt(since, 'D')}.\n"
    papers = [paper for paper, _ in found]
    gained = {paper.paper_id: new for paper, new in found}
    return Embed(title=TRENDING, description=_list(text, papers, gained), colour=COLOUR)


def no_days_embed(coverage: Coverage) -> Embed:
    """Return what is said where no day's list was ever fetched."""
    text = f"No Daily Papers have been fetched yet. I have read {coverage}."
    return Embed(description=text, colour=COLOUR)


def _count(papers: Sequence[Paper]) -> str:
    return f"{len(papers):,} paper{'' if len(papers) == 1 else 's'}"


def _list(intro: str, papers: Sequence[Paper], gained: Mapping[str, int] | None = None) -> str:
    """Return the first papers, each with as much of what it is about as there is room for."""
    most = papers[:SHOWN]
    if len(papers) > len(most):
        intro += f"The {len(most)} most upvoted:"
    bodies = (
        "\n".join(filter(None, [intro.strip(), *_lines(most, words, gained)])) for words in GISTS
    )
    return next((body for body in bodies if len(body) <= EMBED_DESCRIPTION), "")


def _lines(papers: Sequence[Paper], words: int, gained: Mapping[str, int] | None) -> Iterator[str]:
    """Yield the papers with their upvotes and, in so many characters, what they are about."""
    for n, paper in enumerate(papers, start=1):
        new = f" (+{gained[paper.paper_id]})" if gained else ""
        votes = "" if paper.upvotes is None else f"**▲ {paper.upvotes}{new}** "
        yield f"{n}. {votes}{link(shorten(paper.title, TITLE), paper.url)}"
        if words:
            yield f"   {plain(shorten(tldr_of(paper), words))}"
