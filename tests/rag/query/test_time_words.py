import pytest

from rag.query.time_words import spell_out


@pytest.mark.parametrize(
    ("text", "spelt_out"),
    [
        ("last wk", "last week"),
        ("the past 2 wks", "the past 2 weeks"),
        ("this yr", "this year"),
        ("last 48h", "last 48 hours"),
        ("last 7d", "last 7 days"),
        ("past 6mo", "past 6 months"),
        ("this weeek", "this week"),
        ("last moth", "last month"),
        ("2 days back", "2 days ago"),
        ("tdy", "today"),
        ("2day's papers", "today's papers"),
        ("yday", "yesterday"),
        ("todya's papers", "today's papers"),
        ("from wensday", "from wednesday"),
        ("since novmber", "since november"),
        ("this mornings list", "todays list"),
        ("top 5 of the week", "top 5 of this week"),
        ("the whole week", "this week"),
        ("the year so far", "this year"),
        ("the week before last", "two weeks ago"),
        ("nothing older than a month", "since a month"),
        ("since I left on friday", "since friday"),
        ("since halloween", "since October 31"),
        ("top 20 october", "top 20, october"),
    ],
)
def test_names_of_times_are_written_as_usual(text: str, spelt_out: str) -> None:
    assert spell_out(text) == spelt_out


@pytest.mark.parametrize(
    "text",
    ["yesterdays papers", "mondays", "last 3d papers", "todas", "Frida",
     "sundry",
     "the week of 1 May", "the year 2024", "in the week 3 split", "end of the day token",
     "december",
     "decoder",
     "the month embedding", "member", "number",
     "this weak signal", "the last mouth pose"],
)  # fmt: skip
def test_other_words_stay(text: str) -> None:
    assert spell_out(text) == text
