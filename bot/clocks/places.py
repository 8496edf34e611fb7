"""The time zones of cities, countries and parts of countries, by their names.

Babel has the names of zones and countries in many languages (Unicode's CLDR,
https://babel.pocoo.org), airportsdata the city, the country and the time zone of each airport
(https://github.com/mborsetti/airportsdata). A zone is the likelier, the more parts of a country and
the more airports it has.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from rag.text.words import fold

# Languages in which a place is looked up besides the asker's own.
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")
_NOT_ZONES = ("posix/", "right/", "SystemV/", "localtime", "Factory")
_NOT_PLACES = (*_NOT_ZONES, "Etc/", "US/")
MAIN_SHARE = 0.7  # of a country's parts: the country's name means a zone that has more of them

Clock = tuple[timedelta, timedelta]  # from UTC, in January and in July


@dataclass(frozen=True, slots=True)
class Place:
    """The time zones that a name stands for, likeliest first; the first is meant if it `is_main`."""

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
    """Return the time zones that are offered, by their simple names."""
    return {s: name for s, name in zone_names().items() if not name.startswith(_NOT_PLACES)}


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
    airports = _airports()
    return sorted(
        dict.fromkeys(zones),
        key=lambda zone: (-len(airports.parts[zone]), -airports.count[zone], zone),
    )


def zones_of_locale(locale: str) -> list[str]:
    """Return the zones of a locale's country, likeliest first; none without a country.

    `locale` is written as Discord writes it. For a language alone it is the country in which most
    people speak it.
    """
    from babel.core import get_global

    likely = get_global("likely_subtags").get(locale, locale)
    return _zones_of_country(likely.replace("_", "-").split("-")[-1])


def find_place(name: str, locale: str = "") -> Place | None:
    """Return what the name of a city, a country, a part of one or a city in it stands for."""
    typed = simple(name.replace(",", " "))
    for find in (_city_of_zone, _country, _part_of_country, _zone_in_words, _city, _city_in):
        if place := find(typed, locale):
            return place
    return None


def cities_like(typed: str) -> Iterator[tuple[str, str]]:
    """Yield cities whose names begin with what was typed, each with its time zone."""
    start = simple(typed)
    for city, zones in sorted(_airports().cities.items()):
        if start and simple(city).startswith(start):
            yield from ((city, zone) for zone in likeliest_first(zones))


def _city_of_zone(typed: str, locale: str) -> Place | None:
    for language in _languages(locale):
        if zone := _cities_of_zones(language).get(typed):
            # Deeper names are of small places, which may share theirs with a larger one.
            others = _airports().cities.get(typed, ()) if zone.count("/") > 1 else ()
            return Place(tuple(dict.fromkeys([zone, *others])))
    return None


def _country(typed: str, locale: str) -> Place | None:
    from babel.core import get_global

    written_out = (_countries(language).get(typed) for language in _languages(locale))
    code = next(filter(None, written_out), typed.upper())
    (code, *_) = get_global("territory_aliases").get(code, [code])  # UK, USA
    zones = _zones_of_country(code)
    if not zones:
        return None
    parts = _airports().parts
    main = sum(len(parts[zone]) for zone in by_clock(zones)[0])
    return Place(tuple(zones), main >= MAIN_SHARE * sum(len(parts[zone]) for zone in zones))


def _part_of_country(typed: str, _locale: str) -> Place | None:
    if zones := _airports().regions.get(typed):
        return Place(tuple(zone for zone, _ in zones.most_common()), is_main=True)
    return None


def _zone_in_words(typed: str, locale: str) -> Place | None:
    """Return the zones of "Eastern Time", "Mitteleuropäische Zeit" or "pacific"."""
    from babel.core import get_global

    for language in _languages(locale):
        names = _named_zones(language)
        if name := names.get(typed) or names.get(f"{typed} time"):
            users = [zone for zone, used in get_global("meta_zones").items() if used == name]
            return Place(tuple(likeliest_first(users)), is_main=True) if users else None
    return None


def _city(typed: str, _locale: str) -> Place | None:
    """Return the zones of a city, or of cities with longer names: of "frankfurt"."""
    cities = _airports().cities
    zones = cities.get(typed) or {
        zone: None
        for city, zones in cities.items()
        if f" {typed} " in f" {city} "
        for zone in zones
    }
    return Place(tuple(likeliest_first(zones))) if zones else None


def _city_in(typed: str, locale: str) -> Place | None:
    """Return the zones of a city in a country or a part of one: of "portland maine"."""
    words = typed.split()
    for n in range(len(words) - 1, 0, -1):
        city, region = " ".join(words[:n]), " ".join(words[n:])
        outer = [_country(region, locale), _part_of_country(region, locale)]
        outer += [_country("us", locale)] if len(region) == 2 else []  # a state: "austin tx"
        inner = find_place(city, locale) if any(outer) else None
        for place in filter(None, outer):
            if inner and (zones := [zone for zone in inner.zones if zone in place.zones]):
                return Place(tuple(zones))
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

    written = Locale.parse(language).time_zones
    cities = {}
    for zone in sorted(get_global("zone_territories"), key=lambda zone: -zone.count("/")):
        if "/" in zone and zone in zone_names().values():
            cities[simple(zone.rpartition("/")[2])] = zone
            if zone in written and "city" in written[zone]:
                cities[simple(written[zone]["city"])] = zone
    return cities


@cache
def _countries(language: str) -> dict[str, str]:
    from babel import Locale

    names = Locale.parse(language).territories
    return {simple(name): code for code, name in names.items() if code.isalpha()}


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
def _zones_of_country(code: str) -> list[str]:
    from babel.core import get_global

    zones = likeliest_first(get_global("territory_zones").get(code, ()))
    return [zone for group in by_clock(zones) for zone in group]


# -- airports ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Airports:
    """What airports tell: the zones of cities and of parts of countries, and how large zones are.

    `parts` are a zone's parts of countries, `count` is how many airports a zone has.
    """

    cities: dict[str, dict[str, None]]
    regions: dict[str, Counter[str]]
    parts: dict[str, set[str]]
    count: Counter[str]


@cache
def _airports() -> _Airports:
    """Return the airports with scheduled flights: those with a code of the airlines' (IATA's)."""
    import airportsdata
    from babel.core import get_global

    aliases, known = get_global("zone_aliases"), set(zone_names().values())
    found = _Airports(defaultdict(dict), defaultdict(Counter), defaultdict(set), Counter())
    for airport in airportsdata.load("IATA").values():
        zone = aliases.get(airport["tz"], airport["tz"])
        if zone not in known:
            continue
        city, part = simple(airport["city"].replace("/", " ")), simple(airport["subd"])
        if city:
            found.cities[city][zone] = None
        if part:
            found.regions[part][zone] += 1
        found.parts[zone].add(f"{airport['country']} {part}")
        found.count[zone] += 1
    return found
