"""What a long text asks: people put their question after their notes, or before them."""

import re
from collections.abc import Callable, Sequence

from rag.text.sentences import split_sentences
from rag.text.words import words

MAX_ASKING = 500  # characters of the part that asks
SEARCHED = 4_000  # characters at the end of a paragraph
_STOP = re.compile(r"(?<=[.!?。！？])\s+")
_QUESTION = re.compile(r"[?？؟][\"'”’»)\]*_|]*\Z")


def asking_part(text: str, is_request: Callable[[str], bool]) -> tuple[str, str]:
    """Return the part of a text that asks something, and the text without it.

    That is the last paragraph with a question, with those right before it that have one, too; else
    the last or first one that is a request: what is one without a question mark, `is_request` says.
    """
    paragraphs = [line.strip() for line in text.splitlines() if words(line)]
    for number, paragraph in reversed(list(enumerate(paragraphs))):
        if questions := _questions(paragraph):
            if len(paragraph) > MAX_ASKING:
                return _taken(text, questions)
            return _taken(text, _with_those_before(text, paragraphs[:number], paragraph))
    last, first = _end(paragraphs[-1], -1), _end(paragraphs[0], 0)
    return _taken(text, first if is_request(first) and not is_request(last) else last)


def _with_those_before(text: str, before: Sequence[str], last: str) -> str:
    """Return the last paragraph with a question and those right before it that have one."""
    end = text.rindex(last) + len(last)
    start = end - len(last)
    for paragraph in reversed(before):
        first = text.rindex(paragraph, 0, start)
        if end - first > MAX_ASKING or not _questions(paragraph):
            break
        start = first
    return text[start:end]


def _questions(paragraph: str) -> str:
    """Return the last questions of a paragraph; "" if it has none."""
    if not any(mark in paragraph for mark in "?？؟"):
        return ""
    chosen = ""
    for sentence in reversed(split_sentences(paragraph[-SEARCHED:])):
        if not _QUESTION.search(sentence):
            continue
        if chosen and len(sentence) + len(chosen) >= MAX_ASKING:
            break
        chosen = f"{_last_part(sentence)} {chosen}".strip()
    return chosen


def _last_part(sentence: str) -> str:
    """Return the end of a sentence that is too long: it may be several without capitals."""
    parts = [sentence] if len(sentence) <= MAX_ASKING else _STOP.split(sentence)
    return parts[-1][-MAX_ASKING:]


def _end(paragraph: str, place: int) -> str:
    """Return a paragraph or, of a long one, its sentence at this place."""
    if len(paragraph) <= MAX_ASKING:
        return paragraph
    part = paragraph[-SEARCHED:] if place else paragraph[:SEARCHED]
    return split_sentences(part)[place][:MAX_ASKING]


def _taken(text: str, part: str) -> tuple[str, str]:
    before, _, after = text.rpartition(part)
    return part, f"{before} {after}".strip()
