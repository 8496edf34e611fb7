"""The time zones of cities, countries and parts of countries, by their names.

Babel has the names of zones and countries in many languages (Unicode's CLDR,
https://babel.pocoo.org), airportsdata the city, the country and the time zone of each airport
(https://github.com/mborsetti/airportsdata). A zone is the likelier, the more parts of a country and
the more airports it has.
"""

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from rag.text.words import fold

# Languages in which a place is looked up besides the asker's own.
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")
_NOT_ZONES = ("posix/", "right/", "SystemV/", "localtime", "Factory")
MAIN_SHARE = 0.7  # of a country's parts or a city's airports: the name means a clock with so many
MIN_ALIKE = 0.8  # of two names that differ by a slip
PART = 1_000  # airports that a part of a country counts for, in the size of a zone
# What is often left out behind the name of a city, in the city's or the airport's name.
_APPENDED = re.compile(r"/| am | an der | upon | sur | international| airport", re.IGNORECASE)

_SHORT_COUNTRIES = {"uk": "GB", "us": "US", "usa": "US", "uae": "AE"}

Clock = tuple[timedelta, timedelta]  # from UTC, in January and in July


@dataclass(frozen=True, slots=True)
class Place:
    """The time zones of a name, likeliest first; the name means the first one if it `is_main`."""

    zones: tuple[str, ...]
    is_main: bool = False


def simple(text: str) -> str:
    """Return a name folded, with single spaces between its words."""
    return " ".join(fold(text).replace("_", " ").replace(".", " ").split())


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
    """Return the zones, those first that more parts of countries and more airports have."""
    sizes = _airports().size
    return sorted(dict.fromkeys(zones), key=lambda zone: (-sizes[zone], zone))


def zones_of_locale(locale: str) -> list[str]:
    """Return the zones of a locale's country, likeliest first; none without a country.

    `locale` is written as Discord writes it. For a language alone it is the country in which most
    people speak it.
    """
    from babel.core import get_global

    likely = get_global("likely_subtags").get(locale, locale)
    place = _place_of_country(likely.replace("_", "-").split("-")[-1])
    return list(place.zones) if place else []


def find_place(name: str, locale: str = "") -> Place | None:
    """Return what the name of a city, a country, a part of one or a city in it stands for."""
    typed = simple(name.replace(",", " ")).removesuffix(" city")
    if zone := _zone_of_city(typed, locale):
        return Place((zone,), is_main=True)
    country = _country(typed, locale)
    if place := _zone_in_words([typed] if country else [typed, f"{typed} time"], locale):
        return place
    places = [country, _part_of_country(typed), _city(typed)]
    return _together([place for place in places if place]) or _city_in(typed, locale)


def spelled_like(name: str) -> str:
    """Return the zone, or that of a city, whose name differs in few letters; "" without one."""
    known = common_zones() | _cities_of_zones("en")
    near = difflib.get_close_matches(simple(name), known, n=1, cutoff=MIN_ALIKE)
    return known[near[0]] if near else ""


def cities_like(typed: str) -> list[tuple[str, str]]:
    """Return cities whose names begin with what was typed, each with its likeliest time zone."""
    start = simple(typed)
    found = {city: max(zones, key=zones.__getitem__) for city, zones in _airports().cities.items()
             if start and city.startswith(start)}  # fmt: skip
    order = likeliest_first(found.values())
    return sorted(found.items(), key=lambda item: (order.index(item[1]), item[0]))


def _together(places: Sequence[Place]) -> Place | None:
    """Return what a name stands for that is of several kinds of places, if it is of any."""
    if not places:
        return None
    zones = tuple(dict.fromkeys(zone for place in places for zone in place.zones))
    agree = len(by_clock(place.zones[0] for place in places)) == 1
    return Place(zones, is_main=agree and all(place.is_main for place in places))


def _weighed(weights: Mapping[str, int]) -> Place:
    """Return a place of these zones: one of each clock first, the heaviest clock before others."""
    ranked = sorted(weights, key=lambda zone: (-weights[zone], zone))
    sums = {tuple(group): sum(weights[zone] for zone in group) for group in by_clock(ranked)}
    groups = sorted(sums, key=lambda group: -sums[group])
    zones = [group[0] for group in groups] + [zone for group in groups for zone in group[1:]]
    return Place(tuple(zones), is_main=sums[groups[0]] >= MAIN_SHARE * sum(sums.values()))


def _zone_of_city(typed: str, locale: str) -> str:
    """Return the zone that is named after a city, in any of the languages; "" if there is none."""
    found = (_cities_of_zones(language).get(typed) for language in _languages(locale))
    return next(filter(None, found), "")


