"""What people of many languages write for a place or a time, and what it has to mean.

A place is one zone, or is asked back with the zones named, or is refused; a time is one time of
each day, or is refused. None may be read as something else without a word.
"""

import pytest

from bot.clocks.times import ClockError
from bot.clocks.zones import Surroundings, read_zone
from bot.subscriptions.parsing import read_time
from bot.subscriptions.records import Rhythm
from rag.errors import PaperboyError

PLACES = [
    # cities by their names in other languages, and by former ones
    ("München", "Europe/Berlin"), ("Muenchen", "Europe/Berlin"), ("Köln", "Europe/Berlin"),
    ("Genf", "Europe/Zurich"), ("Wien", "Europe/Vienna"), ("Peking", "Asia/Shanghai"),
    ("Bombay", "Asia/Kolkata"), ("Mailand", "Europe/Rome"), ("Lisboa", "Europe/Lisbon"),
    ("Firenze", "Europe/Rome"), ("Danzig", "Europe/Warsaw"), ("Göteborg", "Europe/Stockholm"),
    ("Den Haag", "Europe/Amsterdam"), ("Anvers", "Europe/Brussels"), ("Leningrad", "Europe/Moscow"),
    ("Kyoto", "Asia/Tokyo"), ("Kraków", "Europe/Warsaw"), ("Calcutta", "Asia/Kolkata"),
    ("Nueva York", "America/New_York"), ("Ciudad de México", "America/Mexico_City"),
    ("Nova Deli", "Asia/Kolkata"), ("Estambul", "Europe/Istanbul"), ("Kiew", "Europe/Kyiv"),
    ("東京", "Asia/Tokyo"), ("上海", "Asia/Shanghai"), ("Москва", "Europe/Moscow"),
    ("القاهرة", "Africa/Cairo"), ("서울", "Asia/Seoul"), ("Αθήνα", "Europe/Athens"),
    # short forms, with states and countries, with words around
    ("LA", "America/Los_Angeles"), ("L.A.", "America/Los_Angeles"), ("SF", "America/Los_Angeles"),
    ("NYC", "America/New_York"), ("Washington DC", "America/New_York"),
    ("Washington, D.C.", "America/New_York"), ("Philly", "America/New_York"),
    ("Vegas", "America/Los_Angeles"), ("Mexico City", "America/Mexico_City"),
    ("Kansas City", "America/Chicago"), ("Naples, Florida", "America/New_York"),
    ("Paris TX", "America/Chicago"), ("Valencia, Spain", "Europe/Madrid"),
    ("Hyderabad Pakistan", "Asia/Karachi"), ("Lisbon time", "Europe/Lisbon"),
    ("Nairobi timezone", "Africa/Nairobi"), ("Rio", "America/Sao_Paulo"),
    ("St. Petersburg", "Europe/Moscow"), ("Aix-en-Provence", "Europe/Paris"),
    # countries and parts of them
    ("Holland", "Europe/Amsterdam"), ("England", "Europe/London"), ("Bavaria", "Europe/Berlin"),
    ("Österreich", "Europe/Vienna"), ("Türkiye", "Europe/Istanbul"), ("Korea", "Asia/Seoul"),
    ("Burma", "Asia/Yangon"), ("Egypten", "Africa/Cairo"), ("Central", "America/Chicago"),
    # one of several places is clearly larger
    ("Naples", "Europe/Rome"), ("Boston", "America/New_York"), ("Paris", "Europe/Paris"),
    ("London", "Europe/London"), ("Melbourne", "Australia/Melbourne"), ("Moscow", "Europe/Moscow"),
    # none of several is: the likely ones are named
    ("Valencia", "? America/Caracas, Europe/Madrid"), ("Springfield", "? America/Chicago"),
    ("Hyderabad", "? Asia/Kolkata, Asia/Karachi"), ("Cambridge", "? Europe/London"),
    ("Mérida", "? America/Merida, America/Caracas"), ("St. Louis", "America/Chicago"),
    ("Richmond", "? America/New_York, America/Vancouver"), ("Granada", "? Europe/Madrid"),
    # continents, and countries with several zones
    ("Africa", "? Africa/Lagos"), ("Europe", "? Europe/Moscow"),
    ("Südamerika", "? America/Sao_Paulo"),
    ("Asie", "? Asia/Shanghai"), ("America", "? America/New_York"),
    ("Oceania", "? Australia/Sydney"),
    ("Australia", "? Australia/Sydney"), ("Kanada", "? America/Toronto"),
    ("Brazil", "America/Sao_Paulo"), ("Mongolei", "Asia/Ulaanbaatar"),
    # no places
    ("American time", "!"), ("unknown", "!"), ("city", "!"), ("time", "!"), ("my time", "!"),
    ("local time", "!"), ("here", "!"), ("home", "!"), ("same", "!"), ("default", "!"),
    ("western", "!"), ("the office", "!"), ("none", "!"),
    ("morning", "!"), ("summer time", "!"), ("world", "!"), ("Ortszeit", "!"), ("xyzzy", "!"),
]  # fmt: skip

