"""Names, counts and days as records write them → one form; what is bounded is bounded later."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from rag.text.words import one_line

MAX_COUNT_CHARACTERS = 20  # of a count in words, like "1.2k"
MAX_DAY_CHARACTERS = 60
SECONDS_OF_EPOCH = range(10**8, 10**10)  # 1973 to 2286; other sources count milliseconds …
EPOCH_UNITS = (1, 1_000, 1_000_000)  # … or microseconds

_NAME_KEYS = ("name", "fullname", "full_name", "display_name", "author")
_GIVEN_KEYS = ("given", "first", "firstName", "first_name", "forenames", "forename")
_FAMILY_KEYS = ("family", "last", "lastName", "last_name", "keyname", "surname")
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_ET_AL = re.compile(r",?\s*\b(?:et\s+al\b\.?|and\s+others\b)\s*$", re.IGNORECASE)
_AND = re.compile(r",? (?:and|AND|&) ")
_INITIALS = re.compile(r"(?:[A-ZÀ-Þ]\w?\.[ -]*)+|[A-Z]{1,3}")
_SEPARATORS = str.maketrans("、，；|", ",,;;")
MAX_NESTED = 3  # brackets
_SUFFIX = re.compile(r"(?:jr|sr|i{2,3}|iv|ph\.?d|m\.?d)\.?", re.IGNORECASE)
_COUNT = re.compile(r"([0-9][0-9,]*)(\.[0-9]+)?\s*([km]?)", re.IGNORECASE)
_EPOCH = re.compile(r"[0-9]{9,16}(?:\.[0-9]{1,6})?")
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?![0-9])")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([/.])([0-9]{1,2})\2([0-9]{4})(?![0-9])")
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.IGNORECASE)
_IN_WORDS = re.compile(r"(?<=[0-9])(?:st|nd|rd|th)\b|[.,]|\s+[0-9]{1,2}:[0-9]{2}.*")
_FORMATS = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y", "%Y %b %d", "%Y %B %d")


# -- names -----------------------------------------------------------------------------------------


def author_names(value: object) -> object:
    """Return the names of a list of texts, objects or parts of names, or of one text.

    Hidden authors are left out. What is not a name stays as it is, to be refused.
    """
    if isinstance(value, str):
        return _split_authors(value)
    people = [value] if isinstance(value, dict) else value
    if not isinstance(people, list):
        return people
    shown = [p for p in people if not (isinstance(p, dict) and p.get("hidden"))]
    return [name for p in shown if (name := _author(p)) not in (None, "")]


def keyword_list(value: object) -> object:
    """Return the keywords of a list, or of one text with commas or semicolons between."""
    if isinstance(value, str):
        return [word for part in re.split(r"[,;|\n]", value) if (word := one_line(part))]
    if not isinstance(value, list):
        return value
    words = [word.get("name") if isinstance(word, dict) else word for word in value]
    return [one_line(word) if isinstance(word, str) else word for word in words]


def _author(person: object) -> object:
    if isinstance(person, str):
        return one_line(person)
    if isinstance(person, list) and person and all(isinstance(part, str) for part in person):
        last, first, suffix = (*person, "", "")[:3]  # arXiv's authors_parsed; affiliations follow
        return one_line(f"{first} {last} {suffix}").replace(" -", "-")
    if isinstance(person, dict):
        if name := _first_text(person, _NAME_KEYS):
            return name
        given, family = _first_text(person, _GIVEN_KEYS), _first_text(person, _FAMILY_KEYS)
        return one_line(f"{given} {family}") if family else person
    return person


def _first_text(person: dict[str, object], keys: tuple[str, ...]) -> str:
    texts = [one_line(text) for key in keys if isinstance(text := person.get(key), str)]
    return next(filter(None, texts), "")


def _split_authors(text: str) -> list[str]:
    """Return the names in "A. Bee, C. Dee and E. Eff", "Bee, A.; Dee, C." and the like."""
    is_latin = not re.search("[、，；]", text)
    text = text.translate(_SEPARATORS)
    for _ in range(MAX_NESTED):
        text = _IN_BRACKETS.sub(" ", text)  # affiliations
    text = _ET_AL.sub("", one_line(text))
    if ";" in text:
        return _names_of([part.split(",") for part in _AND.sub(";", text).split(";")])
    groups = [group.split(",") for group in _AND.split(text)]
    if len(groups) > 1 and all(map(_is_last_and_first, groups)):
        return _names_of(groups)  # as BibTeX writes them
    parts = [part.strip() for group in groups for part in group if part.strip()]
    pairs = [parts[n : n + 2] for n in range(0, len(parts), 2)]
    is_one_name = is_latin and len(parts) == 2 and " " not in "".join(parts)  # "Bee, Ann"
    if is_one_name or all(len(p) == 2 and _INITIALS.fullmatch(p[1]) for p in pairs):
        return _names_of(pairs)  # "Bee, A., Dee, C."
    names: list[str] = []
    for part in parts:
        if names and _SUFFIX.fullmatch(part):
            names[-1] += f" {part}"
        else:
            names.append(part)
    return names


def _is_last_and_first(parts: list[str]) -> bool:
    """Return whether the parts are of one name, like "Bee, Ann", not two names with a comma."""
    return len(parts) == 2 and any(
        " " not in part.strip() or _INITIALS.fullmatch(part.strip()) for part in parts
    )


def _names_of(people: list[list[str]]) -> list[str]:
    """Return "First Last" for each ["Last", "First"]."""
    stripped = [[part.strip() for part in parts if part.strip()] for parts in people]
    return [" ".join([*parts[1:2], *parts[:1], *parts[2:]]) for parts in stripped if parts]


# -- counts ----------------------------------------------------------------------------------------


def whole_count(value: object) -> object:
    """Return the whole number in 12.0, "12", "1,234" or "1.2k"; anything else as it is."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, str) or len(value) > MAX_COUNT_CHARACTERS:
        return value
    match = _COUNT.fullmatch(value.strip())
    if match is None:
        return value
    number = float(match[1].replace(",", "") + (match[2] or ""))
    factor = {"": 1, "k": 1_000, "m": 1_000_000}[match[3].lower()]
    return round(number * factor) if match[3] or number.is_integer() else value