def _country(typed: str, locale: str) -> Place | None:
    written_out = (_countries(language).get(typed) for language in _languages(locale))
    if code := next(filter(None, written_out), ""):
        return _place_of_country(code)
    alike = [code for name, code in _countries("en").items() if f" {typed} " in f" {name} "]
    places = [place for place in map(_place_of_country, alike) if place]
    firsts = likeliest_first(place.zones[0] for place in places)
    return Place(tuple(firsts), is_main=True) if len(by_clock(firsts)) == 1 else None  # "korea"


@cache
def _place_of_country(code: str) -> Place | None:
    from babel.core import get_global

    sizes = _airports().size
    zones = {zone: sizes[zone] for zone in get_global("territory_zones").get(code, ())}
    return _weighed(zones) if zones and code.isalpha() else None


def _part_of_country(typed: str) -> Place | None:
    zones = _airports().regions.get(typed)
    return _weighed(zones) if zones else None


def _city(typed: str) -> Place | None:
    zones = _airports().cities.get(typed)
    return _weighed(zones) if zones else None


def _city_in(typed: str, locale: str) -> Place | None:
    """Return the zones of a city in a country or a part of one: of "portland maine"."""
    words = typed.split()
    for n in range(len(words) - 1, 0, -1):
        city, region = " ".join(words[:n]), " ".join(words[n:])
        outer = [_country(region, locale), _part_of_country(region)]
        outer += [_place_of_country("US")] if len(region) == 2 else []  # a state: "austin tx"
        inner = find_place(city, locale) if any(outer) else None
        for place in filter(None, outer):
            if inner and (zones := [zone for zone in inner.zones if zone in place.zones]):
                return Place(tuple(zones), is_main=inner.is_main and zones[0] == inner.zones[0])
    return None


def _zone_in_words(wordings: Sequence[str], locale: str) -> Place | None:
    """Return the zones of "Eastern Time": only those with summer time, if there are some."""
    from babel.core import get_global

    known, used_in = common_zones().values(), get_global("meta_zones")
    for language in _languages(locale):
        names = _named_zones(language)
        if name := next((names[words] for words in wordings if words in names), ""):
            users = [zone for zone in likeliest_first(known) if used_in.get(zone) == name]
            changing = [zone for zone in users if len(set(clock(zone))) > 1]
            return Place(tuple(changing or users), is_main=True) if users else None
    return None


def _languages(locale: str) -> list[str]:
    from babel import Locale, UnknownLocaleError

    try:
        asked = str(Locale.parse(locale, sep="-")) if locale else "en"
    except (UnknownLocaleError, ValueError):
        asked = "en"
    return list(dict.fromkeys([asked, *_LANGUAGES]))


@cache
def _cities_of_zones(language: str) -> dict[str, str]:
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
def _countries(language: str) -> dict[str, str]:
    from babel import Locale

    names = Locale.parse(language).territories
    return _SHORT_COUNTRIES | {simple(n): code for code, n in names.items() if code.isalpha()}


@cache
def _named_zones(language: str) -> dict[str, str]:
    from babel import Locale

    zones = Locale.parse(language).meta_zones
    return {
        simple(name): zone
        for zone, names in zones.items()
        for name in names.get("long", {}).values()
    }


# -- airports ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Airports:
    """What airports tell: the zones of cities and of parts of countries, and how large zones are.

    The size is the number of airports, and PART for each part of a country.
    """

    cities: dict[str, Counter[str]]
    regions: dict[str, Counter[str]]
    size: Counter[str]


@cache
def _airports() -> _Airports:
    """Return the airports with scheduled flights: those with a code of the airlines' (IATA's)."""
    import airportsdata
    from babel.core import get_global

    aliases, known = get_global("zone_aliases"), set(zone_names().values())
    parts: dict[str, set[tuple[str, str]]] = defaultdict(set)
    found = _Airports(defaultdict(Counter), defaultdict(Counter), Counter())
    for airport in airportsdata.load("IATA").values():
        zone = aliases.get(airport["tz"], airport["tz"])
        if zone not in known:
            continue
        city, part = airport["city"], simple(airport["subd"])
        short = (_APPENDED.split(name)[0] for name in (city, airport["name"]))
        for name in {simple(name) for name in (city, *short)} - {""}:
            found.cities[name][zone] += 1
        if part:
            found.regions[part][zone] += 1
        found.size[zone] += 1
        parts[zone].add((airport["country"], part))
    for code, metropolis in airportsdata.load_iata_macs().items():  # NYC
        for airport in metropolis["airports"].values():
            found.cities[simple(code)][airport["tz"]] += 1
    found.size.update({zone: PART * len(its_parts) for zone, its_parts in parts.items()})
    return found
