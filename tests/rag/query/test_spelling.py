import pytest

from rag.library import Library
from rag.query.spelling import Speller


@pytest.fixture
def speller(filled: Library) -> Speller:
    return Speller(filled.retriever.keywords, filled.word_vectors)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("how much acuracy?", "how much accuracy?"),
        ("what is the benchmrk of birds", "what is the benchmark of birds"),
        ("transfomer for sensors", "transformer for sensors"),
    ],
)
def test_a_word_typed_wrong_is_set_right(speller: Speller, typed: str, meant: str) -> None:
    assert speller.correct(typed) == meant


@pytest.mark.parametrize(
    "question",
    [
        "does it need a helicopter?",  # a common word that no paper has
        "Heronet and LongTyde",  # names are nobody's typing error
        "what is an egrtt",  # too short to tell
        "zzzzzzzz",
        "",
    ],
)
def test_other_words_stay(speller: Speller, question: str) -> None:
    assert speller.correct(question) == question


def test_new_papers_bring_new_words(library: Library) -> None:
    from ingest.sync import ingest
    from tests.papers import ListSource

    speller = Speller(library.retriever.keywords, library.word_vectors)
    assert speller.correct("acuracy") == "acuracy"
    ingest(ListSource(), library)
    assert speller.correct("acuracy") == "accuracy"
