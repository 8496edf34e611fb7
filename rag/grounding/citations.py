"""Markers in a written answer, checked against the passages that the model was given."""

import re
from collections.abc import Sequence

from rag.records import Citation, Passage

# [1], [1, 3], [2-4], and the brackets 【1】 that some models prefer.
MARKER = re.compile(r"\s*[\[【](\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)[\]】](?:\(<?https?:[^()\s]*\))?")
_UNFINISHED = re.compile(r"\s*[\[【][\d\s,;–-]*$")
_LINK = re.compile(r"\[([^\[\]]*)\]\(<?\w+:[^()]*\)")


def check(text: str, passages: Sequence[Passage]) -> tuple[str, tuple[Citation, ...]]:
    """Return the text with its markers numbered anew in reading order, and what they cite.

    Markers of passages that were never given are taken out, and so are links: Paperboy makes its
    own from the paper's record. A marker that is still being written is held back.
    """
    by_number = {passage.n: passage for passage in passages}
    cited: list[int] = []

    def renumber(match: re.Match[str]) -> str:
        known = [n for n in marked(match[1]) if n in by_number]
        cited.extend(n for n in known if n not in cited)
        marks = "".join(f"[{cited.index(n) + 1}]" for n in known)
        return f" {marks}" if marks else ""

    # A marker with an address behind it is a marker, any other link only its words.
    text = MARKER.sub(renumber, _UNFINISHED.sub("", text))
    text = _LINK.sub(r"\1", text)
    citations = tuple(
        Citation(i, by_number[n].paper, by_number[n].quote) for i, n in enumerate(cited, start=1)
    )
    return text.strip(), citations


def marked(text: str) -> list[int]:
    """Return the numbers of `1, 3` or `2-4` in order."""
    found: list[int] = []
    for part in re.split(r"\s*[,;]\s*", text):
        first, *last = [int(number) for number in re.split(r"\s*[–-]\s*", part)]
        found.extend(range(first, last[0] + 1) if last and last[0] - first < 10 else [first])
    return list(dict.fromkeys(found))
