"""Cities by their names, and whatever somebody may write for a place or a time."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clocks.cities import cities_named, cities_starting, large_cities, people_by_zone
from bot.clocks.places import CLEARLY, clock, zone_names
from bot.clocks.zones import Surroundings, meaning_of, read_zone, zones_like
from bot.subscriptions.parsing import read_time
from bot.subscriptions.records import Rhythm
from rag.errors import PaperboyError

WORDS = st.sampled_from(
    """8 9:30 18h 24:00 half halb vor to y am pm Uhr uur morgens every in an hours tomorrow 7-8 noon
    of Paris münchen time city zone Africa korea new york UTC+2 CET LA 東京 時 下午 . , ’""".split()
)
TYPED = st.one_of(st.text(max_size=30), st.lists(WORDS, max_size=6).map(" ".join))
LOCALES = st.sampled_from(["", "de", "en-US", "pt-BR", "ja", "es-419", "nonsense"])


@pytest.mark.parametrize(
    ("typed", "name"),
    [("Zürich", "Zürich"), ("ZURICH", "Zürich"), ("Aix en Provence", "Aix-en-Provence"),
     ("l.a.", "Los Angeles"), ("Wien", "Vienna"), ("Saint-Étienne", "Saint-Étienne")],
)  # fmt: skip
def test_a_city_is_found_however_it_is_spelled(typed: str, name: str) -> None:
    assert cities_named(typed)[0][0].name == name


def test_another_name_counts_only_if_no_larger_city_has_it_as_its_own() -> None:
    assert {city.zone for city, _ in cities_named("Rome")} == {"Europe/Rome", "America/New_York"}
    assert [city.name for city, _ in cities_named("Nueva York")] == ["New York City"]
    assert cities_named("nowhere at all") == cities_named("") == []


def test_cities_are_suggested_by_own_name_then_nearness_then_size() -> None:
    def found(typed: str, near: tuple[str, ...] = ()) -> list[str]:
        return [city.name for city in cities_starting(typed, 3, near)]

    assert found("frankf") == ["Frankfurt am Main", "Frankfurt (Oder)", "Frankfort"]
    assert found("frankf", ("America/Chicago",))[0] == "Frankfort"
    assert found("mailand") == ["Milan"]
    assert found("") == []


def test_a_large_city_means_its_zone_or_is_asked_back() -> None:
    wrong = []
    for city in large_cities():
        meaning = meaning_of(city.name)
        clocks = {clock(zone) for zone in meaning.zones} if meaning else set()
        named = cities_named(city.name)
        if clock(city.zone) not in clocks and city.population * CLEARLY > named[0][1]:
            wrong.append((city, meaning))
    assert wrong == []


def test_zones_of_cities_are_iana_s() -> None:
    assert people_by_zone().keys() <= set(zone_names().values())


@pytest.mark.slow
@given(typed=TYPED, locale=LOCALES)
@settings(max_examples=100, deadline=None)
def test_what_is_read_as_a_zone_is_one(typed: str, locale: str) -> None:
    around = Surroundings("Europe/Rome", locale)
    try:
        zone = read_zone(typed, around)
    except PaperboyError:
        pass
    else:
        assert ZoneInfo(zone.name).key == zone.name
    for typed_instead in zones_like(typed, 25, around).values():
        assert read_zone(typed_instead, around).name in zone_names().values()


@given(typed=TYPED, locale=LOCALES)
@settings(max_examples=100, deadline=None)
def test_what_is_read_as_a_time_is_one(typed: str, locale: str) -> None:
    try:
        rhythm = read_time(typed, Rhythm(), around=Surroundings("UTC", locale)).rhythm
    except PaperboyError:
        pass
    else:
        assert 0 <= rhythm.hour <= 23
        assert 0 <= rhythm.minute <= 59
        assert ZoneInfo(rhythm.timezone).key == rhythm.timezone
