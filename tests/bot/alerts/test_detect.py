"""Which papers take off: what is compared, and what is known too little to compare."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.alerts.detect import LEAST_COMPARED, Alert, Watched, taking_off, unusual, watched
from bot.alerts.embed import alert_embed, figures
from rag.records import Paper, Window
from tests.benchmarks import alerts as simulation
from tests.papers import HERON

FEATURED = datetime(2025, 1, 6, tzinfo=UTC)


def ordinary(n: int, *, age: float = 100.0) -> Watched:
    """Return a paper that gets one upvote every n % 7 + 2 hours."""
    paper = replace(HERON, arxiv_id=f"2501.{n:05d}")
    hours = [float(hour) for hour in range(0, int(age), n % 7 + 2)]
    return Watched(paper, hours, list(range(len(hours))), age)


ORDINARY = [ordinary(n) for n in range(1, LEAST_COMPARED + 20)]


def test_a_paper_with_far_more_upvotes_than_others_at_its_age_is_found() -> None:
    quick = Watched(HERON, [0.5, 2.0, 9.0], [3, 10, 61], 9.5)
    (alert,) = unusual([quick, *ORDINARY])
    assert (alert.paper, alert.upvotes, alert.hours, alert.within) == (HERON, 61, 9, 9)
    assert alert.compared == len(ORDINARY)
    assert figures(alert) == (
        "61 new upvotes in its first 9 hours; nine in ten papers get fewer than 5 by then."
    )
    assert unusual(ORDINARY) == []


def test_a_paper_that_takes_off_late_is_found_by_its_new_upvotes() -> None:
    late = Watched(HERON, [1.0, 80.0, 90.0], [2, 4, 30], 90.0)
    (alert,) = unusual([late, *ORDINARY])
    assert (alert.hours, alert.within) == (90, 12)
    told = figures(alert)
    assert told.startswith("26 new upvotes within 12 hours, 4 days after it was featured; nine in")
    assert figures(replace(alert, usual=1)).endswith("nine in ten papers get none at that age.")


@pytest.mark.parametrize(
    ("paper", "others"),
    [
        (Watched(HERON, [1.0, 9.0], [3, 61], 9.0), ORDINARY[: LEAST_COMPARED - 1]),
        (Watched(HERON, [1.0, 9.0], [3, 61], 200.0), ORDINARY),  # its age is past
        (Watched(HERON, [30.0], [61], 30.0), ORDINARY),  # first read when it had them already
        (Watched(HERON, [1.0, 9.0], [3, 9], 9.0), ORDINARY),  # too few to speak of
        (Watched(HERON, [0.1], [61], 0.2), ORDINARY),  # an hour is not over yet
    ],
)
def test_what_is_known_too_little_is_not_told(paper: Watched, others: list[Watched]) -> None:
    assert unusual([paper, *others]) == []


def test_an_upvote_that_returns_is_not_a_new_one() -> None:
    shaky = Watched(HERON, [1.0, 60.0, 70.0, 80.0], [40, 40, 20, 45], 80.0)
    assert unusual([shaky, *ORDINARY]) == []


class Histories:
    """A catalogue of papers that are seen every hour."""

    def __init__(self, *papers: Paper) -> None:
        self.known = papers

    def papers(self, window: Window | None = None) -> list[Paper]:
        assert window == Window(date(2024, 11, 8), date(2025, 1, 7))
        return list(self.known)

    def upvote_history(self, paper_id: str) -> list[tuple[datetime, int]]:
        return [(FEATURED + timedelta(hours=hour), 2 * hour) for hour in range(1, 40)]


def test_ages_count_from_the_start_of_the_featured_day_and_the_future_is_unknown() -> None:
    now = FEATURED + timedelta(hours=30)
    (known,) = watched(Histories(HERON, replace(HERON, featured_on=None)), now)
    assert known.age == 30.0
    assert known.hours[:2] == [1.0, 2.0]
    assert known.upvotes[-1] == 60
    assert taking_off(Histories(HERON), now) == []  # nothing to compare it with


def test_no_title_breaks_the_embed() -> None:
    paper = replace(HERON, title="@everyone [x](http://x) " * 40, arxiv_id=None)
    embed = alert_embed(Alert(paper, 61, 9, 9, 22, 100, 4.0))
    assert embed.description is not None
    assert len(embed.description) <= 4096
    assert "@everyone" not in embed.description.replace("@\u200beveryone", "")


@pytest.mark.slow
def test_take_offs_are_found_on_simulated_histories() -> None:
    papers = simulation.simulate(1, days=45)
    told = simulation.run(papers, days=45, every=4)
    right = [t for t in told if t.simulated.took_off is not None and t.age > t.simulated.took_off]
    assert len(told) <= 15 * simulation.MAX_PER_DAY
    assert len(right) >= 0.4 * len(told) >= 1
    assert len({t.simulated.paper.paper_id for t in told}) == len(told)
