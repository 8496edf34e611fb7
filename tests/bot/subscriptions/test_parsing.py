"""What users type about subscriptions, and how it is described."""

import pytest

from bot.subscriptions.parsing import (
    MAX_ENTRIES,
    read_list,
    read_number,
    read_time,
    read_when,
    read_zone,
    rhythm_as_typed,
    rhythm_in_words,
    wish_in_words,
    zones_like,
)
from bot.subscriptions.records import Rhythm, SubscriptionError
from rag.digest.records import Wish


@pytest.mark.parametrize(
    ("typed", "rhythm"),
    [
        ("daily 9:00 Europe/Berlin", Rhythm("day", 9, 0, "Europe/Berlin")),
        ("weekly on Friday at 6:15pm", Rhythm("week", 18, 15, "UTC", 4)),
        ("fri 7", Rhythm("week", 7, 0, "UTC", 4)),
        ("monthly, 12am europe/berlin", Rhythm("month", 0, 0, "Europe/Berlin")),
        ("every day at 12pm UTC", None),
    ],
)
def test_a_rhythm_is_parsed(typed: str, rhythm: Rhythm | None) -> None:
    if rhythm is None:  # "day" is no word of the command
        with pytest.raises(SubscriptionError, match="“day” is not a time zone"):
            read_when(typed)
        return
    assert read_when(typed) == rhythm
    assert read_when(rhythm_as_typed(rhythm)) == rhythm


def test_what_is_omitted_stays_as_before() -> None:
    before = Rhythm("week", 8, 30, "Asia/Tokyo", 2)
    assert read_when("9:45", default=before) == Rhythm("week", 9, 45, "Asia/Tokyo", 2)
    assert read_when("daily", default=before) == Rhythm("day", 8, 30, "Asia/Tokyo", 2)
    with pytest.raises(SubscriptionError, match="names no time"):
        read_when("daily")


@pytest.mark.parametrize("typed", ["25", "9:60", "noon", ""])
def test_an_impossible_time_is_refused(typed: str) -> None:
    with pytest.raises(SubscriptionError, match="is no time of day"):
        read_time(typed, Rhythm())


def test_time_zones_are_found_by_city_and_spelt_correctly() -> None:
    assert read_zone("america/new york") == "America/New_York"
    assert zones_like("berl", 3)[0] == "Europe/Berlin"
    assert zones_like("utc", 5)[0] == "UTC"
    assert zones_like("nowhere", 5) == []


def test_a_list_is_split_cleaned_and_limited() -> None:
    assert read_list(" robot  hands, video;robot hands\n,") == ("robot hands", "video")
    with pytest.raises(SubscriptionError, match="That is too much"):
        read_list(",".join(str(n) for n in range(MAX_ENTRIES + 1)))
    with pytest.raises(SubscriptionError, match="That is too much"):
        read_list("x" * 81)


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
