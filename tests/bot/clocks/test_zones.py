"""Time zones, as people write them."""

import pytest

from bot.clocks.times import ClockError
from bot.clocks.zones import Surroundings, misleading, read_zone, zone_in_words


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("america/new york", "America/New_York"),
        ("Tokyo", "Asia/Tokyo"),
        ("US/Central", "US/Central"),
        ("gmt", "GMT"),
        ("z", "UTC"),
        ("UTC+9", "Etc/GMT-9"),
        ("gmt -4", "Etc/GMT+4"),
        ("UTC−7", "Etc/GMT+7"),
        ("+01:00", "Etc/GMT-1"),
        ("UTC+0", "UTC"),
        ("UTC+5:30", "Asia/Kolkata"),  # always
        ("GMT+0545", "Asia/Kathmandu"),
        ("JST", "Asia/Tokyo"),
        ("sgt", "Asia/Singapore"),
        ("MSK", "Europe/Moscow"),
        ("HST", "Pacific/Honolulu"),
        ("ET", "America/New_York"),
        ("EST/EDT", "America/New_York"),
    ],
)
def test_a_zone_is_read(typed: str, name: str) -> None:
    zone = read_zone(typed)
    assert (zone.name, zone.note) == (name, "")
    assert read_zone(zone_in_words(name)).name == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Los Angeles", "America/Los_Angeles"), ("Lisbon", "Europe/Lisbon"),
        ("são paulo", "America/Sao_Paulo"), ("Saigon", "Asia/Ho_Chi_Minh"),
        ("Bengaluru", "Asia/Kolkata"), ("Hamburg", "Europe/Berlin"), ("Boston", "America/New_York"),
        ("Bangalore", "Asia/Kolkata"), ("Frankfurt", "Europe/Berlin"), ("Lyon", "Europe/Paris"),
        ("Warschau", "Europe/Warsaw"), ("Londres", "Europe/London"), ("NYC", "America/New_York"),
        ("Japan", "Japan"), ("Germany", "Europe/Berlin"), ("Schweiz", "Europe/Zurich"),
        ("Italie", "Europe/Rome"), ("UK", "Europe/London"), ("Korea", "Asia/Seoul"),
        ("Vietnam", "Asia/Ho_Chi_Minh"), ("Nigeria", "Africa/Lagos"), ("Scotland", "Europe/London"),
        ("California", "America/Los_Angeles"), ("Toulouse, France", "Europe/Paris"),
        ("Portland, Maine", "America/New_York"), ("Seattle WA", "America/Los_Angeles"),
        ("eastern", "America/New_York"), ("Pacific Time", "America/Los_Angeles"),
        ("India Standard Time", "Asia/Kolkata"),
    ],
)  # fmt: skip
def test_a_place_has_a_zone(typed: str, name: str) -> None:
    zone = read_zone(typed)
    assert zone.name == name
    assert zone.note == ""


@pytest.mark.parametrize(
    ("typed", "name", "note"),
    [
        (
            "EST",
            "America/New_York",
            "clocks change (EST, EDT): write UTC-5 for the same time all y",
        ),
        (
            "mst",
            "America/Denver",
            "clocks change (MST, MDT): write UTC-7 for the same time all year",
        ),
        ("EDT", "America/New_York", "write UTC-4 for the same time all year."),
        ("AEST", "Australia/Sydney", "write UTC+10 for the same time all year."),
        ("CEST", "CET", "write UTC+2 for the same time all year."),
        (
            "BST",
            "Europe/London",
            "UTC+1 for the same time all year, or Asia/Dhaka if you mean that.",
        ),
        ("PST", "America/Los_Angeles", "or Asia/Manila if you mean that."),
        ("Spain", "Europe/Madrid", "write Atlantic/Canary if you mean that."),
        ("Texas", "America/Chicago", "write America/Denver if you mean that."),
        ("Etc/GMT+3", "Etc/GMT+3", "“Etc/GMT+3” is UTC-3: write UTC+3 if you mean that."),
    ],
)
def test_what_misleads_is_read_with_a_note(typed: str, name: str, note: str) -> None:
    zone = read_zone(typed)
    assert zone.name == name
    assert zone.note.startswith(f"“{typed}” is ")
    assert note in zone.note
    assert zone.note.count(". ") == 0


@pytest.mark.parametrize(
    ("typed", "cure"),
    [
        ("Europe/Berln", "did you mean Europe/Berlin?"),
        ("Lisbn", "did you mean Europe/Lisbon?"),
        ("CST", "may mean several time zones: write Asia/Shanghai, America/Chicago or America/Hav"),
        ("IST", "write Asia/Kolkata, Asia/Jerusalem or Europe/Dublin."),
        ("USA", "write America/New_York, America/Chicago, America/Los_Angeles or America/Denver."),
        ("Georgia", "write Asia/Tbilisi or America/New_York."),
        ("San Jose", "may mean several time zones: write "),
        ("UTC-3:30", "write a place, like America/St_Johns"),
        ("UTC+25", "write a place, like Europe/Berlin"),
        ("UTC+1:75", "write a place, like "),
        ("the moon", "write a city or a country, or one like Europe/Berlin, UTC or UTC+2."),
        ("", "write a city or a country"),
    ],
)
def test_an_unknown_or_ambiguous_zone_is_told_with_the_cure(typed: str, cure: str) -> None:
    with pytest.raises(ClockError) as told:
        read_zone(typed)
    assert cure in str(told.value)


@pytest.mark.parametrize(
    ("typed", "around", "name"),
    [
        ("IST", Surroundings(locale="hi"), "Asia/Kolkata"),
        ("IST", Surroundings("Europe/Dublin"), "Europe/Dublin"),
        ("CST", Surroundings(locale="en-US"), "America/Chicago"),
        ("CST", Surroundings(locale="zh-CN"), "Asia/Shanghai"),
        ("MST", Surroundings("America/Phoenix"), "America/Phoenix"),
        ("CET", Surroundings(locale="pl"), "Europe/Warsaw"),
        ("San Jose", Surroundings(locale="en-US"), "America/Los_Angeles"),
        ("Birmingham", Surroundings(locale="en-GB"), "Europe/London"),
        ("東京", Surroundings(locale="ja"), "Asia/Tokyo"),
    ],
)
def test_the_askers_surroundings_decide(typed: str, around: Surroundings, name: str) -> None:
    assert read_zone(typed, around).name == name


def test_english_is_spoken_everywhere() -> None:
    assert Surroundings("Europe/Paris", "en-US").zones[:2] == ["Europe/Paris", "America/New_York"]
    assert Surroundings("Europe/Paris", "de").zones[0] == "Europe/Berlin"
    assert Surroundings("UTC", "es-419").zones == []
    assert Surroundings("UTC", "no such locale").zones == []


def test_stored_names_without_summer_time_mislead() -> None:
    assert misleading("EST") == "America/New_York"
    assert misleading("MST") == "America/Denver"
    for name in ("HST", "CET", "UTC", "America/Phoenix", "Etc/GMT+5", "US/Eastern"):
        assert misleading(name) == ""
