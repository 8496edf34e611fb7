"""Which sentence of a paper answers a question."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from rag.config import RagConfig
from rag.encoders.answer_scorer import AnswerScorer
from rag.encoders.embedder import SentenceTransformerEmbeddings, Vectors, load_embedder

Scores = Callable[..., Vectors]

SENTENCES = (
    "2 Data\nThe corpus holds 61,000 recordings of creaking doors from 212 houses.",
    "2 Data\nEvery door was recorded by its owner with a telephone.",
    "3 Training\nAll runs were done on two consumer cards within an afternoon.",
    "3 Training\nThe step size falls from 4e-4 to zero along half a cosine.",
    "3 Training\nThe baseline was trained by its authors on 64 accelerators.",
    "4 Results\nHinge names the house correctly for 71.4% of the held-out doors.",
    "5 Limitations\nOiled doors fool it, since nothing is left to be heard.",
    "6 Availability\nRecordings may be shared for research, not for profit.",
)
ANSWERS = {
    "how many recordings are there?": 0,
    "who made the recordings": 1,
    "what hardware did they need": 2,
    "learning rate schedule?": 3,
    "how accurate is it": 5,
    "when does it fail?": 6,
    "can a company use the data?": 7,
}


@pytest.fixture(scope="module")
def scores() -> Scores:
    embeddings = load_embedder(RagConfig().embedder).embeddings
    assert isinstance(embeddings, SentenceTransformerEmbeddings)
    scorer = AnswerScorer(embeddings)

    def of(question: str, sentences: Sequence[str] = SENTENCES) -> Vectors:
        asked, *read = embeddings.encode_tokens([question, *sentences])
        return scorer.scores(asked, read)

    return of


def test_the_sentence_that_answers_is_among_the_first(scores: Scores) -> None:
    ranks = [
        np.argsort(-scores(question)).tolist().index(right) for question, right in ANSWERS.items()
    ]
    assert max(ranks) < 3
    assert ranks.count(0) >= 4


def test_a_score_is_higher_if_something_answers(scores: Scores) -> None:
    answered = [scores(question).max() for question in ANSWERS]
    open_questions = ("how long are the recordings?", "what is the weight decay", "which language?")
    unanswered = [scores(question).max() for question in open_questions]
    assert np.mean(answered) > np.mean(unanswered) + 1


def test_scores_do_not_depend_on_order_or_company(scores: Scores) -> None:
    question = "what hardware did they need"
    in_order = scores(question)
    turned = scores(question, SENTENCES[::-1])
    assert in_order.shape == (len(SENTENCES),)
    assert np.allclose(in_order, turned[::-1], atol=0.15)  # bfloat16 on some processors


@pytest.mark.slow
def test_no_sentence_no_words_and_very_long_ones(scores: Scores) -> None:
    assert scores("what hardware?", []).shape == (0,)
    odd = ("", "?", "word " * 2_000)
    for question in ("", "…", "word " * 2_000):
        assert np.isfinite(scores(question, odd)).all()
