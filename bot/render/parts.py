"""Cuts text that is longer than one message into parts that Discord shows as the whole.

The text is escaped already (bot/render/safe_text.py), so it is never cut within an escape, a link,
a piece of code or bold words, nor within what people see as one character. A block of code that is
cut is closed, and opened again in the next part.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import regex

from bot.render.direction import FIRST_STRONG, POP
from rag.text.shorten import cluster_ends

FENCE = "```"  # a line before and after a block of code
MAX_ISOLATE = 1_000  # characters of right-to-left text that are kept in one part
MAX_MESSAGES = 3  # of one answer or list: more of them would bury what others say
_LINE, _SENTENCE, _WORD, _ANYWHERE = 3, 2, 1, 0  # how good a place to cut is

_ATOM = regex.compile(
    r"(?P<space>\s+(?!\p{M}))"
    r"|\[(?:\\.|`[^`\n]*`|\[[^\[\]\n]*\]|[^\\\[\]\n])*\]\(<[^>\n]*>\)"  # a link
    r"|`[^`\n]+`"
    r"|\*\*(?:\\.|[^*\\\n])+\*\*"
    rf"|{FIRST_STRONG}[^{FIRST_STRONG}{POP}]{{1,{MAX_ISOLATE}}}{POP}"
    r"|\\\X|@\u200b|(?:(?![\\\[`*@\s\u2068])\X){1,32}|\X",
    regex.DOTALL,
)
_ENDS_SENTENCE = re.compile(r"[.!?…][\"”)]*\Z")
_FENCE_LINE = re.compile(rf"^{FENCE}$", re.MULTILINE)
_BLOCK_MARK = re.compile(r"[#>+-]+\s")  # at the beginning of a line it means more than itself
_SLACK = 2 * len(f"{FENCE}\n")  # for closing a block of code and opening it again


class _Cut(NamedTuple):
    """A place where a part may end, where the next one begins, and how good the place is."""

    end: int
    start: int
    rank: int


def split(text: str, limit: int) -> list[str]:
    """Return the text in parts of at most `limit` characters, cut at the best places.

    Only white space at the cuts is dropped. Takes time in proportion to the text.
    """
    text = text.rstrip()
    if len(text) <= limit:
        return [text]
    return list(_parts(text, limit))


def lines_within(lines: Iterable[str], limit: int, *, between: str = "\n") -> str:
    """Return the lines that fit into `limit` characters; lines that are too long are skipped."""
    chosen: list[str] = []
    length = 0
    for line in lines:
        if length + len(line) <= limit:
            chosen.append(line)
            length += len(line) + len(between)
    return between.join(chosen)


def first_within(texts: Iterable[str], limit: int) -> str:
    """Return the first text of at most `limit` characters, else what fits of the last one."""
    last = ""
    for last in texts:
        if len(last) <= limit:
            return last
    return split(last, limit)[0]


def _parts(text: str, limit: int) -> Iterator[str]:
    fences = [match.start() for match in _FENCE_LINE.finditer(text)]
    room = max(limit - _SLACK, 1) if fences else max(limit - 1, 1)  # 1 for a backslash
    cuts, start, mark = list(_cuts(text)), 0, ""
    first = 0  # of the cuts that are not behind us
    while start < len(text):
        past = bisect_right(cuts, start + room, lo=first, key=lambda cut: cut.end)
        cut = _best(text, cuts[first:past], start, room)
        if len(text) - start <= room:
            cut = _Cut(len(text), len(text), _LINE)
        before = FENCE + "\n" if bisect_right(fences, start - 1) % 2 else mark
        is_open = bisect_right(fences, cut.end - 1) % 2
        if is_open and (closing := _FENCE_LINE.match(text, cut.start)):
            cut = cut._replace(start=closing.end())
        yield before + text[start : cut.end] + (f"\n{FENCE}" if is_open else "")
        is_block = cut.rank < _LINE and _BLOCK_MARK.match(text, cut.start)
        mark = "\\" if is_block and not is_open else ""
        start, first = cut.start, past
        while first > 0 and cuts[first - 1].end > start:
            first -= 1


def _cuts(text: str) -> Iterator[_Cut]:
    """Yield the places between atoms, in order; each run of white space is one place."""
    for match in _ATOM.finditer(text):
        if match["space"] is None:
            yield _Cut(match.end(), match.end(), _ANYWHERE)
            continue
        rank = _WORD
        if "\n" in match["space"]:
            rank = _LINE
        elif _ENDS_SENTENCE.search(text, max(0, match.start() - 4), match.start()):
            rank = _SENTENCE
        yield _Cut(match.start(), match.end(), rank)


def _best(text: str, cuts: list[_Cut], start: int, room: int) -> _Cut:
    """Return the best place in the second half, else the last one, else the last character."""
    later = [cut for cut in cuts if cut.end > start + room // 2]
    if later:
        rank = max(cut.rank for cut in later)
        return next(cut for cut in reversed(later) if cut.rank == rank)
    if cuts and cuts[-1].start > start:
        return cuts[-1]
    end = cluster_ends(text, start, room)[-1]
    end = end if end > start else start + room
    return _Cut(end, end, _ANYWHERE)
