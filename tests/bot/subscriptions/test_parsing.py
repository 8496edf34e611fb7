"""What users type about subscriptions, and how it is described."""

import pytest

from bot.clocks.times import ClockError
from bot.clocks.zones import Surroundings
from bot.subscriptions.limits import MAX_ENTRIES
from bot.subscriptions.parsing import (
    When,
    read_list,
    read_number,
    read_time,
    read_when,
    rhythm_as_typed,
    rhythm_in_words,
    wish_in_words,
)
from bot.subscriptions.records import Rhythm, SubscriptionError
from rag.digest.records import Wish
from rag.errors import PaperboyError


@pytest.mark.parametrize(
    ("typed", "rhythm"),
    [
        ("daily 9:00 Europe/Berlin", Rhythm("day", 9, 0, "Europe/Berlin")),
        ("weekly on Friday at 6:15pm", Rhythm("week", 18, 15, "UTC", 4)),
        ("fri 7", Rhythm("week", 7, 0, "UTC", 4)),
        ("monthly, 12am europe/berlin", Rhythm("month", 0, 0, "Europe/Berlin")),
        ("every day at 12pm UTC", Rhythm("day", 12)),
        ("8.45 p.m.", Rhythm("day", 20, 45)),
        ("thursdays 7h15 in Paris", Rhythm("week", 7, 15, "Europe/Paris", 3)),
        ("midnight", Rhythm("day", 0)),
        ("every week on tuesday at noon", Rhythm("week", 12, 0, "UTC", 1)),
        ("jeden Tag um 6 Uhr", Rhythm("day", 6)),
        ("mittwochs um 17.30 Uhr Europe/Vienna", Rhythm("week", 17, 30, "Europe/Vienna", 2)),
        ("tous les vendredis", None),
        ("chaque jeudi à 9 h", Rhythm("week", 9, 0, "UTC", 3)),
        ("cada sábado a las 10:30", Rhythm("week", 10, 30, "UTC", 5)),
        ("elke vrijdag om 8 uur in Den Haag", Rhythm("week", 8, 0, "Europe/Amsterdam", 4)),
        ("ogni giorno alle 7:30 Torino", Rhythm("day", 7, 30, "Europe/Rome")),
        ("toda quinta-feira às 18h Lisboa", Rhythm("week", 18, 0, "Europe/Lisbon", 3)),
        ("am Abend um 7 in Zürich", Rhythm("day", 19, 0, "Europe/Zurich")),
        ("in the morning at 6 in Mumbai", Rhythm("day", 6, 0, "Asia/Kolkata")),
        ("daily 5pm UTC-3", Rhythm("day", 17, 0, "Etc/GMT+3")),
        (
            "weekly tue half past seven in the evening, Rome",
            Rhythm("week", 19, 30, "Europe/Rome", 1),
        ),
        ("a las 10:45 Los Angeles", Rhythm("day", 10, 45, "America/Los_Angeles")),
        ("daily 0730 in India", Rhythm("day", 7, 30, "Asia/Kolkata")),
        ("fridays 8pm Lisbon time", Rhythm("week", 20, 0, "Europe/Lisbon", 4)),
        ("daily 9:00 Portland, Maine", Rhythm("day", 9, 0, "America/New_York")),
    ],
)
def test_a_rhythm_is_parsed(typed: str, rhythm: Rhythm | None) -> None:
    if rhythm is None:
        with pytest.raises(ClockError, match="names no time"):
            read_when(typed)
        return
    assert read_when(typed) == When(rhythm)
    assert read_when(rhythm_as_typed(rhythm)) == When(rhythm)


def test_without_a_time_zone_the_usual_one_counts() -> None:
    seoul = Surroundings("Asia/Seoul")
    assert read_when("mon 8", around=seoul).rhythm == Rhythm("week", 8, 0, "Asia/Seoul")
    assert read_when("8 UTC", around=seoul).rhythm.timezone == "UTC"


