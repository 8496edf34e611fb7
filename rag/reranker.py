"""An optional second opinion on the best papers: a cross-encoder reads each with the question.

An embedder reads question and paper apart, a cross-encoder reads them together: it judges better
and takes a thousand times as long, so it is given only the best few (https://sbert.net,
"Retrieve & Re-Rank").
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.config import RetrievalConfig
from rag.embedder import choose_dtype
from rag.errors import RerankerError, first_line
from rag.records import Hit

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

PAIRS_AT_ONCE = 8  # of similar length, as the model sorts them: less is padded than of all in one


class Reranker:
    """One cross-encoder and how much it counts. Thread-safe: one question at a time."""

    def __init__(self, model: "CrossEncoder", *, top: int, weight: float) -> None:
        """`top` is how many hits it reads; `weight`, 0 to 1, is its share of their score."""
        self.model = model
        self.top = top
        self.weight = weight
        self._reading = threading.Lock()  # tokenizers refuse a second thread with an error

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """Return the same hits, the first `top` of them by their blended score.

        The cross-encoder's scores have a scale of their own for each question. So they are
        stretched (min-max) over the range of these hits' fused scores: both count by their
        weights alone, no score leaves the range that the evidence is judged by, and no paper
        that was read falls behind one that was not.
        """
        head, tail = hits[: self.top], hits[self.top :]
        if len(head) < 2:
            return [*hits]
        fused = np.array([hit.score for hit in head])
        read = self._scores([(question, f"{h.paper.title}\n{h.paper.abstract}") for h in head])
        spread = read.max() - read.min()
        share = (read - read.min()) / spread if spread > 0 else np.ones_like(read)
        stretched = fused.min() + share * (fused.max() - fused.min())
        blended = (1 - self.weight) * fused + self.weight * stretched
        order = np.argsort(-blended, kind="stable")
        return [*(replace(head[i], score=float(blended[i])) for i in order), *tail]

    def _scores(self, pairs: list[tuple[str, str]]) -> NDArray[np.float64]:
        """Return one score a pair, higher is better, shape (len(pairs),); long pairs are cut."""
        with self._reading:
            scores = self.model.predict(
                pairs, batch_size=PAIRS_AT_ONCE, show_progress_bar=False, convert_to_numpy=True
            )
        return np.asarray(scores, dtype=np.float64)


def load_reranker(config: RetrievalConfig, *, dtype: str) -> Reranker | None:
    """Load the model that the config names, if it names one; `dtype` is the embedder's.

    Raises RerankerError where it cannot be loaded or does not give one score a pair.
    """
    if not config.reranker:
        return None
    model = _load_cross_encoder(config.reranker, choose_dtype(dtype))
    reranker = Reranker(model, top=config.rerank_top, weight=config.rerank_weight)
    try:
        scores = reranker._scores([("a test", "a first paper"), ("a test", "another one")])
    except Exception as error:  # whatever the model stumbles over
        raise _unusable(config.reranker, first_line(error)) from error
    if scores.shape != (2,) or not np.isfinite(scores).all():
        raise _unusable(config.reranker, "it does not give one score a pair")
    return reranker


def _load_cross_encoder(name: str, dtype: str) -> "CrossEncoder":
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # it would land in the answers
    try:
        # The bare scores: a sigmoid would press the best ones together at 1.
        model: CrossEncoder = CrossEncoder(
            name, device="cpu", model_kwargs={"dtype": dtype}, activation_fn=Identity()
        )
    except Exception as error:  # a wrong name, no network, a broken file
        raise _unusable(name, first_line(error)) from error
    # sentence-transformers gives a model without a head for scores one of random numbers.
    made = getattr(model.config, "architectures", None) or ()
    if len(list(model.children())) == 1 and any(a.endswith(("Model", "MaskedLM")) for a in made):
        raise _unusable(name, "it is no cross-encoder")
    return model


def _unusable(name: str, why: str) -> RerankerError:
    return RerankerError(
        f"the reranker {name} cannot be used ({why}): "
        'check [rag.retrieval] reranker in config.toml, or set it to "".'
    )
