"""huggingface_hub's client, as the encoders use it: models come through the proxy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag.config import EmbedderConfig
from rag.encoders.cross_encoder import load_pair_scorer
from rag.encoders.embedder import load_embedder
from rag.errors import CrossEncoderError, EmbedderError
from tests.fake_proxy import fake_proxy
from tests.models.hub import model_hub
from tests.models.tiny_embedder import write_embedder

REPO = "owner/tiny-embedder"
# In a process of its own: huggingface_hub reads its variables when it is imported.
LOAD = f"""
from rag.config import EmbedderConfig
from rag.encoders.embedder import load_embedder
print(load_embedder(EmbedderConfig(model="{REPO}")).encode(["herons"]).shape)
"""


def load(tmp_path: Path, port: int, **variables: str) -> str:
    """Load the model from the hub with this port, under an invented name."""
    environment = {k: v for k, v in os.environ.items() if k != "HF_HUB_OFFLINE"} | variables
    environment |= {
        "HF_ENDPOINT": f"http://hub.example:{port}",
        "HF_HOME": str(tmp_path / "cache"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        env=environment, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_an_embedding_model_is_downloaded_through_the_proxy(tmp_path: Path, kind: str) -> None:
    folder = write_embedder(tmp_path / "model")
    files = {
        f"{REPO}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip
    with (
        model_hub(files=files, download_host="files.example") as hub,
        fake_proxy(kind) as proxy,  # type: ignore[arg-type]  # one of its kinds
    ):
        assert load(tmp_path, hub.port, ALL_PROXY=proxy.url()) == "(1, 16)"
        # What was downloaded before needs no proxy.
        assert load(tmp_path, hub.port, ALL_PROXY="http://127.0.0.1:9") == "(1, 16)"
    assert proxy.hosts == {"hub.example", "files.example"}


def test_a_model_that_no_proxy_brings_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://ann:s3cret@host:1080")
    unknown = r"^\$ALL_PROXY names a kind of proxy .* \(socks://…@host:1080\): write one [^\n]*$"
    with pytest.raises(EmbedderError, match=unknown):
        load_embedder(EmbedderConfig(model=REPO))
    with pytest.raises(CrossEncoderError, match=unknown):
        load_pair_scorer(REPO, dtype="float32")
    monkeypatch.setenv("ALL_PROXY", "http://ann:s3cret@127.0.0.1:9")
    closed = (
        r"through the proxy http://127\.0\.0\.1:9 \(\$ALL_PROXY\), which cannot be reached "
        r"\(Connection refused\)"
    )
    with pytest.raises(EmbedderError, match=rf"^[^\n]* cannot be loaded {closed} \([^\n]*$"):
        load_embedder(EmbedderConfig(model=REPO))
    with pytest.raises(CrossEncoderError, match=closed):
        load_pair_scorer(REPO, dtype="float32")


def test_a_model_in_a_folder_needs_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "foo")
    assert load_embedder(EmbedderConfig()).encode(["herons"]).shape == (1, 384)
