"""Checks the markers in a written answer against the passages that the model was given."""

import re
from collections.abc import Mapping, Sequence

from rag.records import Citation, Passage
from rag.text.brackets import OwnBrackets, brackets_of, find_markers, marked

_UNFINISHED = re.compile(r"(?<!\s)\s*[\[【][\d\s,;–-]*$")
_ONE_MARKER = re.compile(r" ?\[(\d+)\]")
_LINK = re.compile(r"\[([^\[\]]*)\]\(<?\w+:[^()]*\)")


def check(text: str, passages: Sequence[Passage]) -> tuple[str, tuple[Citation, ...]]:
    """Renumber the markers in reading order, and return the text with the citations.

    Markers of passages that were not given are removed, and so are links, since Paperboy makes its
    own from the paper's record. An unfinished marker at the end is left out. What the papers
    themselves have in brackets is text.
    """
    own = brackets_of(tuple(passage.paper for passage in passages))
    by_number = {passage.n: passage for passage in passages}
    cited: list[int] = []

    def in_reading_order(match: re.Match[str]) -> str:
        known = [n for n in marked(match[1]) if n in by_number]
        cited.extend(n for n in known if n not in cited)
        marks = "".join(f"[{cited.index(n) + 1}]" for n in known)
        return f" {marks}" if marks else ""

    # A marker with an address stays a marker; of any other link, only the words stay.
    text = _UNFINISHED.sub("", text)
    parts, done = [], 0
    for match in find_markers(text, own, by_number):
        parts += [text[done : match.start()], in_reading_order(match)]
        done = match.end()
    text = "".join([*parts, text[done:]])
    text = _LINK.sub(r"\1", text)
    citations = tuple(
        Citation(i, passage.paper, passage.best.sentence, passage.best.section)
        for i, passage in enumerate(map(by_number.__getitem__, cited), start=1)
    )
    return text.strip(), citations


def renumber(text: str, numbers: Mapping[int, int | None], own: OwnBrackets) -> str:
    """Return the text with other numbers in its markers; a marker without one is removed.

    `own` are the brackets of the papers themselves, which stay.
    """

    def replace_marker(match: re.Match[str]) -> str:
        if match in own:
            return match[0]
        n = numbers.get(int(match[1]))
        return match[0].replace(match[1], str(n)) if n else ""

    return _ONE_MARKER.sub(replace_marker, text)
