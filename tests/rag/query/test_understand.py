"""From a question to a request, with the sample papers."""

import pytest

from rag.errors import QuestionError
from rag.library import Library
from rag.query.followups import Past, resolve
from rag.query.request import Request
from rag.query.understand import QueryUnderstanding
from rag.records import Paper, Turn
from tests.papers import HERON, LOOM, PASTRY, TODAY


@pytest.fixture
def query(filled: Library) -> QueryUnderstanding:
    return QueryUnderstanding(
        filled.catalog,
        filled.retriever.keywords,
        filled.word_vectors,
        filled.bundled_embedder.encode_question,
    )


def test_papers_are_found_by_the_names_of_their_systems(query: QueryUnderstanding) -> None:
    assert query.understand("how accurate is HeronNet?", TODAY).named == (HERON,)


def test_misspelt_english_words_are_corrected(query: QueryUnderstanding) -> None:
    assert "accuracy" in query.understand("what acuracy does it reach?", TODAY).topic


def test_other_languages_are_translated_and_remembered(query: QueryUnderstanding) -> None:
    request = query.understand("wann wurde HeronNet veröffentlicht?", TODAY)
    assert (request.language, request.facts, request.named) == ("de", ("date",), (HERON,))


def test_authors_organisations_and_days_of_papers_come_from_the_catalogue(
    query: QueryUnderstanding,
) -> None:
    assert query.understand("papers by A. One", TODAY).author == "A. One"
    assert query.understand("papers by Z. Nobody", TODAY).author is None
    assert query.understand("papers from Crumb Lab", TODAY).organization == "Crumb Lab"
    window = query.understand("papers since PastryBench", TODAY).window
    assert window is not None
    assert window.since == PASTRY.day


def test_a_text_without_words_is_no_question(query: QueryUnderstanding) -> None:
    with pytest.raises(QuestionError):
        query.understand("???", TODAY)


def test_the_history_has_the_cited_papers_in_order_and_searches_where_they_are_unknown(
    query: QueryUnderstanding,
) -> None:
    searched: list[str] = []

    def papers_for(request: Request) -> list[Paper]:
        searched.append(request.topic)
        return [HERON]

    cited = (PASTRY.paper_id, "arxiv:0000.00000", LOOM.paper_id)  # one was removed since
    history = [Turn("which errors do bakers find?"), Turn("which papers use recipes?", cited)]
    first, second = query.past(history, TODAY, papers_for=papers_for)
    assert first.papers == (HERON,)
    assert searched == ["which errors do bakers find?"]
    assert second.papers == (PASTRY, LOOM)
    follow_up = query.past(
        [*history, Turn("and the second one?", ())], TODAY, papers_for=papers_for
    )
    assert follow_up[-1].request.pointed == (LOOM,)


def test_a_turn_without_a_question_is_a_list_that_numbers_refer_to(
    query: QueryUnderstanding,
) -> None:
    shown = tuple(paper.paper_id for paper in (HERON, PASTRY, LOOM))
    (past,) = query.past([Turn("", shown)], TODAY, papers_for=lambda _: [])
    assert past == Past(Request(topic="", kind="list"), (HERON, PASTRY, LOOM))
    assert resolve(query.understand("who wrote number 2?", TODAY), [past]).pointed == (PASTRY,)
    # "Recipes" is a word of one of them, which does not make it a question about the list.
    assert resolve(query.understand("what are recipes?", TODAY), [past]).pointed == ()
