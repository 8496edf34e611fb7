"""Reads times of day as people write them: "6:15 p.m.", "18h15", "half past six", "0815"."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rag.errors import PaperboyError
from rag.text.words import fold

# What people say in English, German, French and Spanish, folded; one to twelve.
_HOUR_WORDS = {
    word: number
    for words in (
        "one two three four five six seven eight nine ten eleven twelve",
        "eins zwei drei vier funf sechs sieben acht neun zehn elf zwolf",
        "une deux trois quatre cinq six sept huit neuf dix onze douze",
        "una dos tres cuatro cinco seis siete ocho nueve diez once doce",
    )
    for number, word in enumerate(words.split(), start=1)
}
_MINUTE_WORDS = {
    word: minutes
    for minutes, words in {
        5: "five funf cinq cinco",
        10: "ten zehn dix diez",
        15: "quarter fifteen viertel funfzehn quart cuarto",
        20: "twenty zwanzig vingt veinte",
        25: "twenty-five",
        30: "half thirty dreissig dreißig demi demie trente media treinta",
        40: "forty vierzig quarante cuarenta",
        45: "forty-five",
        50: "fifty cinquante cincuenta",
    }.items()
    for word in words.split()
}
_NAMED = {
    **dict.fromkeys("noon midday mittag mittags midi mediodia".split(), 12),
    **dict.fromkeys("midnight mitternacht minuit medianoche".split(), 0),
}
_BEFORE_THE_HOUR = frozenset("to before till vor moins menos".split())
_DAY_PARTS = {
    "am": r"a\.?\s?m\b\.?|in the morning|this morning|morgens|vormittags|du matin|de la manana",
    "pm": r"p\.?\s?m\b\.?|in the (?:afternoon|evening)|tonight|nachmittags|abends|du soir"
    r"|de l['’ ]?apres-midi|de la tarde",
    "night": r"at night|nachts|de la nuit|de la noche",
}


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_HOUR = rf"(?P<hour>\d{{1,2}}|{_any(_HOUR_WORDS)})"
_PART = rf"(?P<part>{_any(_MINUTE_WORDS)})"
_ROUND = rf"(?P<part>5|10|15|20|25|{_any(_MINUTE_WORDS)})(?: min(?:ute[ns]?)?)?"
_TAIL = (
    r"(?: ?(?:h|hrs?|hours|uhr|heures?|horas?|(?P<clock>o['’ ]?clock))\b)?(?:,? ?(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _DAY_PARTS.items())
    + "))?"
)
_SHAPES = [
    re.compile(rf"(?<![\w+−:./-])(?:{shape})(?![\w:])")
    for shape in (
        rf"(?:an? )?{_ROUND} (?P<side>past|after|to|before|till|nach|vor) "
        rf"(?P<hour>\d{{1,2}}|{_any([*_HOUR_WORDS, *_NAMED])}){_TAIL}",
        rf"(?:12(?:[:.]00)? )?(?P<hour>{_any(_NAMED)})",
        rf"(?P<halfway>halb|half) {_HOUR}{_TAIL}",
        rf"{_HOUR}(?: ?h(?:eures?)?)? (?P<side>et|moins|y|menos) (?:le )?{_PART}{_TAIL}",
        rf"(?P<hour>\d{{1,2}})(?:(?:[:.h]| ?(?:uhr|h|heures?) )(?P<minute>\d\d)(?::\d\d)?)?{_TAIL}",
        rf"(?P<hour>\d{{1,2}})(?P<minute>\d\d){_TAIL}",
        rf"(?P<hour>{_any(_HOUR_WORDS)})(?:[ -](?:uhr |heures? |h )?{_PART})?{_TAIL}",
    )
]
_GLUED_ZONE = re.compile(r"(?<![\w+−-])(\d[\d:.]*(?:[ap]m)?)(?=(?:[A-Z]{2,5}|Z)\b)")
_GAP = " \n "  # in the place of a time
EXAMPLES = "9:00 or 18:30"
MINUTES_OF_A_DAY = 24 * 60


class ClockError(PaperboyError):
    """A time of day or a time zone is impossible, ambiguous or unknown."""


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A time on a clock; `note` says how an ambiguous one was read, or is ""."""

    hour: int
    minute: int
    note: str = ""


def split_times(text: str) -> tuple[list[TimeOfDay], str]:
    """Return the times of day in a text, and the text without them. Raises ClockError."""
    rest = _GLUED_ZONE.sub(r"\1 ", unicodedata.normalize("NFC", " ".join(text.split())))
    folded = _fold_in_place(rest)
    times = []
    for shape in _SHAPES:
        for match in reversed(list(shape.finditer(folded))):
            start, end = match.span()
            times.append(_read(match.groupdict(), rest[start:end]))
            rest, folded = (f"{t[:start]}{_GAP}{t[end:]}" for t in (rest, folded))
    return times, rest


def _fold_in_place(text: str) -> str:
    """Return the text folded, with every character in its place."""
    return "".join(f if len(f := fold(character)) == 1 else character for character in text)


def _read(found: dict[str, str | None], typed: str) -> TimeOfDay:
    """Return the time that a match of one of the shapes has. Raises ClockError."""
    hour, part = _number(found["hour"]), found.get("part") or found.get("minute")
    minute = _number(part) if part else 0
    halfway = found.get("halfway")
    if halfway == "half":
        earlier = (hour - 2) % 12 + 1
        raise ClockError(
            f"“{typed}” is {earlier}:30 for some and {hour}:30 for others: write one of them."
        )
    day_part = next((name for name in _DAY_PARTS if found.get(name)), "")
    hour_of_day = _hour_of_day(hour, day_part)
    if hour_of_day is None or minute > 59:
        raise ClockError(f"“{typed}” is no time of day: write it like {EXAMPLES}.")
    if halfway:
        minute = -30
    elif found.get("side") in _BEFORE_THE_HOUR:
        minute = -minute
    read = TimeOfDay(*divmod((hour_of_day * 60 + minute) % MINUTES_OF_A_DAY, 60))
    is_spoken = found["hour"] in _HOUR_WORDS or halfway or found.get("side") or found.get("clock")
    if day_part or not is_spoken or not 1 <= hour <= 12 or found["hour"] in _NAMED:
        return read
    other = f"{(read.hour + 12) % 24:02}:{read.minute:02}"
    note = f"“{typed}” is read as {read.hour:02}:{read.minute:02}: write {other} if you mean that."
    return replace(read, note=note)


def _number(word: str | None) -> int:
    """Return the number that a word of the shapes stands for."""
    for table in (_HOUR_WORDS, _MINUTE_WORDS, _NAMED):
        if word in table:
            return table[word]
    return int(word or 0)


def _hour_of_day(hour: int, day_part: str) -> int | None:
    """Return an hour of the 24; None if there is no such hour in that part of the day."""
    is_impossible = hour > (12 if day_part == "am" else 23) or (day_part == "pm" and not hour)
    if is_impossible:
        return None
    if day_part == "pm" or (day_part == "night" and 6 <= hour < 12):
        return hour + 12 if hour < 12 else hour
    return 0 if hour == 12 and day_part else hour
