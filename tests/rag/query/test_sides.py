from datetime import date

import pytest

from rag.query.dates import Period
from rag.query.sides import open_period
from rag.records import Window

FIRST, LAST = date(2025, 12, 1), date(2025, 12, 7)


@pytest.mark.parametrize(
    ("side", "window"),
    [
        ("since", Window(FIRST, None)),
        ("after", Window(date(2025, 12, 8), None)),
        ("until", Window(None, LAST)),
        ("before", Window(None, date(2025, 11, 30))),
        ("", Window(FIRST, LAST)),
    ],
)
def test_a_side_opens_a_period(side: str, window: Window) -> None:
    assert open_period(Period(FIRST, LAST, "day"), side) == window
