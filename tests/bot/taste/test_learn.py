"""What is learnt from ratings: papers like the liked ones come up, and the reason says why."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.taste.learn import MIN_LIKED, TasteCache, learn
from bot.taste.ratings import Marks, RatingStore
from ingest.sources.files import FileSource
from ingest.sync import ingest
from rag.digest.make import make_digest
from rag.digest.records import DEFAULT_WISHES
from rag.library import Library
from rag.records import Paper
from tests.benchmarks import taste as benchmark
from tests.discord_server import openapi
from tests.papers import HERON, ListSource

MONDAY = date(2025, 1, 6)
TOPICS = {
    "birds": "counts {} birds such as herons and egrets in drone video over the marsh",
    "bread": "bakes {} bread and cakes from recipes with flour, yeast and an oven",
    "tides": "predicts {} tides and waves of the sea from buoys and the moon",
}
WORDS = "amber basalt cedar dusky ember fern golden hazel indigo jade".split()


def papers(days: int) -> list[Paper]:
    """Return ten papers a day on three topics; those on birds have the fewest upvotes."""
    made = []
    for day in range(days):
        for n, word in enumerate(WORDS):
            topic = list(TOPICS)[n % 3]
            text = TOPICS[topic].format(word)
            made.append(
                replace(
                    HERON,
                    title=f"{word.title()} {topic} {day}",
                    abstract=f"We present a system that {text}. It is {word} and number {day}.",
                    arxiv_id=f"2501.{day:02d}{n:03d}",
                    featured_on=MONDAY + timedelta(days=day),
                    upvotes=n + (0 if topic == "birds" else 50),
                )
            )
    return made


@pytest.fixture
def week(library: Library) -> Library:
    """A library with a day's papers to learn from and one to show."""
    ingest(ListSource(papers(2)), library)
    return library


def on(topic: str, library: Library, day: int = 0) -> list[str]:
    return [
        paper.paper_id
        for paper in library.catalog.featured(MONDAY + timedelta(days=day))
        if topic in paper.title
    ]


def places(library: Library, topic: str, day: int, taste: object) -> tuple[float, Sequence[str]]:
    """Return the mean place of a topic's papers in a digest and why they are there."""
    chosen_day, wish = MONDAY + timedelta(days=day), DEFAULT_WISHES["day"]
    digest = make_digest(library, "day", chosen_day, wish, taste=taste)  # type: ignore[arg-type]
    own = [entry for entry in digest.ranked if topic in entry.paper.title]
    return float(np.mean([entry.rank for entry in own])), [entry.because for entry in own]


def test_liked_papers_raise_similar_ones_with_a_reason(week: Library) -> None:
    marks = {paper_id: Marks(2, 0) for paper_id in on("birds", week)}
    taste = learn(week.catalog, marks, whose="this server")
    before, without = places(week, "birds", 1, None)
    after, reasons = places(week, "birds", 1, taste)
    assert set(without) == {""}
    assert after < before - 2
    for reason in reasons:
        assert reason.startswith("because this server liked “")
        assert " birds 0”" in reason
        assert any(word in reason for word in ("herons", "egrets", "drone", "marsh", "birds"))


def test_what_was_disliked_goes_down(week: Library) -> None:
    marks = {paper_id: Marks(1, 0) for paper_id in on("birds", week)}
    marks |= {paper_id: Marks(0, 1) for paper_id in on("bread", week)}
    taste = learn(week.catalog, marks, whose="you")
    assert taste is not None
    shown = week.catalog.featured(MONDAY + timedelta(days=1))
    scores = {
        topic: float(np.mean([
            opinion.score
            for paper, opinion in zip(shown, taste.opinions(shown), strict=True)
            if topic in paper.title
        ]))
        for topic in ("birds", "bread")
    }  # fmt: skip
    assert scores["birds"] > 0 > scores["bread"]
    assert all(-1 <= opinion.score <= 1 for opinion in taste.opinions(shown))


def test_too_few_ratings_or_only_dislikes_are_no_taste(week: Library) -> None:
    birds = on("birds", week)
    few = {paper_id: Marks(1, 0) for paper_id in birds[: MIN_LIKED - 1]}
    assert learn(week.catalog, few, whose="you") is None
    assert learn(week.catalog, {paper_id: Marks(0, 1) for paper_id in birds}, whose="you") is None
    assert learn(week.catalog, {}, whose="you") is None
    assert learn(week.catalog, {"arxiv:gone": Marks(9, 0)}, whose="you") is None


def test_papers_without_vectors_are_judged_by_their_words(week: Library) -> None:
    taste = learn(
        week.catalog, {paper_id: Marks(1, 0) for paper_id in on("birds", week)}, whose="you"
    )
    assert taste is not None
    unread = [replace(p, arxiv_id=f"2502.{n:05d}") for n, p in enumerate(papers(1))]
    scores = [opinion.score for opinion in taste.opinions(unread)]
    assert np.mean(scores[::3]) > np.mean(scores[1::3])
    assert taste.opinions([]) == []


def test_what_was_learnt_is_kept_until_a_rating_changes(week: Library) -> None:
    ratings = RatingStore(week.catalog.database)
    tastes = TasteCache(week.catalog, ratings)
    birds = on("birds", week)
    for paper_id in birds[:3]:
        ratings.give(1, 7, paper_id, "like")
    first = tastes.of_guild(7)
    assert first is not None
    assert tastes.of_guild(7) is first
    tastes.clear()
    assert tastes.of_guild(7) is not first
    ratings.toggle(1, 7, birds[0], "like")
    assert tastes.of_guild(7) is None
    ratings.give(1, 0, birds[0], "save")  # in a direct message: the person's own
    assert tastes.of_guild(7) is None
    own = tastes.of_user(1)
    assert own is not None
    (opinion, *_) = own.opinions([week.catalog.get([birds[0]])[birds[0]]])
    assert opinion.reason.startswith("because you liked “")


def test_several_people_count_more_than_one(week: Library) -> None:
    ratings = RatingStore(week.catalog.database)
    one, other = on("birds", week)[:2]
    for person in (1, 2, 3):
        ratings.give(person, 7, one, "like")
        ratings.give(person, 7, one, "save")
    ratings.give(1, 7, other, "dislike")
    assert ratings.marks(guild_id=7) == {one: Marks(3, 0), other: Marks(0, 1)}
    assert ratings.marks(guild_id=8) == {}
    assert ratings.marks(user_id=1) == {one: Marks(1, 0), other: Marks(0, 1)}


@pytest.mark.slow
def test_a_topic_comes_up_in_the_recorded_days(library: Library) -> None:
    recorded = openapi()
    days = sorted(recorded.parents[1].glob("hf_api/2025-10-*.json")) if recorded else []
    if len(days) < benchmark.LEARN + benchmark.SHOW:
        pytest.skip("the recorded days are not here: set PAPERBOY_TEST_DATA")
    days = days[: benchmark.LEARN + benchmark.SHOW]
    for file in days:
        ingest(FileSource(file, today=date(2025, 12, 31)), library)
    plain, learnt, likes = benchmark.server(
        library, [date.fromisoformat(Path(file).stem) for file in days], "video generation"
    )
    assert likes >= MIN_LIKED
    assert np.mean(learnt.places) < np.mean(plain.places) - 15
    assert np.mean(learnt.before) > np.mean(plain.before) + 0.15
    assert np.mean(learnt.reasons) >= 0.6  # they name the topic in words
