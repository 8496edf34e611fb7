"""What is wrong with a model file, found without llama.cpp; and which file is in use."""

import hashlib
import os
from pathlib import Path

import pytest
from gguf import GGUFWriter

from rag.errors import ModelFileError
from rag.llm.model_files import (
    ModelFolder,
    full_check,
    is_unchanged,
    quick_check,
    sha256_of,
    store_sha256,
    stored_sha256,
    usable_sequences,
)


def older(path: Path, seconds: int) -> None:
    """Make a file that much older than now."""
    before = path.stat().st_mtime_ns - seconds * 10**9
    os.utime(path, ns=(before, before))


@pytest.fixture
def model(tmp_path: Path, copying_model: Path) -> Path:
    """A whole model of our own to spoil."""
    path = tmp_path / "mine.gguf"
    path.write_bytes(copying_model.read_bytes())
    older(path, 10)
    return path


def test_a_complete_file_has_no_problem(model: Path) -> None:
    assert quick_check(model) == full_check(model) == ""
    store_sha256(model, sha256_of(model))
    assert is_unchanged(model)
    assert quick_check(model) == full_check(model) == ""


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (None, "mine.gguf does not exist: "),
        (b"", "mine.gguf cannot be loaded (the file is empty): "),
        (b"  <HTML>Not found", "mine.gguf cannot be loaded (it is a web page): "),
        (b"version https://git-lfs.github.com/spec/v1\n", "(it is a Git LFS pointer, not the fil"),
        (b"PK\3\4", "mine.gguf cannot be loaded (it is not a GGUF file): "),
    ],
)
def test_a_file_that_is_no_model_is_explained(
    model: Path, content: bytes | None, cause: str
) -> None:
    if content is None:
        model.unlink()
    else:
        model.write_bytes(content)
    for problem in (quick_check(model), full_check(model)):
        assert cause in problem
        assert problem.startswith("mine.gguf ")
        assert problem.endswith(".")
        assert "\n" not in problem


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    assert quick_check(tmp_path).startswith(f"{tmp_path.name} is a folder, not a GGUF file: ")


def test_a_file_that_is_cut_short_is_noticed_without_loading_it(model: Path) -> None:
    whole = model.read_bytes()
    for size in (8, 20, 24, 100, 3000, len(whole) // 2, len(whole) - 1):
        model.write_bytes(whole[:size])
        assert quick_check(model) == ""  # the first bytes are right
        assert "mine.gguf cannot be loaded (it is cut short" in full_check(model), size
    model.write_bytes(whole[: len(whole) // 2])
    shown = f"(it is cut short: {len(whole) / 2e6:.1f} MB of {len(whole) / 1e6:.1f} MB): "
    assert shown in full_check(model)


def test_a_changed_file_is_noticed_by_its_hash(model: Path) -> None:
    store_sha256(model, sha256_of(model))
    spoiled = bytearray(model.read_bytes())
    spoiled[-100] ^= 1
    model.write_bytes(spoiled)
    wrong = "mine.gguf cannot be used (its sha256 is not the one that was published): "
    assert quick_check(model).startswith(wrong)
    older(model, 10)  # a change that hides its time is found by those who look at all of it
    assert quick_check(model) == ""
    assert full_check(model).startswith(wrong)


def test_a_file_that_was_only_touched_is_hashed_once(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_sha256(model, sha256_of(model))
    older(model.with_name("mine.gguf.sha256"), 60)
    assert not is_unchanged(model)
    assert quick_check(model) == ""
    assert is_unchanged(model)
    monkeypatch.setattr("rag.llm.model_files.sha256_of", lambda _: pytest.fail("hashed again"))
    assert quick_check(model) == ""


def test_an_unreadable_hash_counts_as_unknown(model: Path) -> None:
    for text in (b"", b"\xff\xfe", b" \n"):
        model.with_name("mine.gguf.sha256").write_bytes(text)
        assert stored_sha256(model) == ""
        assert full_check(model) == ""


def test_the_choice_is_stored_by_name_or_by_path(tmp_path: Path) -> None:
    folder = ModelFolder(tmp_path / "data")
    assert folder.chosen() is None
    assert not folder.has_choice()
    assert folder.installed() == []
    folder.choose(folder.path / "one.gguf")
    assert folder.chosen() == folder.path / "one.gguf"
    moved = ModelFolder(tmp_path / "elsewhere")
    moved.path.parent.mkdir()
    folder.path.rename(moved.path)
    assert moved.chosen() == moved.path / "one.gguf"
    moved.choose(tmp_path / "two.gguf")
    assert moved.chosen() == tmp_path / "two.gguf"
    moved.choose(None)
    assert moved.chosen() is None
    assert moved.has_choice()
    assert [path.name for path in moved.path.iterdir()] == ["in-use.txt"]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("in the way")
    with pytest.raises(ModelFileError, match=r"the choice cannot be written to .*: check"):
        ModelFolder(tmp_path).choose(None)


def test_files_are_found_by_name_and_by_path(model: Path, tmp_path: Path) -> None:
    folder = ModelFolder(tmp_path / "data")
    folder.path.mkdir(parents=True)
    here = folder.path / "Some-Model.gguf"
    here.write_bytes(model.read_bytes())
    for text in ("Some-Model", "some-model.gguf", str(here)):
        assert folder.find(text) == here
    assert folder.find(str(model)) == model
    assert folder.find("nothing") is None


def test_the_sha256_is_reported_with_progress(model: Path) -> None:
    told: list[int] = []
    expected = hashlib.sha256(model.read_bytes()).hexdigest()
    assert sha256_of(model, on_progress=told.append) == expected
    assert told[-1] == model.stat().st_size


@pytest.fixture
def shaped(tmp_path: Path) -> Path:
    """The header of a model of which a token of context takes 4 * 2 * (16 + 8) * 2 bytes."""
    writer = GGUFWriter(tmp_path / "shaped.gguf", "llama")
    writer.add_block_count(4)
    writer.add_embedding_length(128)
    writer.add_head_count(8)
    writer.add_head_count_kv(2)
    writer.add_key_length(16)
    writer.add_value_length(8)
    writer.add_rope_scaling_orig_ctx_len(3000)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return tmp_path / "shaped.gguf"


@pytest.mark.parametrize(
    ("memory", "n_ctx", "sequences"),
    [
        (None, 500, 4),
        (10**9, 500, 4),
        (10**9, 1000, 3),  # together not beyond the 3,000 tokens that it had before
        (10**9, 4000, 1),
        (3 * 3 * 500 * 384 + 9, 500, 3),  # besides the file
        (3 * 3 * 500 * 384 - 9, 500, 2),
        (100, 500, 1),
    ],
)
def test_as_many_sequences_as_memory_and_model_allow(
    shaped: Path, monkeypatch: pytest.MonkeyPatch, memory: int | None, n_ctx: int, sequences: int
) -> None:
    all_of_it = memory and memory + shaped.stat().st_size
    monkeypatch.setattr("rag.llm.model_files.memory_bytes", lambda: all_of_it)
    assert usable_sequences(shaped, 4, n_ctx=n_ctx) == sequences
    assert usable_sequences(shaped, 1, n_ctx=n_ctx) == 1


def test_what_a_broken_file_could_take_is_left_to_llama_cpp(tmp_path: Path) -> None:
    assert usable_sequences(tmp_path / "missing.gguf", 4, n_ctx=512) == 4
