"""Numbers in text, comparable in any notation: 0.18M is 180K is 180,000."""

import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["", "%", "times", "seconds", "share", "ratio"]
Hedge = Literal["", "about", "over", "under"]

ABOUT_TOLERANCE = 0.05  # relative error that "about" allows
OVER_FACTOR = 1.25  # "more than 1,000" may mean 1,200, not 2,000
CONTEXT = 40  # characters in front of a number that say how exact it is
UNDER_FACTOR = 0.2  # "less than one" may mean 0.3

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {word: float(n) for n, word in enumerate(_SMALL)}
_WORDS |= {word: 20.0 + 10 * n for n, word in enumerate(_TENS)}
_WORDS |= {f"{t}-{s}": _WORDS[t] + _WORDS[s] for t in _TENS for s in _SMALL[1:10]}
_WORDS |= {"dozen": 12.0, "hundred": 100.0}
_PARTS = {"half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6}
_PARTS |= {"seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "twentieth": 20, "thirtieth": 30}
_MULTIPLES = {"twice": 2.0, "thrice": 3.0, "doubl": 2.0, "tripl": 3.0, "quadrupl": 4.0, "halv": 2.0}
_LETTERS = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}  # only directly after the digits
_SCALES = {
    "dozen": 12.0, "hundred": 100.0, "thousand": 1e3, "mil": 1e3, "million": 1e6, "millions": 1e6,
    "millionen": 1e6, "millones": 1e6, "bn": 1e9, "billion": 1e9, "billions": 1e9,
    "milliarden": 1e9, "milliards": 1e9, "trillion": 1e12, "万": 1e4, "亿": 1e8,
}  # fmt: skip
_YEAR = 365.25 * 86_400
_SECONDS = {
    "ms": 1e-3, "millisecond": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0,
    "minute": 60.0, "h": 3600.0, "hour": 3600.0, "day": 86_400.0, "week": 7 * 86_400.0,
    "month": _YEAR / 12, "year": _YEAR,
    "sekunden": 1.0, "segundo": 1.0, "seconde": 1.0, "秒": 1.0, "minuten": 60.0, "minuto": 60.0,
    "分钟": 60.0, "stunde": 3600.0, "stunden": 3600.0, "heure": 3600.0, "hora": 3600.0,
    "小时": 3600.0, "tage": 86_400.0, "jour": 86_400.0, "día": 86_400.0, "天": 86_400.0,
    "jahre": _YEAR, "an": _YEAR, "año": _YEAR, "年": _YEAR,
}  # fmt: skip


def _any(words: Sequence[str]) -> str:
    return "|".join(sorted((re.escape(word) for word in words), key=len, reverse=True))


_DIGITS = r"\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?"
_WORD = _any(tuple(_WORDS))
_UNIT = rf"(?P<unit>{_any(tuple(_SECONDS))})s?(?![\w%])"
_QUANTITY = re.compile(
    rf"(?P<ratio>(?<![\w.:])\d+:\d+(?![\w:]))"
    rf"|(?P<part>(?<!\w)(?:(?P<count>{_WORD}|an?)[\s-]+)?(?P<nth>{_any(tuple(_PARTS))})s?(?!\w)"
    rf"(?:\s+(?:of\s+)?an?\s+(?:{_UNIT}|(?P<whole>{_any(tuple(_SCALES))})s?(?!\w)))?)"
    rf"|(?P<multiple>(?<!\w)(?:{_any(tuple(_MULTIPLES))})\w*)"
    rf"|(?<![\w.])(?P<name>[A-Z]\w*-)?(?P<number>{_DIGITS}|(?:{_WORD})(?!\w))"
    rf"(?:(?:(?P<letter>[kmbt])|(?P<scale>(?:[\s-]?(?:{_any(tuple(_SCALES))}))+))(?![A-Za-z]))?"
    r"(?:(?P<percent>\s?%|[\s-](?:percent|per\s?cent|prozent|pour\s?cent|por\s?ciento)\b)"
    r"|(?P<times>\s?[x×](?!\w)|[\s-]?(?:times|fold)\b)"
    r"|(?P<cents>\s?(?:cents|¢))|[\s-]?" + _UNIT.replace("unit>", "after>") + r")?",
    re.IGNORECASE,
)  # fmt: skip
_AMONG = re.compile(
    rf"(?<!\w)(?P<some>\d+|{_WORD})(?:\s+\w+)?\s+(?:in|(?:out\s+)?of)\s+(?:every\s+)?"
    rf"(?P<all>\d+|{_WORD})(?![\w%.]*[\w%])",
    re.IGNORECASE,
)
_SCALE = re.compile(_any(tuple(_SCALES)))
_HEDGES: dict[Hedge, re.Pattern[str]] = {
    "about": re.compile(r"(?:\b(?:about|around|roughly|nearly|almost|approximately|some|circa|"
                        r"close to|etwa|rund|environ|unos|aproximadamente)|[~≈])\s*$", re.I),
    "over": re.compile(r"(?:\b(?:over|more than|above|at least|mehr als|plus de|más de)|[>≥])\s*$",
                       re.I),
    "under": re.compile(r"(?:\b(?:under|less than|fewer than|below|up to|at most|no more than|"
                        r"weniger als|moins de|menos de)|[<≤])\s*$", re.I),
}  # fmt: skip
_POINTED = re.compile(r"\b(?:the|these|those|both|of|other)\s+$", re.IGNORECASE)  # "of the two"
_NAME = re.compile(r"(?<![\w-])[A-Z][\w.]{0,40}-[\w.-]{0,40}\d[\w.-]*")  # Llama-3-70B
_GLUED = re.compile(r"D\b", re.IGNORECASE)  # "2D" counts nothing
_COMPOUND = re.compile(r"-[a-z]")
_TEX = [(re.compile(r"\\times"), "×"), (re.compile(r"\\([%$&#_])"), r"\1"), (re.compile(r"\$"), "")]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number at text[start:end]; `value` is in the unit of its kind."""

    value: float
    kind: Kind
    hedge: Hedge
    start: int
    end: int

    def stands_for(self, source: "Quantity") -> bool:
        """Return whether this number of a claim can mean the source's number."""
        ours, theirs = self._forms(), source._forms()
        return any(
            self._is_near(x, y)
            for kind, x in ours
            for other, y in theirs
            if kind == other or "" in (kind, other)
        )

    def rivals(self, other: "Quantity") -> bool:
        """Return whether the other is of the same kind with a different value."""
        return self.kind == other.kind and not self.stands_for(other)

    def _forms(self) -> list[tuple[str, float]]:
        """Return equal (kind, value) pairs: half is 50 % is 0.5, and a fifth is five times less."""
        share = {"%": self.value / 100, "share": self.value}.get(self.kind)
        if share is not None:
            times = [("times", 1 / share)] if share and self.kind == "share" else []
            return [("%", 100 * share), ("share", share), ("", share), *times]
        if self.kind == "times":
            return [("times", self.value), ("share", 1 / self.value if self.value else 0.0)]
        return [(self.kind, self.value)]

    def _is_near(self, ours: float, theirs: float) -> bool:
        if math.isclose(ours, theirs, rel_tol=1e-6):
            return True
        match self.hedge:
            case "about":
                return math.isclose(ours, theirs, rel_tol=ABOUT_TOLERANCE)
            case "over":
                return ours <= theirs <= OVER_FACTOR * ours
            case "under":
                return UNDER_FACTOR * ours <= theirs <= ours
        return False


def strip_tex(text: str) -> str:
    """Return the text without the TeX around numbers in abstracts."""
    for pattern, put in _TEX:
        text = pattern.sub(put, text)
    return text


def quantities(text: str, *, every: bool = False) -> list[Quantity]:
    """Return the numbers of a text, already through `strip_tex`, in order.

    Digits in names (GPT-4) do not count, nor does "one" on its own, and "44 of 50" is one number.
    With `every` they do, because a claim may use them ("its 3B model").
    """
    shares = [
        (match, share)
        for match in _AMONG.finditer(text)
        if 0 < (share := _value(match["some"]) / max(_value(match["all"]), 1e-9)) <= 1
    ]
    found = [Quantity(s, "share", _hedge(text, m.start()), *m.span()) for m, s in shares]
    taken = [] if every else [match for match, _ in shares]
    names = [] if every else list(_NAME.finditer(text))
    covered = [
        ([match.start() + later for match in found], [match.end() for match in found])
        for found, later in ((taken, 0), (names, 1))
    ]
    for match in _QUANTITY.finditer(text):
        start = match.start()
        if any(_is_inside(start, starts, ends) for starts, ends in covered):
            continue
        if read := _read(match, in_names=every):
            found.append(Quantity(*read, _hedge(text, start), *match.span()))
    return sorted(found, key=lambda quantity: quantity.start)


def _before(text: str, start: int) -> str:
    """Return the few words in front of this place."""
    return text[max(0, start - CONTEXT) : start]


def _is_inside(place: int, starts: Sequence[int], ends: Sequence[int]) -> bool:
    """Return whether one of these spans, which are in order, holds the place."""
    n = bisect_right(starts, place) - 1
    return n >= 0 and place < ends[n]


def _hedge(text: str, start: int) -> Hedge:
    """Return what is said in front of the number that starts here."""
    before = _before(text, start)
    return next((h for h, pattern in _HEDGES.items() if pattern.search(before)), "")


def _read(match: re.Match[str], *, in_names: bool) -> tuple[float, Kind] | None:
    """Return the value and its kind; None if the match is not used as a number."""
    part = match.groupdict()
    if part["ratio"]:
        left, right = part["ratio"].split(":")
        return int(left) / max(int(right), 1), "ratio"
    if part["part"]:
        return _share(part)
    if part["multiple"]:
        word = part["multiple"].lower()
        return next(n for stem, n in _MULTIPLES.items() if word.startswith(stem)), "times"
    digits = part["number"]
    is_word = not digits[0].isdigit()
    text, end = match.string, match.end()
    if (
        (part["name"] and not in_names)
        or _GLUED.match(text, end)
        or (is_word and _POINTED.search(_before(text, match.start())))
        or (is_word and _COMPOUND.match(text, end))  # four-legged
    ):
        return None
    scale = (part["letter"] or part["scale"] or "").lower()
    value = _value(digits) * _LETTERS.get(scale, _scale(scale))
    if part["percent"]:
        return value, "%"
    if part["times"]:
        return value, "times"
    if part["cents"]:
        return value / 100, ""
    if part["after"]:
        return value * _SECONDS[part["after"].lower()], "seconds"
    return None if digits.lower() in ("one", "zero") and not scale else (value, "")


def _share(part: dict[str, str | None]) -> tuple[float, Kind] | None:
    """Return the value of "two thirds" or "half an hour"; None for an ordinal ("the third")."""
    count, nth = part["count"] or "", (part["nth"] or "").lower()
    parts = _PARTS[nth]
    if not count and parts > 2:
        return (float(parts), "") if parts > 3 else None
    share = (_value(count) if count.lower() in _WORDS else 1.0) / parts
    if part["unit"]:
        return share * _SECONDS[part["unit"].lower()], "seconds"
    if part["whole"]:
        return share * _SCALES[part["whole"].lower()], ""
    return share, "share"


def _scale(words: str) -> float:
    """Return what "thousand", "hundred thousand" or nothing multiplies a number by."""
    return math.prod(_SCALES[word] for word in _SCALE.findall(words))


def _value(digits: str) -> float:
    word = digits.lower()
    if word in _WORDS:
        return _WORDS[word]
    if re.fullmatch(r"\d+,\d{1,2}|0,\d+", digits):  # 94,2 as in most of Europe
        return float(digits.replace(",", "."))
    return float(re.sub(r"[,\u00a0\u202f]", "", digits))
