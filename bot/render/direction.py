"""Isolates right-to-left text, so that what stands beside it in a line keeps its place.

Digits, dots and brackets beside Hebrew or Arabic words are drawn as if they were part of them
(https://unicode.org/reports/tr9/). Between U+2068 and U+2069 a text has a direction of its own.
Text without right-to-left characters stays as it is.
"""

import html
from collections.abc import Iterable, Iterator

import regex

from rag.records import Paper

FIRST_STRONG, POP = "\u2068", "\u2069"  # the isolate's first character, and its last
_RTL = r"[\p{bc=R}\p{bc=AL}]"
_IS_RTL = regex.compile(_RTL)
_STRONG = regex.compile(r"[\p{bc=L}\p{bc=R}\p{bc=AL}]")
_NOT_ISOLATE = f"[^{FIRST_STRONG}{POP}]"
_ISOLATE = f"{FIRST_STRONG}{_NOT_ISOLATE}*{_RTL}{_NOT_ISOLATE}*{POP}"
_OVERRIDES = "[\u202a-\u202e\u2066-\u2069]"
_OVERRIDE_OR_ISOLATE = regex.compile(f"({_ISOLATE})|{_OVERRIDES}")
# What our own lines put between their parts: separators, the markers of sources, and in front of
# the first part its number, score or upvotes. What is isolated already stays.
_BETWEEN = regex.compile(
    rf"({_ISOLATE}|\n| · |\s*(?:\[\d+\],?\s*)+[.,;:]?"
    r"|^\s*(?:(?:\d+[.)]|\d+\.\d+|▲ \d+|[-•])\s+)+)",
    regex.MULTILINE,
)
_OPENS = regex.compile(r"\s*[“„‘«\"(\[]")
# In a line of another direction: what stands in quotes or brackets, or else a run of words.
_PART = regex.compile(
    rf"(?<=“)[^“”]*{_RTL}[^“”]*(?=”)|(?<=\()[^()]*{_RTL}[^()]*(?=\))"
    rf"|{_RTL}(?:(?:(?![,;:]\s)[^\p{{L}}“”()\[\]]){{0,12}}{_RTL})*\p{{M}}*"
)


def isolated(value: str) -> str:
    """Return a value from a record (a title, a name, a quote) with its direction isolated."""
    if value.isascii():
        return value
    value = regex.sub(_OVERRIDES, "", value)
    return f"{FIRST_STRONG}{value}{POP}" if _IS_RTL.search(value) else value


def with_isolates(text: str, values: Iterable[str] = ()) -> str:
    """Return lines with values from records in them, each right-to-left value isolated.

    `values` are some that may occur; others are found by quotes, separators and runs of words.
    """
    if text.isascii():
        return text
    text = _OVERRIDE_OR_ISOLATE.sub(lambda match: match[1] or "", text)
    if not _IS_RTL.search(text):
        return text
    if known := sorted({v for v in values if v and _IS_RTL.search(v)}, key=len, reverse=True):
        pattern = regex.compile(rf"({_ISOLATE})|{'|'.join(map(regex.escape, known))}")
        text = pattern.sub(lambda match: match[1] or isolated(match[0]), text)
    parts = _BETWEEN.split(text)  # the odd ones are what stands between
    return "".join(part if n % 2 else _part(part) for n, part in enumerate(parts))


def values_of(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield the values of papers' records that stand in lines beside other text."""
    for paper in papers:
        yield from (paper.title, paper.organization or "", *paper.authors)


def as_html(text: str) -> str:
    """Return text, isolated already, as HTML: escaped, with an element for each isolate."""
    return html.escape(text).replace(FIRST_STRONG, '<bdi dir="auto">').replace(POP, "</bdi>")


def _part(text: str) -> str:
    """Return a part of a line: isolated as a whole if it is right-to-left text itself."""
    first = _STRONG.search(text)
    if first and _IS_RTL.match(first[0]) and not _OPENS.match(text):
        start, end = len(text) - len(text.lstrip()), len(text.rstrip())
        return f"{text[:start]}{isolated(text[start:end])}{text[end:]}"
    return str(_PART.sub(lambda match: isolated(match[0]), text))
