"""An optional model that judges whether a written sentence follows from the papers it cites.

It is a cross-encoder for natural language inference (NLI), which reads the sentence and the source
together. It recognises more paraphrases than the bundled encoder, and takes about as long for a
sentence as the reranker takes for a paper.
"""

from collections.abc import Sequence

import numpy as np

from rag.config import CheckConfig
from rag.encoders.cross_encoder import PairScorer, load_pair_scorer
from rag.errors import CrossEncoderError, JudgeError

ENTAILS = "entail"  # how the label begins; models order their labels differently


class Judge:
    """A cross-encoder with a single score, or with one label for entailment. Thread-safe."""

    def __init__(self, reader: PairScorer, *, name: str) -> None:
        self.reader = reader
        self.name = name
        self.entails = [n for n, label in enumerate(reader.labels) if label.startswith(ENTAILS)]

    def probability(self, sources: Sequence[str], sentence: str) -> float:
        """Return the probability that the sentence follows from the text that supports it best.

        A single score is turned into a probability by a sigmoid, several by a softmax over the
        labels. Raises JudgeError if the model has several labels and none is entailment.
        """
        try:
            scores = self.reader.scores([(source, sentence) for source in sources])
        except CrossEncoderError as error:
            raise _unusable(self.name, str(error)) from error
        if scores.shape[1] == 1:
            return float((1 / (1 + np.exp(-scores))).max())
        if len(self.entails) != 1:
            raise _unusable(self.name, "none of its labels is called entailment")
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        return float((shares[:, self.entails[0]] / shares.sum(axis=1)).max())


def load_judge(config: CheckConfig, *, dtype: str) -> Judge | None:
    """Load the model that the config names, if any; `dtype` is that of the embedder.

    Raises JudgeError if it cannot be loaded or used.
    """
    if not config.judge or config.failed == "keep":
        return None
    try:
        judge = Judge(load_pair_scorer(config.judge, dtype=dtype), name=config.judge)
    except CrossEncoderError as error:
        raise _unusable(config.judge, str(error)) from error
    judge.probability(["a test"], "a sentence")
    return judge


def _unusable(name: str, why: str) -> JudgeError:
    return JudgeError(
        f"the judge {name} cannot be used ({why}): "
        'check [rag.check] judge in config.toml, or set it to "".'
    )
