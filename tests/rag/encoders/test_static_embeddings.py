"""Estimates of the encoder's vectors."""

import numpy as np

from rag.encoders.embedder import Embedder
from rag.encoders.static_embeddings import MAX_PIECES, StaticEmbeddings
from tests.papers import PAPERS

STATIC = StaticEmbeddings()
TEXTS = [f"{paper.title}\n{paper.abstract}" for paper in PAPERS]


def test_an_estimate_is_nearer_to_its_own_text_than_to_any_other(embedder: Embedder) -> None:
    cosines = embedder.encode(TEXTS) @ STATIC.estimate(TEXTS).T
    assert (cosines.argmax(axis=1) == np.arange(len(TEXTS))).all()


def test_a_question_finds_the_estimates_of_papers_on_it(embedder: Embedder) -> None:
    question = embedder.encode_question("counting birds from the air")
    assert (STATIC.estimate(TEXTS) @ question).argmax() == 0


def test_estimates_have_length_1_and_nothing_has_no_vector() -> None:
    assert np.allclose(np.linalg.norm(STATIC.estimate(TEXTS), axis=1), 1, atol=1e-5)
    assert STATIC.estimate([]).shape[0] == 0
    assert np.isfinite(STATIC.estimate(["", "\u0000", "雨"])).all()


def test_a_text_is_read_as_far_as_the_encoder_reads_it() -> None:
    text = "heron " * MAX_PIECES
    assert np.allclose(STATIC.estimate([text]), STATIC.estimate([text + "mortgage " * 99]))
