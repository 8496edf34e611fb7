"""The time zones of cities, countries, parts of countries and continents, by their names.

Babel has the names of zones and countries in many languages (Unicode's CLDR,
https://babel.pocoo.org), bot.clocks.cities the cities, airportsdata the names of parts of countries
with cities in them (https://github.com/mborsetti/airportsdata). A zone is the likelier, the more
people live in its cities.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.clocks.cities import (
    SHORT,
    City,
    cities_named,
    city_name,
    initials,
    large_cities,
    people_by_part,
    people_by_zone,
    us_states,
    zones_of_continent,
)
from bot.clocks.countries import countries, country_of_code, languages, simple
from rag.text.words import STOPWORDS

_NOT_ZONES = ("posix/", "right/", "SystemV/", "localtime", "Factory")
MAIN_SHARE = 0.7  # of a country's people or a part's airports: the name means a clock with so many
CLEARLY = 5  # times as many people as any other city of its name: the city that is meant
RIVAL = 10  # times as many: the other city is not even worth a note
PART = 0.25  # as likely as a city of as many people is a part of a country to be meant
MIN_LETTERS = 5  # of a name with a slip; one in as many letters is a slip

# CLDR's regions with many zones, by the codes of GeoNames' continents.
_CONTINENTS = {
    "002": ("AF",), "142": ("AS",), "150": ("EU",), "009": ("OC",), "003": ("NA",), "005": ("SA",),
    "019": ("NA", "SA"),
}  # fmt: skip
_DIRECTIONS = frozenset(
    "north south east west northern southern eastern western central centre center".split()
)
# What is added to the name of a place; by themselves these are no names.
_ADDED = re.compile(
    r"(?:^|(?<=\w) )(?:(?:local |standard )?time(?: ?zone)?|zone|city)$"
    r"|^(?:time|zeit|heure|hora|ora)(?: (?:in|of|von|de|do|di)|(?= d['’]))"
)

Clock = tuple[timedelta, timedelta]  # from UTC, in January and in July


@dataclass(frozen=True, slots=True)
class Place:
    """The time zones of a name, likeliest first; the name means the first one if it `is_main`.

    `likely` are those of the zones that may well be meant. `weight` is the number of people that
    speaks for the place, among others of its name.
    """

    zones: tuple[str, ...]
    likely: tuple[str, ...]
    is_main: bool = False
    weight: float = 0.0


@cache
def zone_names() -> dict[str, str]:
    """Return all time zones by their simple names."""
    names = sorted(available_timezones())
    return {simple(name): name for name in names if not name.startswith(_NOT_ZONES)}


@cache
def common_zones() -> dict[str, str]:
    """Return the time zones of places by their present names, and UTC, by their simple names."""
    from babel.core import get_global

    present = get_global("zone_territories").keys() - get_global("zone_aliases").keys()
    places = {name for name in present if "/" in name and not name.startswith("Etc/")} | {"UTC"}
    return {s: name for s, name in zone_names().items() if name in places}


def moments_of_year(zone: str) -> tuple[datetime, datetime]:
    """Return a moment of January and one of July of this year in a zone."""
    year, there = datetime.now(UTC).year, ZoneInfo(zone)
    return datetime(year, 1, 15, tzinfo=there), datetime(year, 7, 15, tzinfo=there)


@cache
def clock(zone: str) -> Clock:
    """Return the offsets of a zone this year; zones with the same show the same time."""
    january, july = moments_of_year(zone)
    return january.utcoffset() or timedelta(), july.utcoffset() or timedelta()


def by_clock(zones: Iterable[str]) -> list[list[str]]:
    """Return the zones in groups that show the same time, in the order of their first ones."""
    groups: dict[Clock, list[str]] = {}
    for zone in dict.fromkeys(zones):
        groups.setdefault(clock(zone), []).append(zone)
    return list(groups.values())


def likeliest_first(zones: Iterable[str]) -> list[str]:
    """Return the zones, those first in whose cities more people live."""
    people = people_by_zone()
    return sorted(dict.fromkeys(zones), key=lambda zone: (-people[zone], zone))


def zones_of_locale(locale: str) -> list[str]:
    """Return the zones of a locale's country, likeliest first; none without a country.

    `locale` is written as Discord writes it. For a language alone it is the country in which most
    people speak it.
    """
    from babel.core import get_global

    likely = get_global("likely_subtags").get(locale, locale)
    code = likely.replace("_", "-").split("-")[-1]
    place = _place_of_country(code) if code.isalpha() else None
    return list(place.zones) if place else []


def find_place(name: str, locale: str = "") -> Place | None:
    """Return what the name of a city, a country, a part of one or a city in it stands for."""
    if place := _of_code(name.strip(), locale):
        return place
    typed = simple(name.replace(",", " "))
    bare = _ADDED.sub("", typed).strip()
    if not bare or bare in STOPWORDS:
        return None
    if bare in _DIRECTIONS:
        return _zone_in_words([typed, f"{bare} time"], locale)
    return _find(typed, locale) or (_find(bare, locale) if bare != typed else None)


def _of_code(written: str, locale: str) -> Place | None:
    """Return what up to three capitals stand for: a country, a state or a city.

    Initials of a city's name mean the city: LA is Los Angeles rather than Laos.
    """
    code = written.replace(".", "")
    if not (code.isascii() and code.isalpha() and code.isupper() and 2 <= len(code) <= SHORT):
        return None
    own = _find(simple(code), locale) if code.casefold() not in STOPWORDS else None
    if any(initials(city).startswith(simple(code)) for city, _ in cities_named(code)):
        return _city(code)
    state = us_states().get(code.casefold(), "")
    country = _place_of_country(country_of_code(code))
    found = [place for place in (country, _part_of_country(state), own, _city(code)) if place]
    return _together(list(dict.fromkeys(found))) if found else None


def _find(typed: str, locale: str) -> Place | None:
    """Return what a name stands for: a zone, a region or a city, or a city in a region."""
    country = _country(typed, locale)
    if place := _zone_in_words([typed] if country else [typed, f"{typed} time"], locale):
        return place
    places = [place for place in (country, _part_of_country(typed), _city(typed)) if place]
    if places:
        return _together(places)
    named = (_cities_of_zones(language).get(typed) for language in languages(locale))
    zone = next(filter(None, named), "")
    return Place((zone,), (zone,), is_main=True) if zone else _city_in(typed, locale)


def spelled_like(name: str) -> str:
    """Return the zone, or that of a city, whose name differs by a slip or two; "" without one."""
    typed = simple(name)
    slips = min(len(typed) // MIN_LETTERS, 2)
    known = common_zones() if "/" in name else _well_known()
    alike = [known_name for known_name in known if slips and known_name[0] == typed[0]]
    near = process.extractOne(typed, alike, scorer=OSA.distance, score_cutoff=slips)
    return known[near[0]] if near else ""


@cache
def _well_known() -> dict[str, str]:
    """Return the zones by their names and by those of large cities and their own."""
    large = {city_name(city.name): city.zone for city in large_cities()}
    return common_zones() | large | _cities_of_zones("en")


def _together(places: Sequence[Place]) -> Place:
    """Return what a name stands for that is of several kinds of places."""
    first, *others = sorted(places, key=lambda place: -place.weight)
    near = [first, *(place for place in others if place.weight * RIVAL >= first.weight)]
    firsts = [place.zones[0] for place in near]
    zones = dict.fromkeys([*firsts, *(zone for place in places for zone in place.zones)])
    likely = dict.fromkeys([*firsts, *(zone for place in near for zone in place.likely)])
    is_main = first.is_main and all(
        clock(place.zones[0]) == clock(first.zones[0]) or place.weight * CLEARLY <= first.weight
        for place in others
    )
    return Place(tuple(zones), tuple(likely), is_main, first.weight)


def _weighed(weights: Mapping[str, int], share: float = 1.0) -> Place:
    """Return a place of these zones: one of each clock first, the heaviest clock before others.

    Its weight is a share of the heaviest clock's.
    """
    ranked = sorted(weights, key=lambda zone: (-weights[zone], zone))
    sums = {tuple(group): sum(weights[zone] for zone in group) for group in by_clock(ranked)}
    groups = sorted(sums, key=lambda group: -sums[group])
    zones = _firsts_first(groups)
    heaviest, total = sums[groups[0]], sum(sums.values())
    is_main = len(groups) == 1 or 0 < MAIN_SHARE * total <= heaviest
    return Place(zones, zones, is_main, share * heaviest)


def _firsts_first(groups: Sequence[Sequence[str]]) -> tuple[str, ...]:
    firsts = [group[0] for group in groups]
    return (*firsts, *(zone for group in groups for zone in group[1:]))


def _country(typed: str, locale: str) -> Place | None:
    """Return the place of a country; of several, if they share a name, like the two of Congo."""
    written = (countries(language).get(typed) for language in languages(locale))
    codes = next(filter(None, written), ())
    places = [place for code in codes if (place := _place_of_country(code))]
    return _together(places) if places else None


@cache
def _place_of_country(code: str) -> Place | None:
    """Return the place of a country or a continent, by CLDR's code."""
    from babel.core import get_global

    if code in _CONTINENTS:
        return _weighed(zones_of_continent(*_CONTINENTS[code]))
    people = people_by_zone()
    zones = {zone: people[zone] for zone in get_global("territory_zones").get(code, ())}
    return _weighed(zones) if zones and code.isalpha() else None


