"""The recommended models, and the ways to name one."""

import pytest

from rag.errors import ModelFileError
from rag.models.known_models import (
    DEFAULT_MODEL,
    KNOWN_MODELS,
    RESERVED_BYTES,
    HubFile,
    find_known_model,
    fits_memory,
    parse_source,
    suggest_model,
)


def test_a_model_is_named_by_repository_and_file_or_by_url() -> None:
    assert parse_source("hf:a/b/c.gguf") == HubFile("a/b", "c.gguf")
    assert parse_source("hf:a/b/Q8/c.gguf") == HubFile("a/b", "Q8/c.gguf")
    address = "https://huggingface.co/a/b/{}/main/c.gguf"
    assert parse_source(address.format("blob")) == HubFile("a/b", "c.gguf")
    assert parse_source(address.format("resolve") + "?download=true") == HubFile("a/b", "c.gguf")
    assert parse_source("qwen3-4b") is None
    assert parse_source("/models/c.gguf") is None
    for text in ("hf:a/b", "hf:a/b/c.safetensors", "https://example.org/c.gguf",
                 "hf:a/b/c-00001-of-00002.gguf"):  # fmt: skip
        with pytest.raises(ModelFileError, match=r"^[^\n]+: [^\n]+\.$"):
            parse_source(text)


def test_known_models_are_found_by_name_and_suggested_by_memory() -> None:
    assert len({model.name for model in KNOWN_MODELS}) == len(KNOWN_MODELS)
    assert [model.memory for model in KNOWN_MODELS] == sorted(
        model.memory for model in KNOWN_MODELS
    )
    for model in KNOWN_MODELS:
        assert model.size < model.memory
        assert find_known_model(model.name.upper()) == find_known_model(model.source.name) == model
    assert find_known_model("nothing") is None
    assert DEFAULT_MODEL.source.name == "Qwen3-4B-Instruct-2507-Q4_K_M.gguf"
    assert (
        suggest_model(None)
        == suggest_model(16_000_000_000)
        == suggest_model(10**12)
        == DEFAULT_MODEL
    )
    assert suggest_model(5_000_000_000) == KNOWN_MODELS[0]
    assert fits_memory(KNOWN_MODELS[0], 5_000_000_000)
    assert not fits_memory(KNOWN_MODELS[0], RESERVED_BYTES)
    assert fits_memory(KNOWN_MODELS[-1], None)
