"""Numbers in brackets: the markers of citations, and what a paper itself has in brackets.

A paper's own [2], [0, 1] and [12-14] are part of its text, wherever it is quoted or repeated.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from rag.records import Paper

# [1], [1, 3], [2-4], and the brackets 【1】 that some models prefer.
MARKER = re.compile(
    r"(?<!\s)\s*[\[【](\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)[\]】](?:\(<?https?:[^()\s]*\))?"
)
_BRACKET = re.compile(r"[\[【][\d\s,;–-]+[\]】]")
_WORD_BEFORE = re.compile(r"\S+(?=\s*\Z)")
_WORD_AFTER = re.compile(r"\s*(\S+)")
_REACH = 60  # characters before a bracket in which its word stands
# What stands before an interval: "values in [1, 5]".
_OF_INTERVAL = re.compile(
    r"(?:\b(?:in|within|range|interval|scale|between|from|to)|[∈=])\s*\Z", re.IGNORECASE
)


class OwnBrackets:
    """The brackets in some texts, each with the word before it, or after it at a beginning."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._known = {
            place
            for text in texts
            for match in _BRACKET.finditer(text)
            for place in _places(text, match.start(), match.end())
        }

    def __contains__(self, found: re.Match[str]) -> bool:
        """Return whether a bracket stands beside the same word as in one of the texts."""
        bracket = _BRACKET.search(found[0])
        if bracket is None or not self._known:
            return False
        start = found.start() + bracket.start()
        places = _places(found.string, start, found.start() + bracket.end())
        return not self._known.isdisjoint(places)


@lru_cache(maxsize=1_024)
def brackets_of(papers: tuple[Paper, ...]) -> OwnBrackets:
    """Return the brackets in the papers' texts."""
    return OwnBrackets(
        text for paper in papers for text in (paper.title, paper.abstract, paper.tldr or "")
    )


def find_markers(
    text: str, own: OwnBrackets, given: Collection[int] | None = None
) -> Iterator[re.Match[str]]:
    """Yield the markers in a text: group 1 has their numbers.

    `given` are the numbers that the writer could cite, if they are known: an interval that has
    others is none.
    """
    for match in MARKER.finditer(text):
        if match not in own and not _is_interval(match, given):
            yield match


def marked(text: str) -> list[int]:
    """Return the numbers in `1, 3` or `2-4`, in order."""
    found: list[int] = []
    for part in re.split("[,;]", text):
        first, *last = [int(number) for number in re.split("[–-]", part)]
        found.extend(range(first, last[0] + 1) if last and last[0] - first < 10 else [first])
    return list(dict.fromkeys(found))


def _is_interval(match: re.Match[str], given: Collection[int] | None) -> bool:
    numbers = marked(match[1])
    if len(numbers) < 2:
        return False
    if 0 in numbers:
        return True
    before = match.string[max(0, match.start() - _REACH) : match.start()]
    is_other = given is not None and not set(numbers) <= set(given)
    return is_other and bool(_OF_INTERVAL.search(before))


def _places(text: str, start: int, end: int) -> list[tuple[str, str, str]]:
    """Return the bracket with the word before it; with the one after it at a text's beginning."""
    numbers = re.sub(r"\s", "", text[start + 1 : end - 1])
    before = _WORD_BEFORE.search(text[max(0, start - _REACH) : start])
    if before and not before[0].endswith((".", "!", "?", ":", "\u201c")):
        return [(before[0].casefold(), numbers, "")]
    after = _WORD_AFTER.match(text, end)
    return [("", numbers, after[1].casefold())] if after and after[1][0].isalpha() else []
