"""Times of day, as people write them."""

import pytest

from bot.clocks.times import ClockError, split_times


def read(text: str) -> str:
    """Return the only time in a text, as "HH:MM"."""
    (time,), _ = split_times(text)
    return f"{time.hour:02}:{time.minute:02}"


@pytest.mark.parametrize(
    ("typed", "time"),
    [
        ("7:20 pm", "19:20"), ("7.20 p.m.", "19:20"), ("7:20 P. M.", "19:20"), ("19h20", "19:20"),
        ("19 h", "19:00"), ("8", "08:00"), ("08", "08:00"), ("0745", "07:45"), ("1930", "19:30"),
        ("1930 hrs", "19:30"), ("745", "07:45"), ("7:45:00", "07:45"), ("0:05", "00:05"),
        ("12 am", "00:00"), ("12:30 am", "00:30"), ("12 pm", "12:00"), ("15:30 pm", "15:30"),
        ("noon", "12:00"), ("12 noon", "12:00"), ("midnight", "00:00"), ("12:00 midnight", "00:00"),
        ("Mittags", "12:00"), ("minuit", "00:00"), ("mediodía", "12:00"),
        ("7 in the evening", "19:00"), ("seven in the morning", "07:00"), ("3 at night", "03:00"),
        ("11 at night", "23:00"), ("9 tonight", "21:00"), ("8 Uhr abends", "20:00"),
        ("4 de la tarde", "16:00"), ("7 h du soir", "19:00"),
        ("half past seven pm", "19:30"), ("a quarter to nine pm", "20:45"),
        ("ten past 4 pm", "16:10"), ("twenty-five to one p.m.", "12:35"),
        ("quarter past midnight", "00:15"), ("10 minutes to midnight", "23:50"),
        ("seven forty-five am", "07:45"), ("17 Uhr 15", "17:15"), ("viertel vor 18 Uhr", "17:45"),
        ("halb acht abends", "19:30"), ("19 heures et quart", "19:15"), ("20 y media", "20:30"),
        ("8 o'clock in the morning", "08:00"), ("8 o’clock am", "08:00"),
    ],
)  # fmt: skip
def test_a_time_is_read(typed: str, time: str) -> None:
    assert read(typed) == time
    assert read(f"weekly friday {typed} Europe/Vienna") == time
    (found,), rest = split_times(f"daily {typed}, Asia/Tokyo")
    assert not found.note
    assert rest.split() in (["daily", ",", "Asia/Tokyo"], ["daily", "Asia/Tokyo"])


@pytest.mark.parametrize(
    ("typed", "time", "other"),
    [
        ("half past seven", "07:30", "19:30"), ("nine o'clock", "09:00", "21:00"),
        ("quarter to one", "00:45", "12:45"), ("halb acht", "07:30", "19:30"),
        ("sept heures et demie", "07:30", "19:30"), ("once", "11:00", "23:00"),
    ],
)  # fmt: skip
def test_a_time_that_is_one_of_two_says_how_it_was_read(typed: str, time: str, other: str) -> None:
    (found,), _ = split_times(typed)
    assert f"{found.hour:02}:{found.minute:02}" == time
    assert found.note == f"“{typed}” is read as {time}: write {other} if you mean that."


@pytest.mark.parametrize("typed", ["24:01", "9:60", "25", "13 am", "0 pm", "19:30 am", "2461"])
def test_an_impossible_time_is_told_with_the_cure(typed: str) -> None:
    with pytest.raises(ClockError, match="is no time of day: write it like 9:00 or 18:30"):
        split_times(typed)


def test_half_seven_is_half_an_hour_earlier_for_some() -> None:
    with pytest.raises(ClockError, match="is 6:30 for some and 7:30 for others: write one"):
        split_times("half seven")
    with pytest.raises(ClockError, match="is 12:30 for some and 1:30 for others"):
        split_times("half one")


@pytest.mark.parametrize(
    "typed", ["UTC+2", "GMT-0330", "Etc/GMT-9", "+05:30", "EST5EDT", "noonish", "soon", "r2d2", ""]
)
def test_other_figures_and_words_are_no_times(typed: str) -> None:
    assert split_times(typed) == ([], typed)


@pytest.mark.parametrize(
    ("typed", "rest"),
    [("9:15EST", "EST"), ("7pmPST", "PST"), ("09:15Z", "Z"), ("9:15+03:00", "+03:00"),
     ("0915UTC-3", "UTC-3")],
)  # fmt: skip
def test_a_zone_may_follow_without_a_space(typed: str, rest: str) -> None:
    (_,), left = split_times(typed)
    assert left.split() == [rest]


def test_every_time_is_found() -> None:
    times, rest = split_times("at 8:00, noon and half past six pm in Rome")
    assert sorted((t.hour, t.minute) for t in times) == [(8, 0), (12, 0), (18, 30)]
    assert rest.split() == ["at", ",", "and", "in", "Rome"]
