"""Cuts text that is too long: near the limit, in any script, with its quotes and brackets closed.

Limits count code points unless a `length` says otherwise, as Discord's API does
(https://github.com/discord/discord-api-docs/issues/1315). What people see as one character (a
flag, a family, a letter with its marks: Unicode's extended grapheme cluster) is never cut.
"""

from collections.abc import Callable, Iterator

import regex

ELLIPSIS = "…"
MAX_LOSS = 24  # characters that may be given up so that a word stays whole …
MAX_LOSS_SHARE = 1 / 3  # … and this share of what there is room for
MAX_OPEN = 8  # nested quotes and brackets that are closed; outer ones stay open
MAX_QUOTED = 2_000  # characters after the cut in which the text itself closes what is open
_LOOKAHEAD = 200  # characters after the room that are read to see where the last cluster ends

_CLUSTER = regex.compile(r"\X")
# After these a line may end. Words of other scripts are kept whole by the spaces around them, but
# ideographs and kana (ID, CJ) and Thai, Lao, Khmer or Burmese (SA) have none.
_ENDS = regex.compile(
    r"(?:[\s\p{lb=ID}\p{lb=CJ}\p{lb=SA}\p{lb=CL}\p{lb=NS}\p{lb=EX}]|(?<=\w)[/\p{Pd}])\p{M}*\Z"
)
_BEGINS = regex.compile(r"[\s\p{lb=ID}\p{lb=SA}]")
_NEVER_BEGINS = regex.compile(r"[\p{lb=CL}\p{lb=CP}\p{lb=NS}\p{lb=EX}\p{lb=CJ}\p{Pf}]")
_BEFORE_ELLIPSIS = " .,;:、，。．；：·"

_CLOSERS = dict(zip("([{“‘«‹「『《〈【（［｛〔", ")]}”’»›」』》〉】）］｝〕", strict=True)) | {
    "„": "“”",
    "‚": "‘’",
}
_CLOSING = frozenset("".join(_CLOSERS.values()))
# Code, bold and other marks that are the same at both ends; an apostrophe is no quote.
_DELIMITER = regex.compile(
    r"(?P<same>`{1,3}|\*\*|~~|\|\||\")|(?<!\w)’|’(?!\w)"
    + rf"|[{regex.escape(''.join((_CLOSING | set(_CLOSERS)) - {'’'}))}]"
)


def shorten(text: str, limit: int, *, length: Callable[[str], int] = len) -> str:
    """Return the text on one line, cut if it is longer than `limit`."""
    return cut(" ".join(text.split()), limit, length=length)


def cut(text: str, limit: int, *, length: Callable[[str], int] = len) -> str:
    """Return the text, cut if it is longer than `limit`; "…" marks the cut.

    The cut is after a word, if there is one near the limit. Quotes, brackets, code and bold words
    that are open at the cut are closed after it.
    """
    if length(text) <= limit:
        return text
    room = limit - len(ELLIPSIS)
    while room >= 0:
        head = _head(text, room, length)
        shown = f"{head}{ELLIPSIS}{''.join(_left_open(text, len(head)))}"
        if length(shown) <= limit:
            return shown
        room -= length(shown) - limit
    return ""


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 code units, which Discord's apps count in what people type."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cluster_ends(
    text: str, start: int, room: int, *, length: Callable[[str], int] = len
) -> list[int]:
    """Return `start` and where the clusters after it end for which there is room."""
    ends, used = [start], 0
    for match in _CLUSTER.finditer(text, start, start + room + _LOOKAHEAD):
        used += length(match[0])
        if used > room:
            break
        ends.append(match.end())
    return ends


def _head(text: str, room: int, length: Callable[[str], int]) -> str:
    """Return the beginning that is shown: whole clusters, and whole words if they are short."""
    ends = cluster_ends(text, 0, room, length=length)
    last = ends[-1]
    least = last - min(MAX_LOSS, int(room * MAX_LOSS_SHARE))
    end = next((e for e in reversed(ends) if e >= least and _may_end(text, e)), last)
    head = text[:end].rstrip(_BEFORE_ELLIPSIS + "".join(_CLOSERS))
    for opener in reversed(_opened(text, len(head))):
        if opener.end() < len(head):
            break
        head = head[: opener.start()].rstrip(_BEFORE_ELLIPSIS)  # nothing stands in it
    return head


def _may_end(text: str, end: int) -> bool:
    """Return whether a line may end here."""
    if end and _NEVER_BEGINS.match(text, end):
        return False
    return bool(_BEGINS.match(text, end) or _ENDS.search(text, max(0, end - 8), end))


def _opened(text: str, end: int) -> list["regex.Match[str]"]:
    """Return the quotes and brackets that are open at this place, outer ones first."""
    stack: list[regex.Match[str]] = []
    for match in _DELIMITER.finditer(text, 0, end):
        _apply(match, stack)
    return stack


def _left_open(text: str, end: int) -> Iterator[str]:
    """Yield what closes the quotes and brackets that are open at this place, inner ones first.

    One that the text itself never closes stays open.
    """
    stack = _opened(text, end)
    closed: dict[int, str] = {}
    opened = {match.start() for match in stack}
    if not stack:
        return
    for match in _DELIMITER.finditer(text, end, end + MAX_QUOTED):
        if (found := _apply(match, stack)) and found.start() in opened:
            closed[found.start()] = match[0]
    for start in sorted(closed, reverse=True):
        yield closed[start]


def _apply(match: "regex.Match[str]", stack: list["regex.Match[str]"]) -> "regex.Match[str] | None":
    """Push what opens, or pop and return what this closes, with all that is left open within."""
    mark = match[0]
    for n in range(len(stack) - 1, -1, -1):
        opener = stack[n][0]
        if mark == opener if match["same"] else mark in _CLOSERS.get(opener, ""):
            found = stack[n]
            del stack[n:]
            return found
    if match["same"] or mark in _CLOSERS:
        stack.append(match)
        del stack[:-MAX_OPEN]
    return None
