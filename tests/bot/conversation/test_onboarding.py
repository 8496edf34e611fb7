"""The hint shows a question that the library can answer."""

from dataclasses import replace

from bot.conversation.onboarding import DEFAULT_QUESTION, NO_PAPERS, example_question, hint
from ingest.sync import ingest
from rag.library import Library
from tests.papers import HERON, TIDAL, ListSource


def test_an_empty_library_says_how_to_fill_it(library: Library) -> None:
    assert hint(library.catalog) == NO_PAPERS
    assert example_question(library.catalog) == DEFAULT_QUESTION


def test_the_example_is_the_most_upvoted_paper_of_the_latest_day(library: Library) -> None:
    day = HERON.featured_on
    few, many = (replace(TIDAL, featured_on=day, upvotes=1), replace(HERON, upvotes=9))
    ingest(ListSource([few, many]), library)
    question = example_question(library.catalog)
    assert question == "what is HeronNet about?"
    assert question in hint(library.catalog)
