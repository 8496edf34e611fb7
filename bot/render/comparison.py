"""Papers side by side as one embed: a field an aspect, a line a paper."""

from discord import Embed

from bot.render.answer import paper_line
from bot.render.papers import COLOUR
from bot.render.text import EMBED_FIELD, EMBED_TOTAL, plain, shorten
from rag.answering.comparison import Comparison
from rag.records import Paper
from rag.text.names import short_name

NAME = 40  # characters of what a paper is called
QUOTES = (420, 320, 240, 180, 130, 90)  # characters of a quote, the most that fits being taken
BLANK = "–"


def comparison_embed(comparison: Comparison) -> Embed:
    """Return the table; quotes are shortened alike until all of it fits into one embed."""
    embeds = (_embed(comparison, quote) for quote in QUOTES)
    return next(filter(_fits, embeds), _embed(comparison, QUOTES[-1]))


def _fits(embed: Embed) -> bool:
    within = all(len(field.value or "") <= EMBED_FIELD for field in embed.fields)
    return within and len(embed) <= EMBED_TOTAL


def _embed(comparison: Comparison, quote: int) -> Embed:
    names = [plain(shorten(short_name(paper), NAME)) for paper in comparison.papers]
    embed = Embed(
        title="Side by side, quoted from the abstracts",
        description="\n".join(
            f"{n}. {_head(paper)}" for n, paper in enumerate(comparison.papers, start=1)
        ),
        colour=COLOUR,
    )
    for aspect, quotes in comparison.rows:
        lines = [
            f"**{name}**: {_cell(text, quote)}" for name, text in zip(names, quotes, strict=True)
        ]
        embed.add_field(name=aspect, value="\n".join(lines), inline=False)
    embed.set_footer(text=f"{BLANK} means that the abstract does not say it.")
    return embed


def _head(paper: Paper) -> str:
    """Return the paper with its links, and whose words stand for its abstract."""
    whose = " · Paperboy's summary" if paper.abstract_source == "summary" else ""
    return paper_line(paper) + whose


def _cell(text: str, quote: int) -> str:
    return f"“{plain(shorten(text, quote))}”" if text else BLANK
