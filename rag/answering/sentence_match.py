"""How well the sentences of one paper answer a question: the signs, and the weights of the signs.

Each piece of a word in the question is compared with every piece in a sentence (see
rag/grounding/alignment.py): "hardware" finds "GPUs", and "weight decay" does not find the decay of
an average. A piece weighs the more the fewer sentences have it, so the paper's own name weighs
little. What comes of reading both together (rag/encoders/answer_scorer.py) is one sign more.
`python -m tests.benchmarks.whole_papers --fit` fits the weights.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.grounding.alignment import Reading

Vectors = NDArray[np.float32]


class SentenceSigns(NamedTuple):
    """What speaks for a sentence."""

    cosine: float  # of the question and the sentence below its heading
    words: float  # share, by weight, of the asked words that it, its heading and caption have
    near: float  # mean cosine, by weight, of the asked pieces and the nearest piece
    worst: float  # the least of these cosines
    has_number: float  # 1 if the question asks for a number, and it has a digit
    read: float  # the log-odds that it answers, from reading both together (AnswerScorer)


class PaperSigns(NamedTuple):
    """What speaks for the paper's having an answer."""

    cosine: float  # of the best sentence
    near: float  # of the best sentence
    nearest: float  # of any sentence
    best_worst: float  # of any sentence
    gap: float  # the widest that the best sentence's passage leaves, see answerability.Signs
    lacks_names: float
    has_number: float
    read: float  # the highest log-odds of any sentence


SENTENCE_WEIGHTS = SentenceSigns(-0.43, 1.67, 1.84, 0.83, 0.07, 1.11)
PAPER_WEIGHTS = PaperSigns(3.48, 1.05, 1.75, 1.15, -0.66, -1.12, 1.59, 0.3)
PAPER_BIAS = -4.25


def sentence_score(signs: SentenceSigns) -> float:
    """Return a score whose softmax over a paper's sentences is how likely each one answers."""
    return sum(w * sign for w, sign in zip(SENTENCE_WEIGHTS, signs, strict=True))


def paper_probability(signs: PaperSigns) -> float:
    """Return how likely the paper answers the question, 0 to 1."""
    logit = PAPER_BIAS + sum(w * sign for w, sign in zip(PAPER_WEIGHTS, signs, strict=True))
    return 1 / (1 + math.exp(-logit))


def shares(scores: Sequence[float]) -> list[float]:
    """Return the softmax of some scores."""
    powers = np.exp(np.asarray(scores) - max(scores, default=0.0))
    return [float(share) for share in powers / powers.sum()]


class AskedPieces:
    """The word pieces of a question, weighed by how few of a paper's sentences have them."""

    def __init__(self, question: Reading, sentences: Sequence[Reading]) -> None:
        counts = Counter(piece for reading in sentences for piece in set(_pieces(reading)))
        weights = np.array([idf(counts[p], len(sentences)) for p in _pieces(question)])
        said = weights * question.says
        self.weights = said if said.any() else np.ones(len(weights))
        self.vectors = question.vectors
        self.mean = _mean(question)

    def compare(self, sentence: Reading) -> tuple[float, float, float]:
        """Return the cosine of the whole texts, and the mean and the least of the pieces'."""
        if not len(sentence.vectors) or not len(self.vectors):
            return 0.0, 0.0, 0.0
        nearest = (self.vectors @ sentence.vectors.T).max(axis=1)
        near = float(self.weights @ nearest / self.weights.sum())
        return float(self.mean @ _mean(sentence)), near, float(nearest[self.weights > 0].min())


def _pieces(reading: Reading) -> list[str]:
    return [reading.text[start:end].casefold() for start, end in reading.spans]


def _mean(reading: Reading) -> Vectors:
    mean = reading.vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), dtype=np.float32)


def idf(count: int, total: int) -> float:
    """Return the weight of what so many of all texts have."""
    return math.log(1 + (total - count + 0.5) / (count + 0.5))