TIMES = [
    ("24:00", "00:00"), ("24h", "00:00"), ("0:00", "00:00"), ("midnight", "00:00"),
    ("20u", "20:00"), ("20 uur", "20:00"), ("7u15", "07:15"), ("7h30", "07:30"),
    ("7 Uhr 30", "07:30"), ("19.30 Uhr", "19:30"), ("18:30h", "18:30"), ("20時", "20:00"),
    ("19時30分", "19:30"), ("오후 7시", "19:00"), ("下午6点", "18:00"), ("kl. 18.30", "18:30"),
    ("kl 7", "07:00"), ("ore 18", "18:00"), ("alle 7:30", "07:30"), ("às 19h", "19:00"),
    ("a las 8", "08:00"), ("halb acht", "07:30"), ("fünf vor halb acht", "07:25"),
    ("zehn nach halb neun", "08:40"), ("viertel nach sechs", "06:15"),
    ("dreiviertel acht", "07:45"), ("viertel acht", "07:15"),
    ("quarter past 7", "07:15"), ("kwart over zeven", "07:15"), ("kwart voor 8", "07:45"),
    ("half past 8", "08:30"), ("mezzogiorno", "12:00"), ("meia-noite", "00:00"),
    ("sette e mezza", "07:30"), ("sete e meia", "07:30"), ("huit heures moins le quart", "07:45"),
    ("9am", "09:00"), ("9 PM", "21:00"), ("21:05", "21:05"), ("２０：３０", "20:30"),
    ("every day at 9am", "09:00"), ("jeden Morgen um 8", "08:00"), ("each morning at 7", "07:00"),
    ("8 de la mañana", "08:00"), ("every evening at 7", "19:00"),
    # no time of each day
    ("in 2 hours", "!"), ("in 30 minutes", "!"), ("dans 2 heures", "!"), ("in zwei Stunden", "!"),
    ("dentro de 3 horas", "!"), ("over 2 uur", "!"), ("2 hours from now", "!"), ("2 hours", "!"),
    ("8-9", "!"), ("8–9", "!"), ("8:00-9:00", "!"), ("8 to 9", "!"), ("between 8 and 9", "!"),
    ("zwischen 8 und 9", "!"), ("9am-5pm", "!"), ("tomorrow 9am", "!"), ("morgen um 9", "!"),
    ("demain à 9h", "!"), ("mañana a las 9", "!"), ("übermorgen 9 Uhr", "!"),
    ("every 2 hours", "!"),
    ("alle 2 Stunden", "!"), ("now", "!"), ("9am my time", "!"), ("9ish", "!"), ("9.5", "!"),
    ("7:3", "!"), ("12/12", "!"), ("half eight", "!"), ("24:30", "!"), ("25:00", "!"), ("-5", "!"),
    ("before 9", "!"), ("after 9", "!"), ("2x", "!"), ("9:00 or 18:30", "!"),
]  # fmt: skip


def zone_or_reply(typed: str) -> str:
    """Return the zone, or the sentence that a person gets, with "? " or "! " before it."""
    try:
        return read_zone(typed).name
    except ClockError as error:
        return f"{'?' if 'may mean several' in str(error) else '!'} {error}"


def assert_place(typed: str, meant: str) -> None:
    """It is the zone that is meant, or one sentence with the zones behind "?" or "!"."""
    read = zone_or_reply(typed)
    if meant[0] not in "?!":
        assert read == meant
        return
    assert read[0] == meant[0]
    assert read.replace(typed, "").count(". ") == 0
    assert all(zone in read for zone in meant[1:].split(",") if zone.strip())


@pytest.mark.slow
@pytest.mark.parametrize(("typed", "meant"), PLACES)
def test_a_place_as_written(typed: str, meant: str) -> None:
    assert_place(typed, meant)


@pytest.mark.parametrize(("typed", "meant"), TIMES)
def test_a_time_as_written(typed: str, meant: str) -> None:
    usual = Rhythm("day", 3, 33, "Europe/Rome")
    if meant != "!":
        rhythm = read_time(typed, usual).rhythm
        assert f"{rhythm.hour:02}:{rhythm.minute:02} {rhythm.timezone}" == f"{meant} Europe/Rome"
        return
    with pytest.raises(Exception, match=r"write|did you mean|add one") as told:
        read_time(typed, usual, around=Surroundings("Europe/Rome"))
    assert isinstance(told.value, PaperboyError)
