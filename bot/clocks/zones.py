"""Reads time zones as people write them: "Europe/Berlin", "new york", "India", "EST", "UTC+2"."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import islice

from bot.clocks.cities import cities_starting
from bot.clocks.countries import simple
from bot.clocks.places import (
    by_clock,
    clock,
    common_zones,
    find_place,
    likeliest_first,
    moments_of_year,
    spelled_like,
    zone_names,
    zones_of_locale,
)
from bot.clocks.times import ClockError
from rag.text.words import enumerated

# What an abbreviation means unless the asker's surroundings say otherwise. Some of these are IANA's
# names of zones without summer time, which hardly anybody means.
_USUAL = {
    **dict.fromkeys("et est edt".split(), "America/New_York"),
    **dict.fromkeys("ct cdt".split(), "America/Chicago"),
    **dict.fromkeys("mt mst mdt".split(), "America/Denver"),
    **dict.fromkeys("pt pst pdt".split(), "America/Los_Angeles"),
    "ast": "America/Halifax",
    "hst": "Pacific/Honolulu",
    "bst": "Europe/London",
    **dict.fromkeys("cet cest mez mesz met mest".split(), "CET"),
    **dict.fromkeys("eet eest".split(), "EET"),
    **dict.fromkeys("wet west".split(), "WET"),
    "aest": "Australia/Sydney",
    "aedt": "Australia/Sydney",
    "z": "UTC",
}
# Abbreviations in use that IANA's tables no longer have.
_UNLISTED = {
    "art": "America/Argentina/Buenos_Aires", "ast": "Asia/Riyadh", "brt": "America/Sao_Paulo",
    "bst": "Asia/Dhaka", "clt": "America/Santiago", "cot": "America/Bogota", "gst": "Asia/Dubai",
    "ict": "Asia/Bangkok", "myt": "Asia/Kuala_Lumpur", "npt": "Asia/Kathmandu",
    "pet": "America/Lima", "sgt": "Asia/Singapore", "trt": "Europe/Istanbul",
}  # fmt: skip
_ALWAYS_UTC = frozenset("utc gmt uct zulu universal greenwich".split())
_OFFSET = re.compile(r"(?:utc|gmt)?([+−-])(\d{1,2})(?:[:.]?(\d\d))?")
_ETC = re.compile(r"Etc/GMT([+-])(\d+)")
CURE = "write a city or a country, or one like Europe/Berlin, UTC or UTC+2."
MAX_NAMED = 4  # zones in a sentence


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where an asker probably is: the bot's own time zone, and Discord's locale or ""."""

    timezone: str = "UTC"
    locale: str = ""

    @property
    def zones(self) -> list[str]:
        """The asker's likely time zones, likeliest first. English is spoken everywhere."""
        of_locale = zones_of_locale(self.locale)
        home = [self.timezone] if "/" in self.timezone else []
        zones = home + of_locale if self.locale.startswith("en") else of_locale + home
        return list(dict.fromkeys(zones))


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone by IANA's name; `note` says in a sentence what else may be meant, or is ""."""

    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The zones that a text may mean, one of each clock, the likeliest first.

    `is_sure` means that it is the first one; then `note` says what is to be known about that.
    """

    zones: tuple[str, ...]
    is_sure: bool = True
    note: str = ""


def read_zone(text: str, around: Surroundings | None = None) -> Zone:
    """Return the time zone that a text means. Raises ClockError."""
    meaning = meaning_of(text, around)
    if meaning and meaning.is_sure:
        return Zone(meaning.zones[0], meaning.note)
    if meaning:
        raise ClockError(f"“{text}” may mean several time zones: write {_either(meaning.zones)}.")
    if match := _OFFSET.fullmatch(_unspaced(text)):
        like = [*_zones_at(_offset(match)), "Europe/Berlin"][0]
        raise ClockError(f"“{text}” is not a time zone that I know: write a place, like {like}.")
    near = spelled_like(text)
    cure = f"did you mean {near}?" if near else CURE
    raise ClockError(f"“{text}” is not a time zone that I know: {cure}")


def meaning_of(text: str, around: Surroundings | None = None) -> Meaning | None:
    """Return what a text may mean as a time zone, None if it means none."""
    if text == "UTC":
        return Meaning((text,))
    around, typed = around or Surroundings(), simple(text)
    if match := _OFFSET.fullmatch(_unspaced(text)):
        return _at_offset(match)
    if typed not in _ALWAYS_UTC and (typed in _USUAL or typed in _in_use()):
        return _abbreviated(text, typed, around)
    if name := zone_names().get(typed):
        return Meaning((name,), note=_sign_note(text, name))
    place = find_place(text, around.locale)
    if place is None:
        return _twice(text, around)
    groups = by_clock(place.zones)
    near = by_clock(zone for zone in around.zones if zone in place.likely)
    if len(near) == 1:
        groups.sort(key=lambda group: near[0][0] not in group)
        groups[0] = near[0]
    first, *others = (group[0] for group in groups)
    rivals = [zone for zone in others if zone in place.likely]
    if len(near) == 1 or place.is_main or not rivals:
        return Meaning((first, *rivals), note=_note(text, first, others=rivals))
    return Meaning((first, *rivals), is_sure=False)


def _twice(text: str, around: Surroundings) -> Meaning | None:
    """Return the meaning of two names of one zone: "CET/CEST"."""
    meanings = (
        [meaning_of(part, around) for part in text.split("/")] if text.count("/") == 1 else []
    )
    sure = [meaning for meaning in meanings if meaning and meaning.is_sure]
    is_one = len(sure) == 2 and sure[0].zones[0] == sure[1].zones[0]
    return Meaning(sure[0].zones[:1]) if is_one else None


def misleading(name: str) -> str:
    """Return the zone that is likely meant by a name without summer time, "EST"; else ""."""
    usual = _USUAL.get(name.casefold(), name)
    return usual if clock(usual) != clock(name) else ""


def zone_in_words(name: str) -> str:
    """Return a time zone as people write it: UTC+2 for Etc/GMT-2, whose sign is the other one."""
    match = _ETC.fullmatch(name)
    return f"UTC{'-' if match[1] == '+' else '+'}{match[2]}" if match else name


def _either(zones: Sequence[str]) -> str:
    return enumerated(zones[:MAX_NAMED], conjunction="or")


def zones_like(typed: str, limit: int, around: Surroundings | None = None) -> dict[str, str]:
    """Return labels of time zones, likeliest first, and what to type for each.

    Those that the text may mean come first, then names that contain it, then cities that begin with
    it. Without a text, those in which the asker may be come first.
    """
    around, query = around or Surroundings(), simple(typed)
    meaning = meaning_of(typed, around) if query else None
    first = list(meaning.zones) if meaning else []
    near = around.zones
    if not query:
        first = [*near, "UTC"]
    names = [name for simple_name, name in common_zones().items() if query in simple_name]

    def order(name: str) -> tuple[bool, bool, bool, str]:
        city = simple(name.rpartition("/")[2])
        return name not in near, not city.startswith(query), "/" not in name, name

    found = {zone_in_words(name): name for name in [*first, *sorted(names, key=order)]}
    for city in cities_starting(typed, limit, near):
        if city.zone not in found.values():
            found[f"{city.name} ({city.zone})"] = city.zone
    return {label: zone_in_words(name) for label, name in islice(found.items(), limit)}


# -- offsets -----------------------------------------------------------------------------------


def _unspaced(text: str) -> str:
    return "".join(text.casefold().split())


def _offset(match: re.Match[str]) -> timedelta:
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return offset if match[1] == "+" else -offset


def _at_offset(match: re.Match[str]) -> Meaning | None:
    """Return the zone that is always at an offset from UTC; None if there is none."""
    if int(match[3] or 0) > 59:
        return None
    if fixed := _fixed(_offset(match)):
        return Meaning((fixed,))
    offset = _offset(match)
    always = [zone for zone in _zones_at(offset) if clock(zone) == (offset, offset)]
    return Meaning((always[0],)) if always else None


def _fixed(offset: timedelta) -> str:
    """Return IANA's name of so many hours from UTC, whose sign is the other one; "" if none."""
    hours, rest = divmod(offset, timedelta(hours=1))
    name = f"Etc/GMT{-hours:+}" if hours else "UTC"
    return "" if rest else zone_names().get(name.casefold(), "")


