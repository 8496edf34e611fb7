"""A comparison of papers as one embed: a field per aspect, with a line per paper."""

from discord import Embed

from bot.render.answer import paper_line
from bot.render.papers import COLOUR
from bot.render.safe_text import EMBED_FIELD, EMBED_TOTAL, plain, shorten
from rag.answering.comparison import Comparison
from rag.records import Paper
from rag.text.names import short_name

MAX_NAME = 40  # characters
MAX_QUOTES = (420, 320, 240, 180, 130, 90)  # characters of a quote; the first that fits is used
BLANK = "–"


def comparison_embed(comparison: Comparison) -> Embed:
    """Return the comparison; all quotes are shortened equally until it fits into one embed."""
    embeds = (_embed(comparison, max_quote) for max_quote in MAX_QUOTES)
    return next(filter(_fits, embeds), _embed(comparison, MAX_QUOTES[-1]))


def _fits(embed: Embed) -> bool:
    fields_fit = all(len(field.value or "") <= EMBED_FIELD for field in embed.fields)
    return fields_fit and len(embed) <= EMBED_TOTAL


def _embed(comparison: Comparison, max_quote: int) -> Embed:
    names = [plain(shorten(short_name(paper), MAX_NAME)) for paper in comparison.papers]
    embed = Embed(
        title="Side by side, quoted from the abstracts",
        description="\n".join(
            f"{n}. {_heading(paper)}" for n, paper in enumerate(comparison.papers, start=1)
        ),
        colour=COLOUR,
    )
    for aspect, quotes in comparison.rows:
        lines = [
            f"**{name}**: {_cell(quote, max_quote)}"
            for name, quote in zip(names, quotes, strict=True)
        ]
        embed.add_field(name=aspect, value="\n".join(lines), inline=False)
    embed.set_footer(text=f"{BLANK} means that the abstract does not say it.")
    return embed


def _heading(paper: Paper) -> str:
    """Return the paper with its links, and a remark if its abstract is Paperboy's summary."""
    remark = " · Paperboy's summary" if paper.abstract_source == "summary" else ""
    return paper_line(paper) + remark


def _cell(quote: str, max_quote: int) -> str:
    return f"“{plain(shorten(quote, max_quote))}”" if quote else BLANK
