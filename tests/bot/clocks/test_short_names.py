"""Countries, codes and short words as time zones, and times with words around them."""

import pytest

from bot.clocks.times import ClockError
from bot.clocks.zones import Surroundings, read_zone, zones_like
from bot.subscriptions.parsing import read_time
from bot.subscriptions.records import Rhythm
from rag.errors import PaperboyError
from tests.bot.clocks.test_as_written import assert_place, zone_or_reply

PLACES = [
    # a country's abbreviation in its own or another language
    ("США", "? America/New_York, America/Chicago"), ("EE. UU.", "? America/New_York"),
    ("EEUU", "? America/New_York"), ("EUA", "? America/New_York"), ("САЩ", "? America/New_York"),
    ("РФ", "? Europe/Moscow"), ("ABD", "? America/New_York"), ("ΗΠΑ", "? America/New_York"),
    ("VAE", "Asia/Dubai"), ("КНР", "Asia/Shanghai"), ("中國", "Asia/Shanghai"),
    # what is only said of a country beside its name is none
    ("САР", "!"), ("Keeling", "Indian/Cocos"),
    # codes of ISO 3166 in capitals; those that are words in small letters are words
    ("AU", "? Australia/Sydney"), ("BR", "America/Sao_Paulo"), ("RU", "? Europe/Moscow"),
    ("FR", "Europe/Paris"), ("JP", "Asia/Tokyo"), ("IT", "Europe/Rome"), ("NO", "Europe/Oslo"),
    ("US", "? America/New_York"), ("IN", "Asia/Kolkata"), ("DE", "Europe/Berlin"),
    ("BUD", "Europe/Budapest"), ("POL", "Europe/Warsaw"), ("EU", "? Europe/Moscow"),
    ("CA", "? America/Toronto, America/Los_Angeles"), ("TX", "America/Chicago"),
    ("it", "!"), ("no", "!"), ("fr", "!"), ("ru", "!"),
    # short words are no cities, the codes of cities in capitals and their initials are
    ("ab", "!"), ("los", "!"), ("per", "!"), ("bin", "!"), ("ban", "!"), ("we", "!"),
    ("час", "!"), ("но", "!"), ("del", "!"), ("Vin", "!"),
    ("BCN", "Europe/Madrid"), ("HK", "Asia/Hong_Kong"), ("nyc", "America/New_York"),
    ("sf", "America/Los_Angeles"), ("Рим", "Europe/Rome"), ("Уфа", "Asia/Yekaterinburg"),
    ("釜山", "Asia/Seoul"), ("부산", "Asia/Seoul"), ("Rom", "Europe/Rome"),
    ("Fes", "Africa/Casablanca"), ("Ulm", "Europe/Berlin"),
]  # fmt: skip

TIMES = [
    # about a time
    ("about 7", "07:00"), ("around 18:15", "18:15"), ("by 8am", "08:00"), ("circa 10", "10:00"),
    ("etwa 8 Uhr", "08:00"), ("gegen 20:15", "20:15"), ("vers 18h", "18:00"), ("rond 7", "07:00"),
    ("hacia las 8", "08:00"), ("verso le 7:30", "07:30"), ("approximately 11:30", "11:30"),
    # parts of the day
    ("7 Uhr früh", "07:00"), ("6:30 in der Früh", "06:30"), ("10 Uhr am Abend", "22:00"),
    ("8 le matin", "08:00"), ("9 por la noche", "21:00"), ("7 la sera", "19:00"),
    ("quarter of ten pm", "21:45"), ("ten of six pm", "17:50"),
    # figures of East Asia
    ("上午十点", "10:00"), ("晚上七點半", "19:30"), ("下午兩點二十分", "14:20"),
    ("凌晨五点", "05:00"), ("早上六点一刻", "06:15"), ("二十点", "20:00"), ("中午十二点", "12:00"),
    ("午後八時半", "20:30"), ("저녁 일곱 시", "19:00"), ("오전 열한시 반", "11:30"),
    ("正午", "12:00"), ("자정", "00:00"),
]  # fmt: skip

# What is no time of each day, with words of the answer.
REFUSED = [
    ("until 8", "comes at the same time each day"), ("from 10", "comes at the same time each day"),
    ("ab 10 Uhr", "comes at the same time each day"), ("vor 7", "comes at the same time each day"),
    ("après 8h", "comes at the same time each day"), ("bis 18:00", "comes at the same time each"),
    ("antes de las 9", "comes at the same time each day"), ("na 8 uur", "comes at the same time"),
    ("30 18 * * *", "write 18:30"), ("5 7 * * 1-5", "write 7:05"), ("*/10 * * * *", "like 9:00"),
    ("0 8 1 * MON", "write 8:00"),
]  # fmt: skip

SILLY = ["bevor", "agedy", "homely", "at home", "lunch", "gege", "mornig", "office", "always"]


@pytest.mark.parametrize(("typed", "meant"), PLACES)
def test_a_short_name_is_a_place_or_is_asked_back(typed: str, meant: str) -> None:
    assert_place(typed, meant)


@pytest.mark.parametrize(("typed", "meant"), TIMES)
def test_a_time_with_words_around_it(typed: str, meant: str) -> None:
    rhythm = read_time(typed, Rhythm("day", 3, 33, "Europe/Rome")).rhythm
    assert f"{rhythm.hour:02}:{rhythm.minute:02} {rhythm.timezone}" == f"{meant} Europe/Rome"


@pytest.mark.parametrize(("typed", "words"), REFUSED)
def test_what_is_no_time_is_said_in_a_sentence_about_the_time(typed: str, words: str) -> None:
    with pytest.raises(PaperboyError) as told:
        read_time(typed, Rhythm())
    assert words in str(told.value)
    assert "time zone" not in str(told.value)
    assert str(told.value).count(". ") == 0


@pytest.mark.parametrize("typed", SILLY)
def test_no_place_is_suggested_for_another_word(typed: str) -> None:
    with pytest.raises(ClockError) as told:
        read_zone(typed)
    assert "did you mean" not in str(told.value)


@pytest.mark.parametrize(
    ("typed", "near"),
    [("Istanbol", "Europe/Istanbul"), ("Sydnei", "Australia/Sydney"), ("Asia/Tokio", "Asia/Tokyo"),
     ("Amsterdm", "Europe/Amsterdam")],
)  # fmt: skip
def test_a_slip_of_spelling_is_read_or_suggested(typed: str, near: str) -> None:
    assert near in zone_or_reply(typed)


@pytest.mark.parametrize("typed", ["CET", "eet", "WET"])
def test_a_zone_by_its_own_name_has_no_note(typed: str) -> None:
    assert read_zone(typed).note == ""


def test_codes_of_cities_are_offered_in_small_letters_too() -> None:
    assert "Europe/Madrid" in zones_like("bcn", 5, Surroundings()).values()
