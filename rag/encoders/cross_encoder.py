"""Cross-encoders, loaded by sentence-transformers: models that read two texts together."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.encoders.embedder import choose_dtype
from rag.errors import CrossEncoderError, first_line

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

BATCH_PAIRS = 8  # the model sorts pairs by length: small batches need less padding


class PairScorer:
    """One cross-encoder and the labels of its scores. Thread-safe: one call at a time."""

    def __init__(self, model: "CrossEncoder") -> None:
        self.model = model
        self._lock = threading.Lock()  # tokenizers refuse a second thread with an error
        labels = getattr(model.config, "id2label", None) or {}
        self.labels = [str(labels[n]).casefold() for n in sorted(labels)]

    def scores(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """Return the raw scores, shape (len(pairs), scores per pair); long pairs are truncated.

        Raises CrossEncoderError, with the reason alone, if they are not finite numbers.
        """
        try:
            with self._lock:
                scores = self.model.predict(
                    list(pairs),
                    batch_size=BATCH_PAIRS,
                    show_progress_bar=False,
                    convert_to_numpy=True,
                )
        except Exception as error:  # any error of the model
            raise CrossEncoderError(first_line(error)) from error
        raw = np.asarray(scores, dtype=np.float64).reshape(len(pairs), -1)
        if not np.isfinite(raw).all():
            raise CrossEncoderError("its scores are not numbers")
        return raw


def load_pair_scorer(name: str, *, dtype: str) -> PairScorer:
    """Load the model of this name or folder; `dtype` as in `[rag.embedder]`.

    Raises CrossEncoderError, with the reason alone, if it cannot be loaded.
    """
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity
    from transformers.utils import logging

    from rag.web_client import reach_hub

    logging.disable_progress_bar()  # it would land in the answers
    options = {"dtype": choose_dtype(dtype)}
    by_proxy = ""
    try:
        by_proxy, is_open = reach_hub(name)
        # Raw scores: a sigmoid would squeeze the best ones together near 1.
        model: CrossEncoder = CrossEncoder(
            name,
            device="cpu",
            model_kwargs=options,
            activation_fn=Identity(),
            local_files_only=not is_open,
        )
    except Exception as error:  # a wrong name, no network, a broken file
        raise CrossEncoderError(f"{first_line(error)}{by_proxy}") from error
    # sentence-transformers gives a model without a scoring head a random one.
    architectures = getattr(model.config, "architectures", None) or ()
    if len(list(model.children())) == 1 and any(
        a.endswith(("Model", "MaskedLM")) for a in architectures
    ):
        raise CrossEncoderError("it is not a cross-encoder")
    return PairScorer(model)
