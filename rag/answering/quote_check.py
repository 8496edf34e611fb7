"""Whether the quoted sentence holds what a question asks about its paper.

An abstract may have the words of a question and yet not the detail that it asks for: "what learning
rate does it use?" is then answered with a sentence about something else. The signs of
answerability, which look at the whole abstract, are joined by how near the pieces of the question's
words are to those of the sentence. A logistic regression weighs them
(`python -m tests.benchmarks.details --fit`).
"""

import math
from typing import NamedTuple

from rag.answering.answerability import Signs
from rag.answering.sentence_match import AskedPieces
from rag.grounding.alignment import Reader
from rag.query.request import Request
from rag.records import Evidence


class QuoteSigns(NamedTuple):
    """What speaks for a quoted sentence, read from it, the question and the paper."""

    gap: float  # see answerability.Signs
    words: float  # see answerability.Signs
    evidence: float  # its score
    has_number: float  # see answerability.Signs
    cosine: float  # of the question and the sentence
    near: float  # mean cosine of the asked pieces and the nearest piece; missing ones weigh more


WEIGHTS = QuoteSigns(gap=-1.88, words=0.55, evidence=1.32, has_number=3.64, cosine=2.04, near=2.84)
BIAS = -10.93
SURE = 0.46  # how likely the sentence has to hold the answer: below, the paper may say it better


class QuoteCheck:
    """Estimates how likely a quoted sentence holds the answer. Thread-safe."""

    def __init__(self, reader: Reader) -> None:
        """`reader` reads the word pieces of texts, with the bundled encoder."""
        self.reader = reader

    def probability(self, signs: QuoteSigns) -> float:
        """Return how likely the sentence holds the answer, 0 to 1."""
        logit = BIAS + sum(w * sign for w, sign in zip(WEIGHTS, signs, strict=True))
        return 1 / (1 + math.exp(-logit))

    def signs(self, request: Request, of_paper: Signs, quoted: Evidence) -> QuoteSigns:
        """Read the signs from the question, those of its paper and the best sentence."""
        readings = self.reader.read([request.topic, quoted.sentence])
        sentence = readings[quoted.sentence]
        pieces = AskedPieces(readings[request.topic], [sentence])
        cosine, near, _ = pieces.compare(sentence)
        return QuoteSigns(
            of_paper.gap, of_paper.words, of_paper.evidence, of_paper.has_number, cosine, near
        )
