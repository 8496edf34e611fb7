"""What a request derives from its fields, and what counts as a question."""

from dataclasses import replace
from typing import Any

import pytest

from rag.errors import QuestionError
from rag.query.request import MAX_QUESTION, AuthorCount, Request, clean_question
from rag.records import Window
from tests.papers import HERON, LOOM, PASTRY, TODAY


def test_a_question_gets_plain_spaces() -> None:
    assert clean_question("  how many\n\tbirds?\u00a0 ") == "how many birds?"


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (" \n", "the question is empty"),
        ("?! …", "there is no word in the question"),
        ("birds " * MAX_QUESTION, "characters: ask in 2,000 or fewer"),
    ],
)
def test_a_text_that_asks_nothing_is_refused(question: str, message: str) -> None:
    with pytest.raises(QuestionError, match=message):
        clean_question(question)


def test_a_request_is_about_the_papers_it_refers_back_to_else_those_it_names() -> None:
    assert Request(topic="birds").subjects == ()
    named = Request(topic="HeronNet", named=(HERON,))
    assert named.subjects == (HERON,)
    assert replace(named, pointed=(LOOM,)).subjects == (LOOM,)


def test_the_terms_of_names_come_from_the_named_papers_only() -> None:
    request = Request(topic="does it count?", named=(HERON,), pointed=(PASTRY,))
    assert "heronnet" in request.name_terms
    assert "pastrybench" not in request.name_terms
    assert replace(request, named=()).name_terms == frozenset()


@pytest.mark.parametrize(
    ("authors", "fitting", "text"),
    [
        (AuthorCount(2, 2), {2}, "with 2 authors"),
        (AuthorCount(1, 1), {1}, "with 1 author"),
        (AuthorCount(3, None), {3, 4}, "with 3 or more authors"),
        (AuthorCount(0, 2), {1, 2}, "with 2 or fewer authors"),
        (AuthorCount(unknown=True), {None}, "without an author count"),
    ],
)
def test_author_counts_fit_and_read_as_they_were_asked(
    authors: AuthorCount, fitting: set[int | None], text: str
) -> None:
    assert {count for count in (None, 1, 2, 3, 4) if authors.fits(count)} == fitting
    assert str(authors) == text


@pytest.mark.parametrize(
    ("slots", "says"),
    [
        ({"without_code": True}, "without code"),
        ({"excluded": ("video", "audio")}, "not on video or audio"),
        ({"excluded": ("video",), "without_code": True}, "without code, not on video"),
        ({"with_code": True}, ""),
    ],
)
def test_what_is_left_out_is_said(slots: dict[str, Any], says: str) -> None:
    request = Request(topic="birds", **slots)
    assert (request.left_out, str(request), request.is_filter) == (says, says, bool(says))
    assert request.understood() == "; ".join(filter(None, ("about “birds”", says)))


def test_filters_and_everything_understood_are_put_into_words() -> None:
    request = Request(
        topic="birds",
        window=Window(TODAY, TODAY),
        author="A. One",
        count=True,
        facts=("date", "upvotes"),
        named=(HERON,),
    )
    assert request.is_filter
    assert str(request) == "by A. One, featured or published 2025-12-08"
    assert request.understood() == (
        "counted; asked for date and upvotes; about “birds”; "
        f"by A. One, featured or published 2025-12-08; in {HERON.title}"
    )


def test_the_kind_is_named_with_who_decided_it() -> None:
    request = Request(topic="birds", kind="list", reader="classifier", certainty=0.826)
    assert request.read_as == "a list of papers (by the classifier, 0.83)"
    assert replace(request, reader="model").read_as == "a list of papers (by the model)"


def test_a_standalone_question_names_what_it_refers_back_to() -> None:
    request = Request(topic="why", pointed=(HERON, LOOM))
    assert request.standalone("why?") == f"why? (about {HERON.title}; {LOOM.title})"
    assert Request(topic="on birds").standalone("and on birds?") == "on birds"
