from datetime import date

import pytest

from rag.query.organizations import OrganizationIndex
from rag.query.parser import paper_facts, parse
from rag.query.people import PeopleIndex
from rag.query.request import AuthorCount, Request
from tests.papers import TODAY


def asked(question: str) -> Request:
    return parse(
        question,
        TODAY,
        find_organizations=OrganizationIndex(["Crumb Lab", "AI at Meta"]).find,
        find_people=PeopleIndex(["Ada One"]).find,
    )


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("papers with six authors", AuthorCount(6, 6)),
        ("a 15-author paper", AuthorCount(15, 15)),
        ("single-author papers", AuthorCount(1, 1)),
        ("a paper by only three people", AuthorCount(3, 3)),
        ("papers with more than 10 authors", AuthorCount(11, None)),
        ("with at least ten authors", AuthorCount(10, None)),
        ("20+ authors", AuthorCount(20, None)),
        ("with 5 or more authors", AuthorCount(5, None)),
        ("fewer than 4 authors", AuthorCount(0, 3)),
        ("up to two authors", AuthorCount(0, 2)),
        ("which ones show no author count?", AuthorCount(unknown=True)),
        ("papers that don't list their authors", AuthorCount(unknown=True)),
    ],
)
def test_author_counts(question: str, count: AuthorCount) -> None:
    assert asked(question).authors == count


@pytest.mark.parametrize(
    "question",
    ["videos of two people dancing", "how many images by three cameras?", "the authors say so"],
)
def test_other_people_are_not_counted_as_authors(question: str) -> None:
    assert asked(question).authors is None


@pytest.mark.parametrize(
    ("question", "order"),
    [
        ("newest paper on video", "newest"),
        ("the most recent one", "newest"),
        ("oldest one", "oldest"),
        ("which paper has the most authors?", "most authors"),
        ("the fewest authors", "fewest authors"),
        ("most upvoted paper of last week", "most upvotes"),
        ("what is the most popular paper?", "most upvotes"),
        ("most discussed paper", "most comments"),
        ("which of the 2-author papers is the newer one?", "newest"),
        ("a newer method for birds", None),
    ],
)
def test_orders(question: str, order: str | None) -> None:
    assert asked(question).order == order


@pytest.mark.parametrize(
    ("question", "facts"),
    [
        ("when was HeronNet published?", ("date",)),
        ("which month did it come out", ("date",)),
        ("who wrote HeronNet and when?", ("authors", "date")),
        ("how many authors does HeronNet have", ("author count",)),
        ("how many upvotes does HeronNet have?", ("upvotes",)),
        ("which university is HeronNet from?", ("organization",)),
        ("when does HeronNet fail, and when does it help?", ()),
        ("who trains detectors on drones?", ()),
    ],
)
def test_facts(question: str, facts: tuple[str, ...]) -> None:
    assert asked(question).facts == facts


def test_organisations_and_authors_need_a_preposition() -> None:
    assert asked("what did Crumb Lab publish?").organization == "Crumb Lab"
    assert asked("papers from meta").organizations == ("AI at Meta",)
    assert asked("what is meta learning?").organization is None
    assert asked("papers by Ada One").author == "Ada One"
    assert asked("papers by Ada Two").author_names == ()  # and said to be unknown


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("which papers distil CLIP?", True),
        ("which models run on a phone?", True),
        ("who trains on drones?", True),
        ("anything on herons?", True),
        ("quels articles parlent de géométrie ?", True),
        ("detectors that count birds", True),
        ("which paper counts birds?", False),
        ("how accurate is HeronNet?", False),
    ],
)
def test_questions_for_several_papers_are_recognised(question: str, several: bool) -> None:
    assert asked(question).several == several


def test_the_number_of_papers_is_read() -> None:
    assert asked("two papers blame attention, why?").limit == 2
    assert asked("which 3 open models read charts?").limit == 3
    assert asked("which papers use two encoders?").limit is None


def test_a_clause_without_any_asks_for_one_paper() -> None:
    assert not asked("where do the pairs come from if there aren't any good ones?").several
    assert asked("how do models learn geometry, and what is the gain of each?").several


def test_understood_parts_leave_the_topic_and_are_described() -> None:
    found = asked("2025 paper with 11 authors about video retrieval")
    assert found.topic.split() == ["paper", "about", "video", "retrieval"]
    assert str(found) == "with 11 authors, published 2025-01-01 to 2025-12-31"
    assert found.window is not None
    assert found.window.since == date(2025, 1, 1)
    assert asked("how many papers this month?").count
    assert asked("who wrote the most papers?").prolific
    plain = asked("what counts herons?")
    assert plain.topic == "what counts herons?"
    assert not plain.is_filter


@pytest.mark.parametrize(
    "question",
    [
        "what is the most popular optimizer for heron counters",
        "which tokenizer is the most popular",
        "does it keep the latest token in the cache?",
        "which layer is the earliest to converge",
        "is the newest frame weighted more than the others",
        "how does HeronNet do against the most popular counters?",
        "is it better than the most recent models?",
        "why is the oldest entry thrown out",
        "what is the most discussed failure case",
    ],
)
def test_an_order_word_that_orders_no_papers_is_part_of_the_topic(question: str) -> None:
    found = asked(question)
    assert found.order is None
    assert found.topic == question


@pytest.mark.parametrize(
    ("question", "order"),
    [
        ("what's the latest on drones", "newest"),
        ("latest vision-language models", "newest"),
        ("show me the newest from Lund", "newest"),
        ("which of them is the newest?", "newest"),
        ("the earliest published", "oldest"),
        ("which paper is the most popular", "most upvotes"),
        ("most discussed preprints", "most comments"),
        ("top-rated papers on birds", "most upvotes"),
    ],
)
def test_an_order_word_orders_papers(question: str, order: str) -> None:
    assert asked(question).order == order


@pytest.mark.parametrize(
    ("question", "is_fact"),
    [
        ("who is behind the attention sink", False),
        ("who is behind the success of drones?", False),
        ("who wrote the captions that it trains on", False),
        ("who released the weights", False),
        ("what do the authors of HeronNet claim?", False),
        ("who's behind HeronNet?", True),
        ("who is behind the drone paper", True),
        ("who wrote it?", True),
        ("who wrote heronnet", True),
        ("authors of HeronNet", True),
    ],
)
def test_only_papers_have_authors(question: str, is_fact: bool) -> None:
    assert ("authors" in asked(question).facts) is is_fact


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("what does paperx release?", ("releases",)),
        ("what did they release?", ("releases",)),
        ("do they release anything for others", ("releases",)),
        ("what has paperx released so far", ("releases",)),
        ("what is released with paperx?", ("releases",)),
        ("when was it released?", ("date",)),
        ("was paperx released in 2024", ("date",)),
        ("what year did they release it", ("date",)),
        ("has it been released yet", ("date",)),
        ("did they release the weights", ("code",)),
        ("has the code of paperx been released", ("code",)),
        ("who released paperx?", ("authors",)),
        ("when does it come out?", ("date",)),
        ("when does it break?", ()),
        ("when should i not use paperx", ()),
    ],
)
def test_what_is_released_and_when_something_happens_is_no_date(
    text: str, facts: tuple[str, ...]
) -> None:
    assert paper_facts(text) == facts
