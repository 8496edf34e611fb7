"""The five parts of a paper as one embed, each quote with the section that it stands in."""

from discord import Embed

from bot.render.answer import UNFINISHED, paper_line
from bot.render.direction import with_isolates
from bot.render.papers import COLOUR
from bot.render.safe_text import EMBED_DESCRIPTION, link, plain_within
from rag.answering.explain import Explanation
from rag.links import full_text_url
from rag.records import Evidence, Paper
from rag.text.shorten import shorten

MAX_FOOTER = 1_000  # characters
# Characters of a quote; the first for which there is room is used.
LENGTHS = (600, 420, 320, 240, 180, 130, 90)


def explanation_embed(explanation: Explanation) -> Embed:
    """Return a paper's parts; all quotes are shortened equally until they fit into one embed."""
    texts = (_text(explanation, length) for length in LENGTHS)
    shortest = _text(explanation, LENGTHS[-1])
    embed = Embed(
        title="In five parts, quoted",
        description=next((t for t in texts if len(t) <= EMBED_DESCRIPTION), shortest),
        colour=COLOUR,
    )
    embed.set_footer(text=with_isolates(shorten(explanation.read, MAX_FOOTER)))
    return embed


def reading_embed(paper: Paper) -> Embed:
    """Return what is shown while a paper is read; it counts as unfinished after a restart."""
    text = f"Reading “{paper.title}” …"
    return Embed(description=plain_within(text, EMBED_DESCRIPTION), colour=UNFINISHED)


def _text(explanation: Explanation, max_quote: int) -> str:
    lines = [paper_line(explanation.paper)]
    for part in explanation.parts:
        lines += ["", f"**{part.name}**"]
        lines += [_quote(evidence, max_quote) for evidence in part.sentences]
        if not part.sentences:
            lines.append(f"*{explanation.unsaid}*")
    return "\n".join(lines)


def _quote(evidence: Evidence, max_quote: int) -> str:
    """Return `§3.2 Training: “We train …”`, the section linked to the paper's full text."""
    arxiv_id = evidence.paper.arxiv_id
    is_whole = evidence.section and arxiv_id
    section = link(evidence.section, full_text_url(str(arxiv_id))) if is_whole else "Abstract"
    return f"{section}: “{plain_within(shorten(evidence.sentence, max_quote), max_quote)}”"
