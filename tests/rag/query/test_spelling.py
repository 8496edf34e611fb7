import pytest

from rag.library import Library
from rag.query.spelling import SpellingCorrector


@pytest.fixture
def corrector(filled: Library) -> SpellingCorrector:
    return SpellingCorrector(filled.retriever.keywords, filled.word_vectors)


@pytest.mark.parametrize(
    ("typed", "corrected"),
    [
        ("how much acuracy?", "how much accuracy?"),
        ("what is the benchmrk of birds", "what is the benchmark of birds"),
        ("transfomer for sensors", "transformer for sensors"),
    ],
)
def test_a_misspelt_word_is_corrected(
    corrector: SpellingCorrector, typed: str, corrected: str
) -> None:
    assert corrector.correct(typed) == corrected


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
def test_other_words_stay_unchanged(corrector: SpellingCorrector, question: str) -> None:
    assert corrector.correct(question) == question


def test_the_words_of_new_papers_are_used(library: Library) -> None:
    from ingest.sync import ingest
    from tests.papers import ListSource

    corrector = SpellingCorrector(library.retriever.keywords, library.word_vectors)
    assert corrector.correct("acuracy") == "acuracy"
    ingest(ListSource(), library)
    assert corrector.correct("acuracy") == "accuracy"


def test_words_of_requests_are_known(filled: Library) -> None:
    corrector = SpellingCorrector(
        filled.retriever.keywords, filled.word_vectors, known={"accuracie"}
    )
    assert corrector.correct("the accuracie") == "the accuracie"
    assert corrector.correct("the accuracie of acuracy") == "the accuracie of accuracy"
