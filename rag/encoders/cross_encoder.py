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

PAIRS_AT_ONCE = 8  # of similar length, as the model sorts them: less is padded than of all in one


class PairReader:
    """One cross-encoder and the names of its scores. Thread-safe: one reading at a time."""

    def __init__(self, model: "CrossEncoder") -> None:
        self.model = model
        self._reading = threading.Lock()  # tokenizers refuse a second thread with an error
        labels = getattr(model.config, "id2label", None) or {}
        self.labels = [str(labels[n]).casefold() for n in sorted(labels)]

    def scores(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """Return the bare scores, shape (len(pairs), scores a pair); long pairs are cut.

        Raises CrossEncoderError with the bare reason where they are no finite numbers.
        """
        try:
            with self._reading:
                scores = self.model.predict(
                    list(pairs),
                    batch_size=PAIRS_AT_ONCE,
                    show_progress_bar=False,
                    convert_to_numpy=True,
                )
        except Exception as error:  # whatever the model stumbles over
            raise CrossEncoderError(first_line(error)) from error
        found = np.asarray(scores, dtype=np.float64).reshape(len(pairs), -1)
        if not np.isfinite(found).all():
            raise CrossEncoderError("its scores are no numbers")
        return found


def load_pair_reader(name: str, *, dtype: str) -> PairReader:
    """Load the model of this name or folder; `dtype` as in `[rag.embedder]`.

    Raises CrossEncoderError with the bare reason where it cannot be loaded.
    """
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity
    from transformers.utils import logging

    logging.disable_progress_bar()  # it would land in the answers
    options = {"dtype": choose_dtype(dtype)}
    try:
        # The bare scores: a sigmoid would press the best ones together at 1.
        model: CrossEncoder = CrossEncoder(
            name, device="cpu", model_kwargs=options, activation_fn=Identity()
        )
    except Exception as error:  # a wrong name, no network, a broken file
        raise CrossEncoderError(first_line(error)) from error
    # sentence-transformers gives a model without a head for scores one of random numbers.
    made = getattr(model.config, "architectures", None) or ()
    if len(list(model.children())) == 1 and any(a.endswith(("Model", "MaskedLM")) for a in made):
        raise CrossEncoderError("it is no cross-encoder")
    return PairReader(model)
