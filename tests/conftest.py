"""Fixtures that several rooms share: papers of our own, one loaded encoder, folders."""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.app import open_library
from bot.cli import main
from rag.config import EmbedderConfig, RagConfig
from rag.encoders.embedder import Embedder, load_embedder
from rag.encoders.word_vectors import WordVectors
from rag.library import Library
from rag.llm.chat_models import ChatLlama
from rag.llm.local_model import LocalModel
from tests.both_steps import ingest_both
from tests.cached_embedder import with_cache
from tests.discord_server import connect
from tests.models.tiny_gguf import write_copying_model
from tests.papers import ListSource

__all__ = ["connect"]  # a fixture that lives beside what it starts

os.environ["HF_HUB_OFFLINE"] = "1"  # a test that reaches for a model hub is a mistake
for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):  # of whoever runs the tests
    os.environ.pop(name, None)
    os.environ.pop(name.lower(), None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with recorded pages and question sets; tests that need it skip without it."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("PAPERBOY_TEST_DATA") or default)
    if not folder.is_dir():
        pytest.skip(f"needs the recorded data in {folder} (set PAPERBOY_TEST_DATA)")
    return folder


@cache
def load(config: EmbedderConfig) -> Embedder:
    """Load a model once."""
    return load_embedder(config)


@pytest.fixture(scope="session", autouse=True)
def read_once() -> Iterator[None]:
    """Every library of this process shares the loaded model, its words and its vectors."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rag.library.load_embedder", cache(lambda config: with_cache(load(config))))
        patch.setattr("rag.library.WordVectors", cache(WordVectors))
        yield


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The real bundled model, which computes whatever it is asked."""
    return load(EmbedderConfig())


@pytest.fixture
def make_library(tmp_path: Path) -> Iterator[Callable[..., Library]]:
    """Open libraries; all are closed in the end."""
    opened: list[Library] = []

    def make(folder: Path | None = None, config: RagConfig | None = None) -> Library:
        library = open_library(folder or tmp_path / "data", config or RagConfig())
        opened.append(library)
        return library

    yield make
    for library in opened:
        library.close()


@pytest.fixture
def library(make_library: Callable[..., Library]) -> Library:
    """An empty library."""
    return make_library()


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the sample papers, closed; to be copied."""
    folder = tmp_path_factory.mktemp("sample")
    library = open_library(folder, RagConfig())
    ingest_both(ListSource(), library)
    library.close()
    return folder


@pytest.fixture
def filled(sample_folder: Path, tmp_path: Path, make_library: Callable[..., Library]) -> Library:
    """A library with the sample papers in it."""
    shutil.copytree(sample_folder, tmp_path / "data")
    return make_library()


@pytest.fixture(scope="session")
def starter_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the starter set, for tests of commands; treat it as read-only."""
    folder = tmp_path_factory.mktemp("starter")
    assert main(["--data-dir", str(folder), "ingest", "starter"]) == 0
    return folder


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `paperboy …` in this process; returns exit code, stdout and stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        _ = capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.fixture(scope="session")
def copying_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GGUF of a few megabytes that answers with the first passage of its prompt."""
    return write_copying_model(tmp_path_factory.mktemp("models") / "copying.gguf", heads=6)


@pytest.fixture
def load_chat(copying_model: Path) -> Iterator[Callable[..., ChatLlama]]:
    """Load a model in a real child process; all are closed in the end."""
    opened: list[ChatLlama] = []

    def load(path: Path = copying_model, sequences: int = 1, **options: Any) -> ChatLlama:
        local = LocalModel(path, n_ctx=4096, threads=1, sequences=sequences)
        chat = ChatLlama(local=local, **options)
        opened.append(chat)
        return chat

    yield load
    for chat in opened:
        chat.local.close()
