"""Scores of pairs of texts, from a tiny model with known scores."""

from pathlib import Path

import numpy as np
import pytest

from rag.encoders.cross_encoder import load_pair_scorer
from rag.encoders.embedder import bundled_path
from rag.errors import CrossEncoderError
from tests.models.tiny_cross_encoder import write_cross_encoder

MERITS = {"drone": 1.0, "recipe": 2.0}
PAIRS = [("q", "a recipe"), ("q", "nothing"), ("q", "a drone " * 3), ("q", "a recipe")]


def test_scores_are_raw_and_in_the_order_of_the_pairs(tmp_path: Path) -> None:
    scorer = load_pair_scorer(str(write_cross_encoder(tmp_path, MERITS)), dtype="float32")
    scores = scorer.scores(PAIRS)
    assert scores.shape == (4, 1)
    recipe, nothing, drone, again = scores[:, 0]
    assert recipe > drone > nothing
    assert recipe == pytest.approx(again, abs=1e-3)
    assert recipe > 1  # no sigmoid


def test_a_model_can_give_several_scores_with_labels(tmp_path: Path) -> None:
    scorer = load_pair_scorer(str(write_cross_encoder(tmp_path, MERITS, scores=3)), dtype="float32")
    assert scorer.scores(PAIRS).shape == (4, 3)
    assert scorer.labels == ["label_0", "label_1", "label_2"]


def test_scores_that_are_not_numbers_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = load_pair_scorer(str(write_cross_encoder(tmp_path, MERITS)), dtype="float32")
    monkeypatch.setattr(scorer.model, "predict", lambda pairs, **_: np.full(len(pairs), np.nan))
    with pytest.raises(CrossEncoderError, match="not numbers"):
        scorer.scores(PAIRS)


@pytest.mark.parametrize(
    ("name", "says"), [("no/such-model", "huggingface.co"), (bundled_path(), "not a cross")]
)
def test_what_is_not_a_cross_encoder_is_refused(name: str, says: str) -> None:
    with pytest.raises(CrossEncoderError, match=says) as caught:
        load_pair_scorer(name, dtype="float32")
    assert "\n" not in str(caught.value)
