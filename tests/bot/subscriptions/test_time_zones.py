"""Time zones, as people write them."""

import pytest

from bot.subscriptions.records import SubscriptionError
from bot.subscriptions.time_zones import read_zone, zone_in_words, zones_like


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("america/new york", "America/New_York"),
        ("Tokyo", "Asia/Tokyo"),
        ("los angeles", "America/Los_Angeles"),
        ("US/Central", "US/Central"),
        ("est", "America/New_York"),  # IANA's EST has no summer time
        ("PDT", "America/Los_Angeles"),
        ("CEST", "CET"),
        ("gmt", "GMT"),
        ("UTC+9", "Etc/GMT-9"),
        ("gmt -4", "Etc/GMT+4"),
        ("+01:00", "Etc/GMT-1"),
        ("UTC+0", "UTC"),
    ],
)
def test_a_zone_is_read(typed: str, name: str) -> None:
    assert read_zone(typed) == name
    assert read_zone(zone_in_words(name)) == name


@pytest.mark.parametrize(
    ("typed", "cure"),
    [
        ("Europe/Berln", "did you mean Europe/Berlin?"),
        ("CST", "write America/Chicago or Asia/Shanghai"),
        ("UTC+9:30", "write a place, like Australia/"),
        ("UTC+25", "write a place, like Europe/Berlin"),
        ("the moon", "write one like Europe/Berlin or UTC"),
    ],
)
def test_an_unknown_zone_is_said_with_the_cure(typed: str, cure: str) -> None:
    with pytest.raises(SubscriptionError, match=cure.replace("?", r"\?")):
        read_zone(typed)


def test_zones_are_suggested_by_city() -> None:
    assert zones_like("berl", 3)[0] == "Europe/Berlin"
    assert zones_like("utc", 5)[0] == "UTC"
    assert zones_like("nowhere", 5) == []
