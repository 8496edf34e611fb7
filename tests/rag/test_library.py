"""A data folder: who may use its index, and folders that cannot be used."""

from collections.abc import Callable
from pathlib import Path

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

import rag.library
from bot.app import open_library
from rag.config import RagConfig
from rag.encoders.embedder import Embedder
from rag.errors import DataFolderError, EmbedderError, IndexInUseError
from rag.library import Library
from tests.papers import PAPERS, PASTRY


@pytest.fixture
def use_fake_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Embedder(DeterministicFakeEmbedding(size=8), name="fake")
    monkeypatch.setattr("rag.library.load_embedder", lambda config: fake)
    monkeypatch.setattr(rag.library, "LOCK_SECONDS", 0.01)


@pytest.mark.usefixtures("use_fake_embedder")
def test_one_library_owns_the_index_until_it_is_closed(tmp_path: Path) -> None:
    first = open_library(tmp_path, RagConfig(), purpose="paperboy run")
    second = open_library(tmp_path, RagConfig())
    _ = first.index
    second.catalog.upsert([PASTRY])  # the catalogue is for everybody
    with pytest.raises(IndexInUseError, match=r"in use by `paperboy run` \(process \d+\)"):
        _ = second.index
    first.close()
    assert next(second.index.pending(1), []) == [PASTRY]
    second.close()


@pytest.mark.usefixtures("use_fake_embedder")
def test_an_owner_without_a_name_is_another_process(tmp_path: Path) -> None:
    first, second = (open_library(tmp_path, RagConfig()) for _ in range(2))
    _ = first.index
    (tmp_path / "index.owner").write_text("not JSON")
    with pytest.raises(IndexInUseError, match="in use by another process"):
        _ = second.index
    first.close()
    second.close()


@pytest.mark.usefixtures("use_fake_embedder")
def test_papers_that_this_embedder_has_not_indexed_are_reported(
    make_library: Callable[..., Library],
) -> None:
    library = make_library()
    library.require_indexed()  # no papers, nothing to index
    library.catalog.upsert(PAPERS)
    with pytest.raises(EmbedderError, match="none of the 4 papers is indexed with fake: run"):
        library.require_indexed()


def test_a_folder_that_cannot_be_created_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataFolderError, match=r"cannot be created .*--data-dir"):
        open_library(tmp_path / "file" / "data", RagConfig())


def test_a_folder_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)  # tests may run as root
    with pytest.raises(DataFolderError, match="cannot be written: change its permissions"):
        open_library(tmp_path, RagConfig())


def test_nothing_is_checked_if_failed_sentences_are_kept(
    make_library: Callable[..., Library],
) -> None:
    config = RagConfig.model_validate({"check": {"failed": "keep"}})
    assert make_library(config=config).grounding is None
