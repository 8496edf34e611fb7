"""Reading GGUF headers, including ones that lie about their size."""

import struct
from pathlib import Path

import pytest

from rag.llm.gguf_header import HeaderError, read_header
from rag.llm.model_files import (
    full_check,
)
from tests.models.random_gguf import write_random_model


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
    assert header.unstretched_length == 0
    assert header.token_bytes == 1 * 2 * (64 + 64) * 2  # layers, heads, keys and values, bytes
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
        assert full_check(path).startswith("lies.gguf cannot be loaded (")
