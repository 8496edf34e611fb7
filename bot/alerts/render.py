"""An alert as an embed."""

from discord import Colour, Embed

from bot.alerts.find import Alert
from bot.render.answer import paper_line
from bot.render.papers import GIST
from bot.render.text import EMBED_DESCRIPTION, plain, shorten
from rag.sentences import gist

COLOUR = Colour.gold()
DAYS_FROM = 72  # hours from which on an age is told in days


def alert_embed(alert: Alert) -> Embed:
    """Return the paper's line, what it is about, and the figures that made it stand out."""
    paper = alert.paper
    about = plain(shorten(paper.tldr or gist(paper.abstract), GIST))
    whose = "Paperboy's summary: " if paper.abstract_source == "summary" else ""
    text = f"{paper_line(paper)}\n{whose}{about}\n\n**{figures(alert)}**"
    embed = Embed(title="This paper takes off", description=text, colour=COLOUR)
    if len(text) > EMBED_DESCRIPTION:  # the address of a paper without an id holds its title
        embed.description = f"{plain(shorten(paper.title, GIST))}\n\n**{figures(alert)}**"
    embed.set_footer(text=f"Compared with {alert.compared:,} papers at the same age.")
    return embed


def figures(alert: Alert) -> str:
    """Return "61 upvotes in its first 9 hours; nine in ten papers have fewer than 22 by then."."""
    return (
        f"{alert.upvotes:,} upvotes in its first {_age(alert.hours)}; nine in ten papers have "
        f"fewer than {alert.usual:,} by then."
    )


def _age(hours: int) -> str:
    if hours == 1:
        return "hour"
    return f"{hours} hours" if hours < DAYS_FROM else f"{round(hours / 24)} days"
