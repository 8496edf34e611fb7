"""Checks the markers in a written answer against the passages that the model was given."""

import re
from collections.abc import Mapping, Sequence

from rag.records import Citation, Passage

# [1], [1, 3], [2-4], and the brackets 【1】 that some models prefer.
MARKER = re.compile(
    r"(?<!\s)\s*[\[【](\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)[\]】](?:\(<?https?:[^()\s]*\))?"
)
_UNFINISHED = re.compile(r"(?<!\s)\s*[\[【][\d\s,;–-]*$")
_ONE_MARKER = re.compile(r" ?\[(\d+)\]")
_LINK = re.compile(r"\[([^\[\]]*)\]\(<?\w+:[^()]*\)")


def check(text: str, passages: Sequence[Passage]) -> tuple[str, tuple[Citation, ...]]:
    """Renumber the markers in reading order, and return the text with the citations.

    Markers of passages that were not given are removed, and so are links, since Paperboy makes its
    own from the paper's record. An unfinished marker at the end is left out.
    """
    by_number = {passage.n: passage for passage in passages}
    cited: list[int] = []

    def in_reading_order(match: re.Match[str]) -> str:
        known = [n for n in marked(match[1]) if n in by_number]
        cited.extend(n for n in known if n not in cited)
        marks = "".join(f"[{cited.index(n) + 1}]" for n in known)
        return f" {marks}" if marks else ""

    # A marker with an address stays a marker; of any other link, only the words stay.
    text = MARKER.sub(in_reading_order, _UNFINISHED.sub("", text))
    text = _LINK.sub(r"\1", text)
    citations = tuple(
        Citation(i, by_number[n].paper, by_number[n].quote) for i, n in enumerate(cited, start=1)
    )
    return text.strip(), citations


def renumber(text: str, numbers: Mapping[int, int | None]) -> str:
    """Return the text with other numbers in its markers; a marker without one is removed."""

    def replace_marker(match: re.Match[str]) -> str:
        n = numbers.get(int(match[1]))
        return match[0].replace(match[1], str(n)) if n else ""

    return _ONE_MARKER.sub(replace_marker, text)


def marked(text: str) -> list[int]:
    """Return the numbers in `1, 3` or `2-4`, in order."""
    found: list[int] = []
    for part in re.split("[,;]", text):
        first, *last = [int(number) for number in re.split("[–-]", part)]
        found.extend(range(first, last[0] + 1) if last and last[0] - first < 10 else [first])
    return list(dict.fromkeys(found))
