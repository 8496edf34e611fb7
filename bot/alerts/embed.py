"""Renders an alert as an embed."""

from discord import Colour, Embed

from bot.alerts.detect import Alert
from bot.render.answer import paper_line
from bot.render.papers import GIST
from bot.render.safe_text import plain
from rag.text.sentences import gist
from rag.text.shorten import shorten

TITLE = "This paper takes off"
COLOUR = Colour.gold()
DAYS_FROM = 72  # hours; ages from here on are given in days


def alert_embed(alert: Alert) -> Embed:
    """Return an embed with the paper, its gist, and the figures that make it stand out."""
    paper = alert.paper
    about = plain(shorten(paper.tldr or gist(paper.abstract), GIST))
    whose = "Paperboy's summary: " if paper.abstract_source == "summary" else ""
    text = f"{paper_line(paper)}\n{whose}{about}\n\n**{figures(alert)}**"
    embed = Embed(title=TITLE, description=text, colour=COLOUR)
    embed.set_footer(text=f"Compared with {alert.compared:,} papers at the same age.")
    return embed


def figures(alert: Alert) -> str:
    """Return a sentence with the paper's new upvotes and the usual number at its age."""
    few = f"fewer than {alert.usual:,}" if alert.usual > 1 else "none"
    if alert.within == alert.hours:
        when, usual = f"in its first {_hours(alert.hours)}", f"{few} by then"
    else:
        when = f"within {_hours(alert.within)}, {_age(alert.hours)} after it was featured"
        usual = f"{few} at that age"
    return f"{alert.upvotes:,} new upvotes {when}; nine in ten papers get {usual}."


def _hours(count: int) -> str:
    return "hour" if count == 1 else f"{count} hours"


def _age(hours: int) -> str:
    return f"{hours} hours" if hours < DAYS_FROM else f"{round(hours / 24)} days"
