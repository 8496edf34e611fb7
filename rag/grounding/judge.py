"""An optional judge of written sentences: whether one follows from the papers it cites.

A cross-encoder for natural language inference (NLI) reads both together. It knows more ways to say
a thing than the bundled encoder, and takes about as long for each sentence as the reranker for
each paper.
"""

from collections.abc import Sequence

import numpy as np

from rag.config import CheckConfig
from rag.encoders.cross_encoder import PairScorer, load_pair_scorer
from rag.errors import CrossEncoderError, JudgeError

ENTAILS = "entail"  # how the label begins, in whatever order a model has its labels


class Judge:
    """One cross-encoder that gives each pair one score, or one for "entailment". Thread-safe."""

    def __init__(self, reader: PairScorer, *, name: str) -> None:
        self.reader = reader
        self.name = name
        self.entails = [n for n, label in enumerate(reader.labels) if label.startswith(ENTAILS)]

    def probability(self, sources: Sequence[str], sentence: str) -> float:
        """Return how likely the sentence follows from the one of these texts that says most of it.

        One score counts by its sigmoid, several by the softmax's share of "entailment". Raises
        JudgeError where the model gives neither.
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
    """Load the model that the config names, if it names one; `dtype` is the embedder's.

    Raises JudgeError where it cannot be loaded or gives no judgement.
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
