"""An optional cross-encoder that re-orders the best papers.

An embedder reads question and paper apart, a cross-encoder reads them together: it judges better
and takes a thousand times as long, so it reads only the best few (https://sbert.net,
"Retrieve & Re-Rank").
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rag.config import RetrievalConfig
from rag.encoders.cross_encoder import PairScorer, load_pair_scorer
from rag.errors import CrossEncoderError, RerankerError
from rag.records import Hit


class Reranker:
    """One cross-encoder and its weight. Thread-safe: one question at a time."""

    def __init__(self, scorer: PairScorer, *, top: int, weight: float) -> None:
        """`top` is how many hits it reads; `weight`, 0 to 1, is its share of their score."""
        self.scorer = scorer
        self.top = top
        self.weight = weight

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """Return the same hits, the first `top` of them ordered by their blended score.

        The cross-encoder's scores have a different scale for each question. So they are stretched
        (min-max) over the range of these hits' fused scores: both count by their weights alone, no
        score leaves the range that evidence is judged by, and no paper that was read falls behind
        one that was not.
        """
        head, tail = hits[: self.top], hits[self.top :]
        if len(head) < 2:
            return [*hits]
        fused = np.array([hit.score for hit in head])
        pairs = [(question, f"{hit.paper.title}\n{hit.paper.abstract}") for hit in head]
        scores = self.scorer.scores(pairs)[:, 0]
        spread = scores.max() - scores.min()
        share = (scores - scores.min()) / spread if spread > 0 else np.ones_like(scores)
        stretched = fused.min() + share * (fused.max() - fused.min())
        blended = (1 - self.weight) * fused + self.weight * stretched
        order = np.argsort(-blended, kind="stable")
        return [*(replace(head[i], score=float(blended[i])) for i in order), *tail]


def load_reranker(config: RetrievalConfig, *, dtype: str) -> Reranker | None:
    """Load the model that the config names, or return None; `dtype` is the embedder's.

    Raises RerankerError if it cannot be loaded or does not give one score per pair.
    """
    if not config.reranker:
        return None
    try:
        scorer = load_pair_scorer(config.reranker, dtype=dtype)
        scores = scorer.scores([("a test", "a first paper"), ("a test", "another one")])
    except CrossEncoderError as error:
        raise _unusable(config.reranker, str(error)) from error
    if scores.shape != (2, 1):
        raise _unusable(config.reranker, "it does not give one score per pair")
    return Reranker(scorer, top=config.rerank_top, weight=config.rerank_weight)


def _unusable(name: str, why: str) -> RerankerError:
    return RerankerError(
        f"the reranker {name} cannot be used ({why}): "
        'check [rag.retrieval] reranker in config.toml, or set it to "".'
    )
