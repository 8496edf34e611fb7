"""A comparison of papers as one embed: a field per aspect, with a line per paper."""

from discord import Embed

from bot.render.answer import paper_line
from bot.render.papers import COLOUR
from bot.render.safe_text import EMBED_DESCRIPTION, EMBED_FIELD, EMBED_TOTAL, plain_within
from rag.answering.comparison import Comparison
from rag.records import Paper
from rag.text.names import short_name
from rag.text.shorten import shorten

MAX_NAME = 40  # characters
# Characters of a quote and of a title; the first pair for which there is room is used.
LENGTHS = (
    (420, 200),
    (320, 200),
    (240, 200),
    (180, 200),
    (130, 200),
    (90, 200),
    (90, 80),
    (40, 40),
)
BLANK = "–"


def comparison_embed(comparison: Comparison) -> Embed:
    """Return the comparison; all quotes are shortened equally until it fits into one embed."""
    embeds = (_embed(comparison, *lengths) for lengths in LENGTHS)
    return next(filter(_fits, embeds), _embed(comparison, *LENGTHS[-1]))


def _fits(embed: Embed) -> bool:
    fields_fit = all(len(field.value or "") <= EMBED_FIELD for field in embed.fields)
    description_fits = len(embed.description or "") <= EMBED_DESCRIPTION
    return fields_fit and description_fits and len(embed) <= EMBED_TOTAL


def _embed(comparison: Comparison, max_quote: int, max_title: int) -> Embed:
    names = [
        plain_within(shorten(short_name(paper), MAX_NAME), MAX_NAME) for paper in comparison.papers
    ]
    embed = Embed(
        title="Side by side, quoted from the abstracts",
        description="\n".join(
            f"{n}. {_heading(paper, max_title)}"
            for n, paper in enumerate(comparison.papers, start=1)
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


def _heading(paper: Paper, max_title: int) -> str:
    """Return the paper with its links, and a remark if its abstract is Paperboy's summary."""
    remark = " · Paperboy's summary" if paper.abstract_source == "summary" else ""
    return paper_line(paper, max_title=max_title) + remark


def _cell(quote: str, max_quote: int) -> str:
    quote = shorten(quote, max_quote)
    return f"“{plain_within(quote, max_quote)}”" if quote else BLANK