def _zones_at(offset: timedelta) -> list[str]:
    """Return the places whose clocks have an offset from UTC in some season, likeliest first."""
    return likeliest_first(
        zone for zone in common_zones().values() if "/" in zone and offset in clock(zone)
    )


def _sign_note(text: str, name: str) -> str:
    match = _ETC.fullmatch(name)
    if not match:
        return ""
    return f"“{text}” is {zone_in_words(name)}: write UTC{match[1]}{match[2]} if you mean that."


# -- abbreviations -----------------------------------------------------------------------------


@cache
def _in_use() -> dict[str, dict[str, timedelta]]:
    """Return the zones of each abbreviation in use this year, with their offsets then."""
    found: dict[str, dict[str, timedelta]] = defaultdict(dict)
    for zone in common_zones().values():
        for name, offset in _seasons(zone) if "/" in zone else ():
            if name.isalpha():
                found[name.casefold()][zone] = offset
    for name, zone in _UNLISTED.items():
        found[name][zone] = _seasons(zone)[0][1]
    return dict(found)


@cache
def _seasons(zone: str) -> tuple[tuple[str, timedelta], ...]:
    """Return what a zone's time is called in January and in July, and its offsets from UTC."""
    names = [moment.tzname() or "" for moment in moments_of_year(zone)]
    return tuple(zip(names, clock(zone), strict=True))


def _abbreviated(text: str, typed: str, around: Surroundings) -> Meaning:
    users = _in_use().get(typed, {})
    each = _one_per_offset(users)
    near = next((zone for zone in around.zones if zone in users), "")
    name = near or _USUAL.get(typed, "")
    if not name and len(each) > 1:
        return Meaning(tuple(each), is_sure=False)
    name = name or each[0]
    others = [zone for zone in each if name in users and users[zone] != users[name]]
    return Meaning((name, *others), note=_note(text, name, season=typed, others=others))


def _one_per_offset(users: dict[str, timedelta]) -> list[str]:
    """Return the likeliest zone of each offset, one whose clocks change before others."""
    ranked = likeliest_first(users)
    changing_first = sorted(ranked, key=lambda zone: len(set(clock(zone))) == 1)
    firsts = {users[zone]: zone for zone in reversed(changing_first)}
    return sorted(firsts.values(), key=ranked.index)


def _note(text: str, name: str, *, season: str = "", others: Sequence[str] = ()) -> str:
    """Return what is to be known about a text that was read as a zone, or "".

    `season` is the abbreviation that the text is of, in lower case; `others` may be meant, too.
    """
    if text.casefold() == name.casefold() and not others:
        return ""
    seasons = dict(_seasons(name))
    change, cures = "", []
    offset = {short.casefold(): offset for short, offset in seasons.items()}.get(season)
    if len(seasons) > 1 and offset is not None:
        change = f", whose clocks change ({', '.join(seasons)})"
        fixed = _fixed(offset)
        cures = [f"{zone_in_words(fixed)} for the same time all year"] if fixed else []
    if others:
        cures.append(f"{_either(others)} if you mean that")
    return f"“{text}” is read as {name}{change}: write {', or '.join(cures)}." if cures else ""