# -- days ------------------------------------------------------------------------------------------


def day_of(value: object) -> date | None:
    """Return the day of a date, a timestamp or a number of seconds since 1970; sources give UTC.

    Raises ValueError if it names no day, or one that can be read in two ways.
    """
    if value is None or isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _day_of_number(value)
    if isinstance(value, str) and len(value) <= MAX_DAY_CHARACTERS:
        text = one_line(value)
        return _day_of_text(text) if text else None
    raise ValueError("it is not a day")


def _day_of_number(number: float) -> date:
    for unit in EPOCH_UNITS:
        if SECONDS_OF_EPOCH.start * unit <= number < SECONDS_OF_EPOCH.stop * unit:
            return datetime.fromtimestamp(number / unit, UTC).date()
    if isinstance(number, int) and 10**7 <= number < 10**8:
        return date(number // 10_000, number // 100 % 100, number % 100)
    raise ValueError(f"{number} is not a day")


def _day_of_text(text: str) -> date:
    if _EPOCH.fullmatch(text):
        return _day_of_number(float(text))
    if re.fullmatch(r"[0-9]{8}", text):
        return _day_of_number(int(text))
    if match := _YEAR_FIRST.match(text):
        return date(int(match[1]), int(match[3]), int(match[4]))
    if match := _YEAR_LAST.match(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        if match[2] == "/" and first <= 12 and second <= 12 and first != second:
            raise ValueError(f"{text} can be read in two ways: write YYYY-MM-DD")
        is_month_first = match[2] == "/" and second > 12
        return date(year, first, second) if is_month_first else date(year, second, first)
    with suppress(ValueError, IndexError, TypeError, OverflowError):
        moment = parsedate_to_datetime(text)
        return (moment.astimezone(UTC) if moment.tzinfo else moment).date()
    in_words = one_line(_IN_WORDS.sub(" ", _WEEKDAY.sub("", text)))
    for form in _FORMATS:
        with suppress(ValueError):
            return datetime.strptime(in_words, form).date()  # noqa: DTZ007
    raise ValueError(f"{text!r} is not a day")