def _part_of_country(typed: str) -> Place | None:
    zones = _parts_of_countries().get(typed)
    return _weighed(zones, PART) if zones else None


def _city(typed: str) -> Place | None:
    weights: dict[str, float] = {}
    for city, likelihood in cities_named(typed):
        weights.setdefault(city.zone, likelihood)
    if not weights:
        return None
    groups = by_clock(weights)
    first, *others = (weights[group[0]] for group in groups)
    zones = _firsts_first(groups)
    likely = tuple(zone for zone in zones if weights[zone] * RIVAL >= first)
    return Place(zones, likely, not others or first >= CLEARLY * others[0], first)


def _city_in(typed: str, locale: str) -> Place | None:
    """Return the zones of a city in a country or a part of one: of "portland maine"."""
    words = typed.split()
    for n in range(len(words) - 1, 0, -1):
        name, region = " ".join(words[:n]), " ".join(words[n:])
        outer = [_country(region, locale), _part_of_country(us_states().get(region, region))]
        inner = _city(name) if any(outer) and name not in _DIRECTIONS else None
        for place in filter(None, outer):
            if inner and (zones := tuple(z for z in inner.zones if z in place.zones)):
                return Place(zones, zones, is_main=len(by_clock(zones)) == 1)
    return None


def _zone_in_words(wordings: Sequence[str], locale: str) -> Place | None:
    """Return the zones of "Eastern Time": only those with summer time, if there are some."""
    from babel.core import get_global

    known, used_in = common_zones().values(), get_global("meta_zones")
    for language in languages(locale):
        names = _named_zones(language)
        if name := next((names[words] for words in wordings if words in names), ""):
            users = [zone for zone in likeliest_first(known) if used_in.get(zone) == name]
            changing = [zone for zone in users if len(set(clock(zone))) > 1]
            zones = tuple(changing or users)
            return Place(zones, zones, is_main=True) if zones else None
    return None


