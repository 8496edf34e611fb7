"""An answer as embeds: text with linked citations, sources, and its origin in the footer."""

from collections.abc import Sequence
from dataclasses import replace

from discord import Colour, Embed

from bot.render.answer_text import discord_text, lists_papers
from bot.render.direction import with_isolates
from bot.render.parts import MAX_MESSAGES, lines_within, split
from bot.render.safe_text import EMBED_DESCRIPTION, EMBED_TITLE, link, plain, plain_within
from rag.links import arxiv_url, full_text_url
from rag.records import Answer, Citation, Paper
from rag.text.discord_markup import as_spoiler, without_bars, without_spoilers
from rag.text.shorten import shorten
from rag.text.withdrawal import WITHDRAWN, withdrawal_of

UNFINISHED = Colour.orange()
FINISHED = Colour.green()
REFUSED = Colour.light_grey()
FAILED = Colour.red()

UNANSWERED = "I was restarted before I could answer this: please ask again."
INTERRUPTED = "I was restarted while writing this."
TRY_OTHER_WORDS = "Other words may help; /search shows the most similar papers."
MAX_SOURCE_TITLE = 200  # characters
MAX_FOOTER = 1_000  # characters, beside a title and a description of full length
CUT_OFF = "… The rest is too long for Discord."


def answer_embeds(
    answer: Answer, *, question: str = "", written_by: str = "", doing: str = ""
) -> list[Embed]:
    """Return the answer as embeds, one per message, each as full as possible.

    `question` becomes the title, for messages that do not show the question otherwise. `doing`
    is the current activity ("Writing …") and marks the answer as unfinished. The answer to a
    question with a spoiler is one itself.
    """
    # What is cut off here could not be shown: escaped, the text is never shorter.
    raw = answer.text[: MAX_MESSAGES * EMBED_DESCRIPTION]
    text = discord_text(raw, answer.citations)
    listed = "" if lists_papers(raw, answer.citations) else sources(answer.citations)
    is_cut = len(raw) < len(answer.text)
    if answer.question.has_spoiler:
        text = f"{text}\n\n{plain(answer.note)}".strip()  # a footer hides nothing
        answer = replace(answer, note="")
        parts = _hidden_parts(text, listed, is_cut=is_cut)
    else:
        parts = _parts(text, listed, is_cut=is_cut)
    embeds = [Embed(description=part, colour=_colour(answer, doing)) for part in parts]
    if question:
        embeds[0].title = _title(question)
    if footer := _footer(answer, written_by, doing):
        embeds[-1].set_footer(text=with_isolates(shorten(footer, MAX_FOOTER)))
    return embeds


def _parts(text: str, listed: str, *, is_cut: bool, limit: int = EMBED_DESCRIPTION) -> list[str]:
    """Return the descriptions of at most MAX_MESSAGES embeds; the list of sources is the last."""
    parts = split(f"{text}\n\n{listed}".strip(), limit)
    if len(parts) <= MAX_MESSAGES and not is_cut:
        return parts
    last = [lines_within(listed.splitlines(), limit)] if listed else []
    parts = split(text, limit - len(CUT_OFF) - 1)[: MAX_MESSAGES - len(last)]
    parts[-1] += f"\n{CUT_OFF}"
    return parts + last


def _hidden_parts(text: str, listed: str, *, is_cut: bool) -> list[str]:
    """Return the descriptions as spoilers; code may contain the marks that would end one."""
    text = without_bars(text)
    limit = EMBED_DESCRIPTION - len(as_spoiler(""))
    return [as_spoiler(part) for part in _parts(text, listed, is_cut=is_cut, limit=limit)]


def sources(citations: Sequence[Citation]) -> str:
    """Return the list `1. title · day · arXiv`, with links without previews.

    A paper that is quoted from its sections is linked to its full text as well.
    """
    return "\n".join(
        f"{c.n}. {paper_line(c.paper)}{f' · {whole}' if (whole := _full_text(c)) else ''}"
        for c in citations
    )


def _full_text(citation: Citation) -> str:
    """Return a link to the full text that a citation quotes; "" for an abstract."""
    arxiv_id = citation.paper.arxiv_id
    return link("full text", full_text_url(arxiv_id)) if citation.section and arxiv_id else ""


def paper_line(paper: Paper, *, max_title: int = MAX_SOURCE_TITLE) -> str:
    """Return `title · featured 2025-12-04 · arXiv`, linked; a withdrawn paper is marked."""
    parts = [link(shorten(paper.title, max_title), paper.url)]
    if paper.featured_on:
        parts.append(f"featured {paper.featured_on}")
    elif paper.published_on:
        parts.append(f"published {paper.published_on}")
    if paper.arxiv_id:
        parts.append(link("arXiv", arxiv_url(paper.arxiv_id)))
    if withdrawal_of(paper):
        parts.append(f"**{WITHDRAWN}**")
    return " · ".join(parts)


def _colour(answer: Answer, doing: str) -> Colour:
    if doing or not answer.finished:
        return UNFINISHED
    return REFUSED if answer.refused else FINISHED


def _footer(answer: Answer, written_by: str, doing: str) -> str:
    if not answer.finished:
        return doing
    is_whole = any(citation.section for citation in answer.citations)
    if answer.mode == "generated":
        read = "the full text" if is_whole else "these abstracts"
        written = f"Written by {written_by} from {read} in {answer.seconds:.1f} s"
        return f"{written}. {answer.note}" if answer.note else written
    how = ""  # for small talk
    if answer.refused and is_about_papers(answer):
        how = TRY_OTHER_WORDS
    elif answer.evidence and not lists_papers(answer.text, answer.citations):
        how = f"Quoted word for word{' from the full text' if is_whole else ''}."
    elif is_about_papers(answer):
        how = "From the catalogue."
    return " ".join(filter(None, [how, answer.note, doing]))


def is_about_papers(answer: Answer) -> bool:
    """Return whether papers were looked up for the answer: False for small talk."""
    return bool(answer.citations or answer.hits or answer.evidence)


def mark_interrupted(embed: Embed) -> Embed:
    """Return an answer's embed; an unfinished one is marked as interrupted, in place."""
    if embed.colour == UNFINISHED:
        embed.colour = REFUSED
        embed.set_footer(text=INTERRUPTED)
    return embed


def unanswered_embed(question: str) -> Embed:
    """Return an error that replaces an answer lost in a restart; its title is the question."""
    embed = error_embed(UNANSWERED)
    embed.title = _title(question) or None
    return embed


def _title(question: str) -> str:
    return plain_within(shorten(without_spoilers(question), EMBED_TITLE), EMBED_TITLE)


def notice_embed(text: str) -> Embed:
    """Return a message that is neither an answer nor an error."""
    return Embed(description=plain_within(text, EMBED_DESCRIPTION), colour=Colour.blurple())


def error_embed(text: str) -> Embed:
    """Return an error message."""
    return Embed(description=plain_within(text, EMBED_DESCRIPTION), colour=FAILED)
