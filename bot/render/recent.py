"""Recently featured papers as one embed: /catchup and /trending."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from discord import Colour, Embed
from discord.utils import format_dt

from bot.render.parts import first_within
from bot.render.safe_text import EMBED_DESCRIPTION, link, plain
from rag.digest.records import tldr_of
from rag.records import Coverage, Paper
from rag.text.shorten import shorten
from rag.text.withdrawal import WITHDRAWN, withdrawal_of

COLOUR = Colour.blurple()
TRENDING = "Trending papers"
MAX_PAPERS = 10
# Characters of a title and of a summary; the first pair for which there is room is used.
LENGTHS = ((280, 200), (280, 140), (280, 90), (280, 0), (80, 0))
FURTHER = "`/catchup since` goes back further."


def catchup_embed(
    papers: Sequence[Paper], *, after: date, last: date, looked_at: datetime | None, chose_day: bool
) -> Embed:
    """Return the most upvoted of the papers featured after one day, up to the last known day.

    `looked_at` is the user's last look, None for the first one; `chose_day` says that the user
    named the day.
    """
    if chose_day:
        intro = ""
    elif looked_at:
        intro = f"Since you last looked, {format_dt(looked_at, 'R')}. "
    else:
        intro = "You have not looked here before, so I go back a week. "
    if not papers:
        title = "You have missed nothing"
        text = f"{intro}The last day I know is {last}. {FURTHER}"
        return Embed(title=title, description=text, colour=COLOUR)
    days = [paper.featured_on for paper in papers if paper.featured_on]
    first = min(days, default=after)
    span = f"{first}" if first == last else f"{first} to {last}"
    title = f"What you missed: {_count(papers)}, featured {span}"
    embed = Embed(title=title, description=_list(intro, papers), colour=COLOUR)
    return embed.set_footer(text=f"Next time /catchup begins after {last}.")


def trending_embed(papers: Sequence[Paper], *, first: date, last: date) -> Embed:
    """Return the most upvoted papers of the latest featured days."""
    span = f"on {last}" if first == last else f"{first} to {last}"
    text = f"By upvotes, of {_count(papers)} featured {span}.\n"
    return Embed(title=TRENDING, description=_list(text, papers), colour=COLOUR)


def gaining_embed(gains: Sequence[tuple[Paper, int]], *, since: datetime) -> Embed:
    """Return the papers that gained the most upvotes; `gains` pairs papers with new upvotes."""
    text = f"By upvotes gained since {format_dt(since, 'D')}.\n"
    papers = [paper for paper, _ in gains]
    gained = {paper.paper_id: count for paper, count in gains}
    return Embed(title=TRENDING, description=_list(text, papers, gained), colour=COLOUR)


def no_days_embed(coverage: Coverage) -> Embed:
    """Return the message for a catalogue without any featured day."""
    text = f"No Daily Papers have been fetched yet. I have read {coverage}."
    return Embed(description=text, colour=COLOUR)


def _count(papers: Sequence[Paper]) -> str:
    return f"{len(papers):,} paper{'' if len(papers) == 1 else 's'}"


def _list(intro: str, papers: Sequence[Paper], gained: Mapping[str, int] | None = None) -> str:
    """Return the first papers, each with the longest summary for which there is room."""
    first = papers[:MAX_PAPERS]
    if len(papers) > len(first):
        intro += f"The {len(first)} most upvoted:"
    bodies = (
        "\n".join(filter(None, [intro.strip(), *_lines(first, lengths, gained)]))
        for lengths in LENGTHS
    )
    return first_within(bodies, EMBED_DESCRIPTION)


def _lines(
    papers: Sequence[Paper], lengths: tuple[int, int], gained: Mapping[str, int] | None
) -> Iterator[str]:
    """Yield the papers with their upvotes and a summary; `lengths` are those of both."""
    max_title, max_summary = lengths
    for n, paper in enumerate(papers, start=1):
        new = f" (+{gained[paper.paper_id]})" if gained else ""
        votes = "" if paper.upvotes is None else f"**▲ {paper.upvotes}{new}** "
        withdrawn = f" · **{WITHDRAWN}**" if withdrawal_of(paper) else ""
        yield f"{n}. {votes}{link(shorten(paper.title, max_title), paper.url)}{withdrawn}"
        if max_summary:
            yield f"   {plain(shorten(tldr_of(paper), max_summary))}"
