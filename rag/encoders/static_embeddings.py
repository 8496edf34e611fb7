"""The bundled encoder's vectors of texts, estimated a hundred times as fast as it encodes them.

The mean of a text's input embeddings goes through a linear map onto what the encoder makes of the
text: a static embedding model, as Model2Vec distils them. The map was fitted to abstracts by ridge
regression (`python -m tests.benchmarks.static_embeddings --fit`).
"""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.encoders.embedder import Vectors, to_unit_length
from rag.encoders.word_vectors import input_embeddings

if TYPE_CHECKING:
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

MAP = Path(__file__).with_name("static_embeddings.npz")
MAX_PIECES = 256  # of a text that are read, as many as the encoder reads


class StaticEmbeddings:
    """Estimates of the bundled encoder's vectors. Thread-safe; loaded when first used."""

    def estimate(self, texts: list[str]) -> Vectors:
        """Return one unit vector per text, shape (len(texts), dimensions), float32."""
        import torch

        if not texts:
            return np.empty((0, self._model.embedding_dim), dtype=np.float32)
        with torch.inference_mode():
            features = self._model(self._model.preprocess(texts))
        return to_unit_length(features["sentence_embedding"].numpy())

    @cached_property
    def _model(self) -> "StaticEmbedding":
        with np.load(MAP) as stored:
            weights = stored["weights"].astype(np.float32)
            bias = stored["bias"].astype(np.float32)
        return static_model(weights, bias)


def static_model(weights: NDArray[np.float32], bias: NDArray[np.float32]) -> "StaticEmbedding":
    """Return the model that maps the mean of a text's centred input embeddings.

    `weights` has shape (dimensions of the input embeddings, dimensions), `bias` (dimensions,).
    """
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    tokenizer, inputs = input_embeddings()
    tokenizer.enable_truncation(MAX_PIECES)
    return StaticEmbedding(tokenizer, embedding_weights=inputs @ weights + bias)
