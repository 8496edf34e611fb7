"""What is wrong with a model file, found without llama.cpp; and which file is in use."""

import hashlib
import os
import struct
from pathlib import Path

import pytest

from rag.errors import ModelFileError
from rag.llm.gguf_header import HeaderError, read_header
from rag.llm.model_files import (
    ModelFolder,
    is_unchanged,
    keep_sha256,
    kept_sha256,
    problem_of,
    sha256_of,
    whole_problem_of,
)
from rag.models.known_models import DEFAULT, KNOWN, OTHERS_BYTES, fits, known, suggested
from tests.models.random_gguf import write_random_model


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


def test_a_whole_file_has_no_problem(model: Path) -> None:
    assert problem_of(model) == whole_problem_of(model) == ""
    keep_sha256(model, sha256_of(model))
    assert is_unchanged(model)
    assert problem_of(model) == whole_problem_of(model) == ""


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (None, "mine.gguf does not exist: "),
        (b"", "mine.gguf cannot be loaded (the file is empty): "),
        (b"  <HTML>Not found", "mine.gguf cannot be loaded (it is a web page): "),
        (b"version https://git-lfs.github.com/spec/v1\n", "(it is a Git LFS pointer, not the fil"),
        (b"PK\3\4", "mine.gguf cannot be loaded (it is no GGUF file): "),
    ],
)
def test_what_is_no_model_is_named_with_its_cause(
    model: Path, content: bytes | None, cause: str
) -> None:
    if content is None:
        model.unlink()
    else:
        model.write_bytes(content)
    for problem in (problem_of(model), whole_problem_of(model)):
        assert cause in problem
        assert problem.startswith("mine.gguf ")
        assert problem.endswith(".")
        assert "\n" not in problem


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    assert problem_of(tmp_path).startswith(f"{tmp_path.name} is a folder, not a GGUF file: ")


def test_a_file_that_is_cut_short_is_noticed_without_loading_it(model: Path) -> None:
    whole = model.read_bytes()
    for size in (8, 20, 24, 100, 3000, len(whole) // 2, len(whole) - 1):
        model.write_bytes(whole[:size])
        assert problem_of(model) == ""  # the first bytes are right
        assert "mine.gguf cannot be loaded (it is cut short" in whole_problem_of(model), size
    model.write_bytes(whole[: len(whole) // 2])
    shown = f"(it is cut short: {len(whole) / 2e6:.1f} MB of {len(whole) / 1e6:.1f} MB): "
    assert shown in whole_problem_of(model)


def test_a_changed_file_is_noticed_by_its_hash(model: Path) -> None:
    keep_sha256(model, sha256_of(model))
    spoiled = bytearray(model.read_bytes())
    spoiled[-100] ^= 1
    model.write_bytes(spoiled)
    wrong = "mine.gguf cannot be used (its sha256 is not the one that was published): "
    assert problem_of(model).startswith(wrong)
    older(model, 10)  # a change that hides its time is found by those who look at all of it
    assert problem_of(model) == ""
    assert whole_problem_of(model).startswith(wrong)


def test_a_file_that_was_only_touched_is_hashed_once(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_sha256(model, sha256_of(model))
    older(model.with_name("mine.gguf.sha256"), 60)
    assert not is_unchanged(model)
    assert problem_of(model) == ""
    assert is_unchanged(model)
    monkeypatch.setattr("rag.llm.model_files.sha256_of", lambda _: pytest.fail("hashed again"))
    assert problem_of(model) == ""


def test_a_hash_that_cannot_be_read_is_as_good_as_none(model: Path) -> None:
    for text in (b"", b"\xff\xfe", b" \n"):
        model.with_name("mine.gguf.sha256").write_bytes(text)
        assert kept_sha256(model) == ""
        assert whole_problem_of(model) == ""


def test_a_header_says_what_the_model_is(copying_model: Path, tmp_path: Path) -> None:
    header = read_header(copying_model)
    assert (header.name, header.architecture) == ("tiny-copy", "llama")
    assert header.context_length == 4096
    assert header.has_chat_template
    assert header.bytes_needed <= copying_model.stat().st_size < header.bytes_needed + 32
    quantised = write_random_model(
        tmp_path / "random.gguf", n_embd=256, n_layer=1, n_ff=512, n_head=4, n_head_kv=2,
        vocabulary=["word"], quantization="Q8_0", n_ctx=1234,
    )  # fmt: skip
    header = read_header(quantised)
    assert header.context_length == 1234
    assert header.bytes_needed <= quantised.stat().st_size < header.bytes_needed + 32


def test_a_header_that_lies_keeps_nobody_busy(tmp_path: Path) -> None:
    path = tmp_path / "lies.gguf"
    many = 2**62
    text = struct.pack("<Q", 1) + b"k"
    start = b"GGUF" + struct.pack("<I", 3)
    for content in (
        start + struct.pack("<QQ", many, 0),
        start + struct.pack("<QQ", 0, many),
        start + struct.pack("<QQ", 0, 1) + struct.pack("<Q", many),
        start + struct.pack("<QQ", 0, 1) + text + struct.pack("<I", 99),
        start + struct.pack("<QQ", 0, 1) + text + struct.pack("<IIQ", 9, 4, many),
        start + struct.pack("<QQ", 0, 1) + text + struct.pack("<IIQ", 9, 9, many),
        start + struct.pack("<QQ", 0, 1) + text + struct.pack("<IIQ", 9, 8, many) + bytes(10**6),
        start + struct.pack("<QQ", 1, 0) + text + struct.pack("<I", 2**31),
        start + struct.pack("<QQ", 1, 0) + text + struct.pack("<IQQIQ", 2, many, many, 0, many),
        b"GGUF" + struct.pack("<IQQ", 1, 0, 0),
    ):
        path.write_bytes(content)
        with pytest.raises(HeaderError, match=r"^[^\n]+$"):
            read_header(path)
        assert whole_problem_of(path).startswith("lies.gguf cannot be loaded (")


def test_the_choice_is_kept_by_name_or_by_path(tmp_path: Path) -> None:
    folder = ModelFolder(tmp_path / "data")
    assert folder.chosen() is None
    assert not folder.was_asked()
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
    assert moved.was_asked()
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


def test_the_known_models_are_told_apart_and_suggested_by_memory() -> None:
    assert len({model.name for model in KNOWN}) == len(KNOWN)
    assert [model.memory for model in KNOWN] == sorted(model.memory for model in KNOWN)
    for model in KNOWN:
        assert model.size < model.memory
        assert known(model.name.upper()) == known(model.source.name) == model
    assert known("nothing") is None
    assert DEFAULT.source.name == "Qwen3-4B-Instruct-2507-Q4_K_M.gguf"
    assert suggested(None) == suggested(16_000_000_000) == suggested(10**12) == DEFAULT
    assert suggested(5_000_000_000) == KNOWN[0]
    assert fits(KNOWN[0], 5_000_000_000)
    assert not fits(KNOWN[0], OTHERS_BYTES)
    assert fits(KNOWN[-1], None)


def test_sha256_is_sha256(model: Path) -> None:
    told: list[int] = []
    expected = hashlib.sha256(model.read_bytes()).hexdigest()
    assert sha256_of(model, tell=told.append) == expected
    assert told[-1] == model.stat().st_size