def test_everything_ambiguous_is_noted() -> None:
    when = read_when("daily half past six EST")
    assert when.rhythm == Rhythm("day", 6, 30, "America/New_York")
    assert when.note == (
        "“half past six” is read as 06:30: write 18:30 if you mean that. “EST” is read as "
        "America/New_York, whose clocks change (EST, EDT): write UTC-5 for the same time all year."
    )


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("weekdays 8:00", "“weekdays” is not a rhythm that I have: write daily"),
        ("mondays in march 8:00", "“march” is not a rhythm that I have"),
        ("daily in 3 hours", "“in 3 hours” is no time for a digest, which comes at the same time"),
        ("daily 8:00 Bamberg tomorrow", "“tomorrow” is no time for a digest"),
        ("twice a week 8:00", "“twice” is not a rhythm that I have"),
        ("daily 26:00", "“26:00” is no time of day: write it like 9:00"),
        ("14 am", "“14 am” is no time of day"),
        ("8:00 and 20:00", "names 2 times: add one subscription for each"),
        ("weekly monday and thursday 9:00", "One subscription has one rhythm"),
        ("sat 9am sun", "One subscription has one rhythm"),
        ("daily 9:00 and weekly", "One subscription has one rhythm"),
        ("8:00 nowhere", "“nowhere” is not a time zone that I know: write a city or a country"),
        ("every 6 hours", "“every 6 hours” is not a rhythm that I have"),
        ("every other week at 9", "“every other week” is not a rhythm that I have"),
        ("9:00 CST", "“CST” may mean several time zones: write Asia/Shanghai, America/Chicago or"),
        ("9 Springfield", "“Springfield” may mean several time zones: write America/"),
        ("half eight", "“half eight” is 7:30 for some and 8:30 for others: write one of them"),
        ("teatime", "“teatime” names no time: write it like daily 9:00 Europe/Berlin"),
    ],
)
def test_what_is_not_understood_is_said_with_the_cure(typed: str, why: str) -> None:
    with pytest.raises(PaperboyError, match=why):
        read_when(typed)


def test_what_is_omitted_stays_as_before() -> None:
    before = Rhythm("week", 8, 30, "Asia/Tokyo", 2)
    assert read_when("9:45", default=before).rhythm == Rhythm("week", 9, 45, "Asia/Tokyo", 2)
    assert read_when("daily", default=before).rhythm == Rhythm("day", 8, 30, "Asia/Tokyo", 2)
    with pytest.raises(ClockError, match="names no time"):
        read_when("daily")


@pytest.mark.parametrize("typed", ["25", "9:60", "soon", ""])
def test_an_impossible_time_is_refused(typed: str) -> None:
    with pytest.raises(ClockError, match="is no time of day"):
        read_time(typed, Rhythm())


def test_a_time_may_name_its_zone() -> None:
    usual = Rhythm("week", 9, 0, "Europe/Rome", 3)
    assert read_time("8 am in Tokyo", usual) == When(Rhythm("week", 8, 0, "Asia/Tokyo", 3))
    assert read_time("8 am", usual) == When(Rhythm("week", 8, 0, "Europe/Rome", 3))


def test_a_list_is_split_cleaned_and_limited() -> None:
    assert read_list(" robot  hands, video;robot hands\n,") == ("robot hands", "video")
    with pytest.raises(SubscriptionError, match="That is too much"):
        read_list(",".join(str(n) for n in range(MAX_ENTRIES + 1)))
    with pytest.raises(SubscriptionError, match="That is too much"):
        read_list("x" * 81)


def test_no_list_has_no_entries() -> None:
    assert read_list(None) == ()
    assert read_list("\u200bherons, \u200b, egrets") == ("herons", "egrets")


@pytest.mark.parametrize("typed", ["", " ", ",;,", "\u200b", "\u2060, \u200d", "-, …"])
def test_a_list_without_a_word_is_refused(typed: str) -> None:
    with pytest.raises(SubscriptionError, match="leave it out"):
        read_list(typed)


@pytest.mark.parametrize("typed", ["0", "26", "-1", "1.5", "²", ""])
def test_a_number_outside_its_range_is_refused(typed: str) -> None:
    with pytest.raises(SubscriptionError, match="write a number from 1 to 25"):
        read_number(typed, first=1, last=25)


def test_rhythm_and_wish_in_words() -> None:
    weekly = Rhythm("week", 7, 5, "UTC", 6)
    assert rhythm_in_words(weekly) == "every Sunday at 07:05 (UTC)"
    wish = Wish(topics=("video", "audio"), authors=("Ada",), min_upvotes=5, count=1)
    words = "up to 1 paper, on “video” or “audio”, by “Ada”, with 5 upvotes or more"
    assert wish_in_words(wish) == words
