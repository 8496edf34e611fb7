"""The optional judge: what it makes of its model's scores, and what it says of a broken one."""

import json
from pathlib import Path

import pytest

from rag.config import CheckConfig
from rag.errors import JudgeError
from rag.grounding.judge import load_judge
from tests.models.tiny_cross_encoder import write_cross_encoder


def test_a_judge_of_three_labels_decides_by_entailment(tmp_path: Path) -> None:
    folder = write_cross_encoder(tmp_path / "nli", {"drone": 5.0}, scores=3)
    description = json.loads((folder / "config.json").read_text())
    assert "none of its labels is called entailment" in unusable(folder)
    description["id2label"] = {"0": "Contradiction", "1": "Entailment", "2": "Neutral"}
    description["label2id"] = {"Contradiction": 0, "Entailment": 1, "Neutral": 2}
    (folder / "config.json").write_text(json.dumps(description))
    judge = load_judge(CheckConfig(judge=str(folder)), dtype="float32")
    assert judge is not None
    # All three scores are alike in this model.
    assert judge.probability(["drone"], "video") == pytest.approx(1 / 3, abs=0.01)


def unusable(name: object) -> str:
    """Return the sentence that loading this judge ends with."""
    with pytest.raises(JudgeError, match=r"\[rag.check\] judge") as caught:
        load_judge(CheckConfig(judge=str(name)), dtype="float32")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_judge_that_cannot_be_loaded_is_one_sentence(tmp_path: Path) -> None:
    assert "no/such-folder" in unusable("no/such-folder")
    broken = write_cross_encoder(tmp_path / "broken", {"drone": 5.0})
    (broken / "model.safetensors").write_bytes(b"not the weights")
    assert str(broken) in unusable(broken)


def test_no_judge_is_the_default_and_nothing_needs_one_where_nothing_is_checked() -> None:
    assert load_judge(CheckConfig(), dtype="auto") is None
    assert load_judge(CheckConfig(judge="no/such", failed="keep"), dtype="auto") is None
