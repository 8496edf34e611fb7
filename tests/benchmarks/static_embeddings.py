"""Measure how well abstracts' vectors are estimated without encoding, and fit the estimate.

    python -m tests.benchmarks.static_embeddings          prints the figures
    python -m tests.benchmarks.static_embeddings --fit    also writes the map

The papers are real ones, Daily Papers and arXiv's, in a random order. A seventh is left out of the
fit and measured on: the cosine of each estimate with the vector, and how far the cosines of one
paper's vector with the others' estimates go with those of the vectors.
"""

import argparse
import random
import time

import numpy as np
from numpy.typing import NDArray

from rag.config import EmbedderConfig
from rag.encoders.embedder import Vectors, load_embedder, to_unit_length
from rag.encoders.static_embeddings import MAP, static_model
from rag.retrieval.chunk import abstract_chunk
from tests.benchmarks.synthetic import real_papers

ALL = 81_446
LEFT_OUT = 1 / 7
PENALTY = 0.0075  # of ridge regression; from 0.0025 to 0.025 hardly anything changes


def main() -> None:
    """Print the figures, and write the map if asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.static_embeddings")
    parser.add_argument("--papers", type=int, default=5_000)
    parser.add_argument("--fit", action="store_true", help="Write the map")
    given = parser.parse_args()
    papers = real_papers(ALL)
    random.Random(0).shuffle(papers)
    texts = [abstract_chunk(paper).text for paper in papers[: given.papers]]
    started = time.perf_counter()
    vectors = load_embedder(EmbedderConfig()).encode(texts)
    encoded = time.perf_counter() - started
    started = time.perf_counter()
    means = _means(texts)
    estimated = time.perf_counter() - started
    count = round(len(texts) * (1 - LEFT_OUT))
    weights, bias = _fit(means[:count], vectors[:count])
    estimates, true = to_unit_length(means[count:] @ weights + bias), vectors[count:]
    cosines = np.einsum("ij,ij->i", estimates, true)
    others = ~np.eye(len(true), dtype=bool)
    together = np.corrcoef((true @ true.T)[others], (true @ estimates.T)[others])[0, 1]
    print(f"{count:,} papers, measured on {len(true):,} others")
    print(f"cosine {cosines.mean():.3f}, 5th percentile {np.percentile(cosines, 5):.3f}")
    print(f"correlation of cosines with other papers {together:.3f}")
    print(f"encoding takes {encoded / estimated:.0f} times as long")
    if given.fit:
        weights, bias = _fit(means, vectors)
        np.savez_compressed(MAP, weights=weights.astype(np.float16), bias=bias.astype(np.float16))
        print(f"{MAP.name}: {MAP.stat().st_size / 1e6:.1f} MB")


def _means(texts: list[str]) -> Vectors:
    """Return the mean of each text's centred input embeddings, shape (texts, dimensions)."""
    size = load_embedder(EmbedderConfig()).encode(["any"]).shape[1]
    model = static_model(np.eye(size, dtype=np.float32), np.zeros(size, dtype=np.float32))
    parts = [
        model(model.preprocess(texts[start : start + 100]))["sentence_embedding"].detach().numpy()
        for start in range(0, len(texts), 100)
    ]
    return np.concatenate(parts)


def _fit(means: Vectors, vectors: Vectors) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weights and bias of the map from means to vectors."""
    centre, target = means.mean(0), vectors.mean(0)
    x = (means - centre).astype(np.float64)
    weights = np.linalg.solve(x.T @ x + PENALTY * np.eye(x.shape[1]), x.T @ (vectors - target))
    return weights.astype(np.float32), (target - centre @ weights).astype(np.float32)


if __name__ == "__main__":
    main()
