"""Settings that exclude each other, and addresses."""

import pytest
from pydantic import ValidationError

from rag.config import ModelConfig, RagConfig


@pytest.mark.parametrize(
    ("settings", "name", "is_external"),
    [
        ({}, "", False),
        ({"path": "/models/tiny-Q4.gguf"}, "tiny-Q4", False),
        ({"server_url": "http://127.0.0.1:8080/v1/"}, "a model server", True),
        ({"server_url": "http://127.0.0.1", "server_model": "tiny"}, "tiny", True),
        ({"provider": "openai:x"}, "openai:x", True),
    ],
)
def test_a_model_is_named_by_one_setting(
    settings: dict[str, str], name: str, is_external: bool
) -> None:
    config = ModelConfig.model_validate(settings)
    assert (config.name, config.is_external) == (name, is_external)
    assert not config.server_url.endswith("/")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"path": "x.gguf", "provider": "openai:x"}, "path is set too"),
        ({"server_url": "http://127.0.0.1", "provider": "openai:x"}, "server_url is set too"),
        ({"server_url": "127.0.0.1:8080"}, "not an address"),
        ({"server_url": "ftp://127.0.0.1"}, "not an address"),
        ({"server_url": "http://[::1"}, "not an address"),
        ({"server_url": "http://name:secret@127.0.0.1"}, "PAPERBOY_SERVER_KEY"),
        ({"no_such_key": 1}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_be_used_say_why(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        RagConfig.model_validate({"model": settings})
