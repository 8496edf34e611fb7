"""Measuring a model file, with a real llama.cpp and a tiny model."""

from pathlib import Path

import pytest

from rag.errors import ModelFileError
from rag.models.trial import ANSWER_TOKENS, PASSAGE, try_model


def test_a_model_is_measured(copying_model: Path) -> None:
    result = try_model(copying_model, n_ctx=2048, threads=1)
    assert result.n_ctx == 2048
    assert result.load_seconds > 0
    assert result.memory > copying_model.stat().st_size
    assert result.prompt_tokens > 500
    assert result.prompt_rate > 0
    assert result.answer_tokens == ANSWER_TOKENS
    assert set(result.answer.split()[:-1]) <= set(PASSAGE.split())  # this model copies


def test_a_model_that_takes_too_long_is_stopped(copying_model: Path) -> None:
    with pytest.raises(ModelFileError, match="did not answer within 0 seconds: use a smaller"):
        try_model(copying_model, n_ctx=2048, threads=1, seconds=0.01)


def test_a_prompt_beyond_the_context_is_the_models_fault(copying_model: Path) -> None:
    with pytest.raises(ModelFileError, match=r"copying\.gguf cannot be used \(prompt and answer"):
        try_model(copying_model, n_ctx=256, threads=1)
