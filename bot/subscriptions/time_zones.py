"""Reads time zones as people write them: "Europe/Berlin", "new york", "EST", "UTC+2"."""

import difflib
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.subscriptions.records import SubscriptionError

_NOT_ZONES = ("posix/", "right/", "SystemV/", "localtime", "Factory")
_NOT_SUGGESTED = (*_NOT_ZONES, "Etc/", "US/")
# Where people live who use an abbreviation; some of these are IANA's names of zones without summer
# time, which hardly anybody means.
_ABBREVIATIONS = {
    "et": "America/New_York", "est": "America/New_York", "edt": "America/New_York",
    "ct": "America/Chicago", "cdt": "America/Chicago",
    "mt": "America/Denver", "mst": "America/Denver", "mdt": "America/Denver",
    "pt": "America/Los_Angeles", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",
    "bst": "Europe/London", "cest": "CET", "mez": "CET", "mesz": "CET", "eest": "EET",
    "jst": "Asia/Tokyo", "kst": "Asia/Seoul", "hkt": "Asia/Hong_Kong", "sgt": "Asia/Singapore",
    "aest": "Australia/Sydney", "aedt": "Australia/Sydney", "z": "UTC",
}  # fmt: skip
_SEVERAL = {
    "cst": "America/Chicago or Asia/Shanghai",
    "ist": "Asia/Kolkata, Asia/Jerusalem or Europe/Dublin",
}
_OFFSET = re.compile(r"(?:utc|gmt)?([+-−])(\d{1,2})(?::?(\d\d))?")
_ETC = re.compile(r"Etc/GMT([+-])(\d+)")


def read_zone(text: str) -> str:
    """Return the correct spelling of a time zone. Raises SubscriptionError."""
    typed = "_".join(text.casefold().split())
    if typed in _SEVERAL:
        raise SubscriptionError(f"“{text}” is used in several places: write {_SEVERAL[typed]}.")
    if name := _ABBREVIATIONS.get(typed) or _names().get(typed):
        ZoneInfo(name)
        return name
    if match := _OFFSET.fullmatch(typed.replace("_", "")):
        return _at_offset(match, text)
    cities = [name for folded, name in _suggested().items() if folded.endswith(f"/{typed}")]
    if len(cities) == 1:
        return cities[0]
    near = difflib.get_close_matches(typed, _suggested(), n=1)
    cure = (
        f"did you mean {_suggested()[near[0]]}?" if near else "write one like Europe/Berlin or UTC."
    )
    raise SubscriptionError(f"“{text}” is not a time zone that I know: {cure}")


def zone_in_words(name: str) -> str:
    """Return a time zone as people write it: UTC+2 for Etc/GMT-2, whose sign is the other one."""
    match = _ETC.fullmatch(name)
    return f"UTC{'-' if match[1] == '+' else '+'}{match[2]}" if match else name


def zones_like(typed: str, limit: int) -> list[str]:
    """Return time zones whose name contains what was typed, cities that start with it first."""
    query = typed.strip().casefold().replace(" ", "_")
    found = [name for folded, name in _suggested().items() if query in folded]

    def order(name: str) -> tuple[bool, bool, str]:
        city = name.casefold().rsplit("/", 1)[-1]
        return not city.startswith(query), "/" not in name and name != "UTC", name

    return sorted(found, key=order)[:limit]


def _at_offset(match: re.Match[str], text: str) -> str:
    """Return the zone that is always so many hours from UTC. Raises SubscriptionError."""
    is_behind = match[1] != "+"
    hours, minutes = int(match[2]), int(match[3] or 0)
    name = f"Etc/GMT{'+' if is_behind else '-'}{hours}"
    if not hours and not minutes:
        return "UTC"
    if not minutes and name.casefold() in _names():
        return name
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if is_behind else 1)
    now = datetime.now(UTC)
    there = [n for n in _suggested().values() if ZoneInfo(n).utcoffset(now) == offset and "/" in n]
    like = sorted(there)[0] if there else "Europe/Berlin"
    raise SubscriptionError(f"“{text}” is not a time zone that I know: write a place, like {like}.")


@cache
def _names() -> dict[str, str]:
    """Return all time zones by their name in lower case."""
    return {n.casefold(): n for n in available_timezones() if not n.startswith(_NOT_ZONES)}


@cache
def _suggested() -> dict[str, str]:
    """Return the common time zones by their name in lower case."""
    return {f: name for f, name in _names().items() if not name.startswith(_NOT_SUGGESTED)}
