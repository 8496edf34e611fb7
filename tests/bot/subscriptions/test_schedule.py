"""When digests are due and which days they cover."""

from datetime import datetime

import pytest

from bot.subscriptions.records import Rhythm
from bot.subscriptions.schedule import covered_day
from tests.reliability.digest_world import utc


@pytest.mark.parametrize(
    ("rhythm", "due", "day"),
    [
        (Rhythm("day", 9, 0, "Europe/Berlin"), utc(2025, 3, 4, 8), utc(2025, 3, 3)),
        (Rhythm("day", 18, 0, "Europe/Berlin"), utc(2025, 3, 4, 17), utc(2025, 3, 4)),
        (Rhythm("day", 13, 0, "Europe/Berlin"), utc(2025, 3, 28, 12), utc(2025, 3, 28)),
        (Rhythm("day", 13, 0, "Europe/Berlin"), utc(2025, 3, 31, 11), utc(2025, 3, 31)),
        (Rhythm("week", 9, 0, "UTC", 0), utc(2025, 3, 10, 9), utc(2025, 3, 9)),
        (Rhythm("week", 9, 0, "UTC", 2), utc(2025, 3, 12, 9), utc(2025, 3, 4)),
        (Rhythm("week", 18, 0, "UTC", 4), utc(2025, 3, 14, 18), utc(2025, 3, 14)),
        (Rhythm("month", 0, 0, "Asia/Tokyo"), utc(2025, 2, 28, 15), utc(2025, 2, 28)),
    ],
)
def test_which_day_a_digest_covers(rhythm: Rhythm, due: datetime, day: datetime) -> None:
    assert covered_day(rhythm, due) == day.date()
