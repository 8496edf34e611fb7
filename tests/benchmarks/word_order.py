"""Fit rag/answering/word_order.npy: sentences of abstracts against the same ones scrambled.

    python -m tests.benchmarks.word_order FILE [--fit]

FILE is one that `paperboy ingest` reads. Papers of the days whose answers `tests.benchmarks.gate`
reads are left out. Prints the area under the ROC curve on a sixth of the papers that is held out;
--fit writes the weights.
"""

import argparse
import random
from datetime import date
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from ingest.sources.files import FileSource
from rag.config import EmbedderConfig
from rag.encoders.embedder import load_embedder
from rag.records import Paper
from rag.text.sentences import split_sentences

LEFT_OUT = (date(2025, 11, 3), date(2025, 12, 12))
SENTENCES = 12_000
WORDS = range(6, 41)  # in a sentence
WEIGHTS = Path("rag/answering/word_order.npy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    chance = random.Random(1)
    papers = [
        paper
        for paper in FileSource(options.file, today=LEFT_OUT[1]).records()
        if isinstance(paper, Paper)
        and not (paper.featured_on and LEFT_OUT[0] <= paper.featured_on <= LEFT_OUT[1])
    ]
    chance.shuffle(papers)
    sentences = [
        (sentence, n % 6 == 0)
        for n, paper in enumerate(papers)
        for sentence in split_sentences(paper.abstract)
        if len(sentence.split()) in WORDS
    ][:SENTENCES]
    texts = [s for s, _ in sentences] + [scramble(s, chance) for s, _ in sentences]
    vectors = np.array(load_embedder(EmbedderConfig()).embeddings.embed_documents(texts))
    is_sentence = np.repeat([True, False], len(sentences))
    is_held = np.tile([held for _, held in sentences], 2)
    model = LogisticRegression(C=30.0, max_iter=3000)
    model.fit(vectors[~is_held], is_sentence[~is_held])
    odds = model.decision_function(vectors[is_held])
    print(f"{len(sentences):,} sentences, AUC {roc_auc_score(is_sentence[is_held], odds):.3f}")
    if options.fit:
        np.save(WEIGHTS, np.append(model.coef_[0], model.intercept_[0]).astype(np.float32))


def scramble(sentence: str, chance: random.Random) -> str:
    """Return the words in another order: all, in windows, at the end, or with some left out."""
    words = sentence.split()
    match chance.randrange(4):
        case 0:
            chance.shuffle(words)
        case 1:
            words = [
                w for n in range(0, len(words), 5) for w in _shuffled(words[n : n + 5], chance)
            ]
        case 2:
            kept = len(words) // 3
            words = words[:kept] + _shuffled(words[kept:], chance)
        case _:
            words = [word for word in words if chance.random() < 0.65]
            words = [
                w for n in range(0, len(words), 3) for w in _shuffled(words[n : n + 3], chance)
            ]
    return " ".join(words)


def _shuffled(words: list[str], chance: random.Random) -> list[str]:
    return chance.sample(words, len(words))


if __name__ == "__main__":
    main()