@cache
def _cities_of_zones(language: str) -> dict[str, str]:
    """Return the zones named after a place, by its name in IANA's tables and in a language."""
    from babel import Locale
    from babel.core import get_global

    written, aliases = Locale.parse(language).time_zones, get_global("zone_aliases")
    places, cities = set(common_zones().values()), {}
    for name in zone_names().values():
        zone = aliases.get(name, name)
        if name.count("/") == 1 and zone in places:  # deeper ones are of small places
            cities[simple(name.rpartition("/")[2])] = zone
    for zone in places & set(written):
        if "city" in written[zone]:
            cities[simple(written[zone]["city"])] = zone
    return cities


@cache
def _named_zones(language: str) -> dict[str, str]:
    from babel import Locale

    zones = Locale.parse(language).meta_zones
    return {
        simple(name): zone
        for zone, names in zones.items()
        for name in names.get("long", {}).values()
    }


@cache
def _parts_of_countries() -> dict[str, Counter[str]]:
    """Return how many people live in each time zone of a part of a country, by its name."""
    import airportsdata

    votes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for airport in airportsdata.load("IATA").values():
        part = airport["country"], airport["subd"]
        if airport["subd"] and (city := _city_of_airport(airport["city"], airport["country"])):
            votes[part][city.part] += 1
    parts: dict[str, Counter[str]] = defaultdict(Counter)
    for (country, name), codes in votes.items():
        parts[simple(name)] += people_by_part()[country, codes.most_common(1)[0][0]]
    return parts


def _city_of_airport(name: str, country: str) -> City | None:
    """Return the city that a name begins with: of "Denpasar-Bali Island" Denpasar."""
    words = city_name(name).split()
    starts = (" ".join(words[:n]) for n in range(len(words), 0, -1))
    cities = (city for start in starts for city, _ in cities_named(start))
    return next((city for city in cities if city.country == country), None)
