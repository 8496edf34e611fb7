"""Making a digest: which papers, in which order, with which reasons and sentences."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from bot.app import open_library
from ingest.config import FetchConfig
from ingest.resolve_source import resolve_source
from ingest.sync import ingest
from rag.digest.make import digest_of_day, make_digest
from rag.digest.records import MORE, Opinion, Wish
from rag.library import Library
from rag.records import Paper
from rag.text.words import terms
from tests.papers import HERON, LOOM, PASTRY, TIDAL, TODAY, ListSource
from tests.rag.digest.conftest import FRIDAY

RECORDED = ("2025-10-08", "2025-12-05", "2025-11-25")


def titles(digest: object) -> list[str]:
    return [entry.paper.title for entry in digest.ranked]  # type: ignore[attr-defined]


def test_a_day_is_ranked_by_upvotes(week: Library) -> None:
    digest = make_digest(week, "day", FRIDAY)
    assert titles(digest) == [TIDAL.title, HERON.title]
    assert [entry.rank for entry in digest.ranked] == [1, 2]
    assert (digest.first, digest.last, digest.note) == (FRIDAY, FRIDAY, "")
    assert digest.headline == "Daily Papers of Friday, 2025-12-05: 2"


def test_weeks_and_months_contain_their_days_and_ties_are_ordered_by_title(week: Library) -> None:
    digest = make_digest(week, "week", FRIDAY)
    assert titles(digest) == [PASTRY.title, TIDAL.title, HERON.title, LOOM.title]
    assert (digest.first, digest.last) == (date(2025, 12, 1), date(2025, 12, 7))
    assert digest.headline == "Daily Papers of the week of 2025-12-01: 4"
    month = make_digest(week, "month", FRIDAY, Wish(count=3))
    assert titles(month) == titles(digest)[:3]
    assert month.headline == "Daily Papers of December 2025: 3 of 4"


def test_without_any_featured_day_the_newest_are_shown(library: Library) -> None:
    ingest(ListSource([replace(PASTRY, upvotes=1), LOOM]), library)
    digest = digest_of_day(library, None)
    assert titles(digest) == [PASTRY.title, LOOM.title]
    assert "newest by publication" in digest.note
    assert digest.headline == "The newest papers: 2"


def test_an_empty_catalogue_gives_an_empty_digest(library: Library) -> None:
    digest = make_digest(library, "day", FRIDAY)
    assert digest.groups == ()
    assert digest.total == 0


@pytest.mark.parametrize(
    ("wish", "expected", "because"),
    [
        (Wish(topics=("counting birds",)), [HERON.title], "because it is about counting birds"),
        (Wish(authors=("b. two",)), [HERON.title], "because B. Two is an author"),
        (Wish(organizations=("crumb",)), [PASTRY.title], "because it is from Crumb Lab"),
        (Wish(min_upvotes=4), [PASTRY.title, TIDAL.title], ""),
        (Wish(authors=("nobody",)), [], ""),
    ],
)
def test_a_wish_selects_papers_with_a_reason(
    week: Library, wish: Wish, expected: list[str], because: str
) -> None:
    digest = make_digest(week, "week", FRIDAY, wish)
    assert titles(digest) == expected
    assert {entry.because for entry in digest.ranked} == ({because} if expected else set())
    assert digest.total == 4
    if not expected:
        assert digest.note == (
            "None of the 4 papers of the week of 2025-12-01 matches the filters."
        )


class LikesBirds:
    """Somebody's taste."""

    def opinions(self, papers: Sequence[Paper]) -> Sequence[Opinion]:
        return [
            Opinion(1.0, "because you saved papers on birds")
            if paper.title == HERON.title
            else Opinion(-0.2, "unlike what you saved")
            for paper in papers
        ]


def test_a_taste_raises_liked_papers_and_says_why(week: Library) -> None:
    digest = make_digest(week, "week", FRIDAY, taste=LikesBirds())
    assert titles(digest)[0] == HERON.title
    assert digest.ranked[0].because == "because you saved papers on birds"
    assert {entry.because for entry in digest.ranked[1:]} == {""}


# -- recorded days ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded_days(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Library:
    from rag.config import RagConfig

    library = open_library(tmp_path_factory.mktemp("days"), RagConfig())
    for day in RECORDED:
        path = shared_data / "hf_api" / f"{day}.json"
        with resolve_source(str(path), FetchConfig(), today=TODAY) as source:
            ingest(source, library)
    return library


@pytest.mark.parametrize("day", RECORDED)
def test_a_recorded_day_is_ordered_by_upvotes_with_sentences_from_its_records(
    recorded_days: Library, shared_data: Path, day: str
) -> None:
    digest = digest_of_day(recorded_days, date.fromisoformat(day))
    items = json.loads((shared_data / "hf_api" / f"{day}.json").read_text(encoding="utf-8"))
    records = {item["paper"]["id"]: item["paper"] for item in items}
    assert sorted(e.paper.arxiv_id or "" for e in digest.ranked) == sorted(records)
    votes = [records[entry.paper.arxiv_id or ""]["upvotes"] for entry in digest.ranked]
    assert votes == sorted(votes, reverse=True)
    for entry in digest.ranked:
        record = records[entry.paper.arxiv_id or ""]
        assert entry.paper.url == f"https://huggingface.co/papers/{record['id']}"
        text = " ".join(f"{record.get('ai_summary') or ''} {record['summary']}".split())
        assert entry.tldr
        assert entry.tldr in text
    for one, other in pairwise(digest.ranked):
        if one.paper.upvotes == other.paper.upvotes:
            assert one.paper.title.casefold() <= other.paper.title.casefold()


@pytest.mark.parametrize("day", RECORDED)
def test_a_recorded_day_has_several_different_topics(recorded_days: Library, day: str) -> None:
    digest = digest_of_day(recorded_days, date.fromisoformat(day))
    names = [group.name for group in digest.groups]
    assert len(names) == len(set(names)) >= 3
    assert all(len(group.entries) >= 2 for group in digest.groups if group.name != MORE)
    rest = [len(group.entries) for group in digest.groups if group.name == MORE]
    assert sum(rest) <= len(digest.ranked) / 2
    for group in digest.groups:  # a name is made of its papers' own words
        if group.name != MORE:
            text = " ".join(
                f"{e.paper.title} {e.paper.abstract} {' '.join(e.paper.keywords)}".casefold()
                for e in group.entries
            )
            held = set(terms(text))
            assert set(terms(group.name)) <= held


def test_the_same_papers_give_the_same_digest(recorded_days: Library) -> None:
    first, second = (digest_of_day(recorded_days, FRIDAY) for _ in range(2))
    assert first == second
