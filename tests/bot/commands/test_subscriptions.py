"""`paperboy subscriptions`, and the times and lists that it parses."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.subscriptions.parsing import read_when, rhythm_as_typed, rhythm_in_words
from bot.subscriptions.records import Rhythm, Subscription
from bot.subscriptions.store import SubscriptionStore
from rag.errors import PaperboyError
from rag.library import Library

Run = Callable[..., tuple[int, str, str]]
NOW = datetime(2025, 12, 8, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "rhythm"),
    [
        ("daily 9:00", Rhythm()),
        ("9", Rhythm()),
        ("every monday at 18:30 europe/berlin", Rhythm("week", 18, 30, "Europe/Berlin")),
        ("weekly fri 6:15pm UTC", Rhythm("week", 18, 15, weekday=4)),
        ("monthly 12am Asia/Tokyo", Rhythm("month", 0, 0, "Asia/Tokyo")),
    ],
)
def test_times_are_parsed_as_people_type_them(typed: str, rhythm: Rhythm) -> None:
    assert read_when(typed).rhythm == rhythm
    assert read_when(rhythm_as_typed(rhythm)).rhythm == rhythm


@pytest.mark.parametrize("typed", ["daily", "daily 25:00", "9:00 nowhere", "daily 9:75", "", "9 9"])
def test_other_text_is_not_a_time(typed: str) -> None:
    with pytest.raises(PaperboyError):
        read_when(typed)


def test_subscriptions_are_described_in_words() -> None:
    assert rhythm_in_words(Rhythm("week", 7, 5, "Asia/Kolkata", 6)) == (
        "every Sunday at 07:05 (Asia/Kolkata)"
    )


def test_add_list_pause_resume_preview_and_remove(run: Run, starter_folder: Path) -> None:
    def paperboy(*arguments: str) -> tuple[int, str, str]:
        return run("--data-dir", starter_folder, "subscriptions", *arguments)

    status, out, err = paperboy("add", "daily 9:00 Europe/Berlin", "--mail", "ada@example.org",
                                "--topics", "robots, video", "--count", "3")  # fmt: skip
    assert status == 0
    number = out.split()[0]
    assert "e-mail to ada@example.org, every day at 09:00 (Europe/Berlin)" in out
    assert "E-mail is not set up yet" in err
    _, out, _ = paperboy("list", "--json")
    row = json.loads(out.splitlines()[-1])
    assert (row["target"], row["topics"], row["last"]) == (
        "ada@example.org", ["robots", "video"], None
    )  # fmt: skip
    assert paperboy("pause", number)[1].endswith("paused\n")
    assert "next 20" in paperboy("resume", number)[1]
    assert paperboy("preview", number)[0] == 0
    assert "within a minute" in paperboy("send", number)[1]
    assert "last pending" in paperboy("list")[1]
    assert paperboy("remove", number)[1].startswith("Removed: e-mail to ada@example.org")
    status, _, err = paperboy("remove", number)
    assert status == 1
    assert f"There is no subscription {number}" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["9:00"], "give exactly one of"),
        (["9:00", "--mail", "ada@example.org", "--topics", " , ;"], "There is no word"),
        (["9:00", "--mail", "ada@example.org", "--authors", "\u200b"], "There is no word"),
        (["9:00", "--mail", "ada@example.org", "--organisations", ""], "There is no word"),
        (["9:00", "--mail", "ada@example.org", "--channel", "5"], "give exactly one of"),
        (["9:00", "--mail", "ada"], "not an e-mail address"),
        (["9:00", "--mail", "ada@b@example.org"], "not an e-mail address"),
        (["9:00", "--channel", "#general"], "not an id"),
        (["noonish", "--channel", "5"], "“noonish” names no time"),
        (["9:00 IST", "--channel", "5"], "write Asia/Kolkata, Asia/Jerusalem or Europe/Dublin"),
        (["every 3 days", "--channel", "5"], "“every 3 days” is not a rhythm that I have"),
    ],
)
def test_an_invalid_subscription_prints_the_reason(
    run: Run, starter_folder: Path, arguments: list[str], words: str
) -> None:
    status, _, err = run("--data-dir", starter_folder, "subscriptions", "add", *arguments)
    assert status in (1, 2)
    assert words in err


@pytest.mark.parametrize(
    ("typed", "words", "note"),
    [
        ("daily 7:40 pm Europe/Madrid", "every day at 19:40 (Europe/Madrid)", ""),
        ("daily 8:00 MST", "at 08:00 (America/Denver)", "write UTC-7 for the same time all year."),
        ("daily 8:00 US/Pacific", "every day at 08:00 (US/Pacific)", ""),
        ("daily 8:00 Mexico City", "every day at 08:00 (America/Mexico_City)", ""),
        ("daily 8:00 UTC-3", "every day at 08:00 (UTC-3)", ""),
        ("weekly thu 7 am CDT", "every Thursday at 07:00 (America/Chicago)", "write UTC-5 for the"),
        ("weekly sun 8 o'clock Kenya", "(Africa/Nairobi)", "is read as 08:00: write 20:00 if you"),
    ],
)
def test_a_time_is_understood_with_a_note_on_what_misleads(
    run: Run, starter_folder: Path, typed: str, words: str, note: str
) -> None:
    status, out, err = run(
        "--data-dir", starter_folder, "subscriptions", "add", typed, "--channel", "5"
    )
    assert (status, words in out) == (0, True), (out, err)
    assert note in " ".join(err.split())
    assert bool(note) == bool(err)


@pytest.mark.parametrize(
    "damage", ["weekday = 7", "wish = json_set(wish, '$.count', -5)", "weekday = -1"]
)
def test_an_impossible_option_that_is_stored_leaves_the_other_subscriptions(
    run: Run, library: Library, damage: str
) -> None:
    folder, database = library.folder, library.catalog.database
    subscriptions = SubscriptionStore(database)
    for target in ("1", "2"):
        rhythm = Rhythm("week", 9, 0)
        subscriptions.add(Subscription(kind="person", target=target, rhythm=rhythm), NOW)
    with database.transaction() as db:
        db.execute(f"UPDATE subscriptions SET {damage} WHERE target = '1'")
    library.close()
    status, out, err = run("--data-dir", folder, "subscriptions", "list")
    assert status == 0, err
    assert out.count("every Monday at 09:00") == 1
