"""Reads a GGUF file's header without llama.cpp: its model, its context and its true size.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The gguf package reads it
too, but takes seconds for a vocabulary of 150,000 words; this module skips the arrays.
"""

import mmap
import re
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path

MAGIC = b"GGUF"
STRING, ARRAY = 8, 9
# The format's value types → struct's letters.
STRUCT_LETTERS = dict(enumerate("BbHhIif?")) | {10: "Q", 11: "q", 12: "d"}
# Architectures that only encode. Others may be embedders too, by the way they pool (gguf.md).
ENCODERS = re.compile(r"bert|-embed(?:ding)?$|encoder$")
MAX_ENTRIES = 3_000_000  # a broken count must not take minutes to read
CUT_SHORT = "it is cut short"
BROKEN = "it is broken"


class HeaderError(ValueError):
    """The header is unusable; the message says why in a few words."""


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """The parts of a header that Paperboy uses.

    `context_length` is what the model was trained for (0: not stated), `unstretched_length` the
    same before its context was stretched (0: it was not). `token_bytes` is the most memory that a
    token of context takes, as two-byte numbers. `bytes_needed` is the least length of a file that
    holds all the tensors. An embedder makes vectors or scores, not text.
    """

    name: str
    architecture: str
    context_length: int
    unstretched_length: int
    token_bytes: int
    has_chat_template: bool
    is_embedder: bool
    bytes_needed: int


def read_header(path: Path) -> GgufHeader:
    """Read the header. Raises HeaderError if the file is not a complete GGUF file."""
    with path.open("rb") as file:
        if file.read(4) != MAGIC:
            raise HeaderError("it is not a GGUF file")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                header = _Reader(data).header()
            except (struct.error, OverflowError, IndexError) as error:  # past the end
                raise HeaderError(CUT_SHORT) from error
            size = len(data)
    if size < header.bytes_needed:
        raise HeaderError(f"{CUT_SHORT}: {format_size(size)} of {format_size(header.bytes_needed)}")
    return header


def format_size(size: int) -> str:
    """Return `2.5 GB`, or `1.2 MB` for a small file."""
    return f"{size / 1e9:.1f} GB" if size >= 100_000_000 else f"{size / 1e6:.1f} MB"


class _Reader:
    """Reads the header from front to back; `position` is the next byte."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.position = len(MAGIC)
        self.entry_count = 0

    def header(self) -> GgufHeader:
        version, tensors, pairs = self._number("I"), self._number("Q"), self._number("Q")
        if version not in (2, 3):
            raise HeaderError(f"its GGUF version {version} is not supported")
        values: dict[str, object] = {}
        for _ in range(pairs):
            key = self._string()
            values[key] = self._value(self._number("I"))
        tensors_length = max((self._tensor_end() for _ in range(tensors)), default=0)
        alignment = values.get("general.alignment", 32)
        aligned_to = alignment if isinstance(alignment, int) and alignment > 0 else 32
        tensors_start = -(-self.position // aligned_to) * aligned_to
        architecture = str(values.get("general.architecture", ""))

        def number(key: str, default: int = 0) -> int:
            value = values.get(f"{architecture}.{key}")  # None for an array with one per layer
            return value if isinstance(value, int) else default

        heads = number("attention.head_count")
        head = number("embedding_length") // heads if heads else 0
        keys_and_values = number("attention.key_length", head) + number(
            "attention.value_length", head
        )
        return GgufHeader(
            name=str(values.get("general.name", "")),
            architecture=architecture,
            context_length=number("context_length"),
            unstretched_length=number("rope.scaling.original_context_length"),
            token_bytes=2
            * number("block_count")
            * number("attention.head_count_kv", heads)
            * keys_and_values,
            has_chat_template=bool(values.get("tokenizer.chat_template")),
            is_embedder=bool(
                ENCODERS.search(architecture) or values.get(f"{architecture}.pooling_type")
            ),
            bytes_needed=tensors_start + tensors_length if tensors else self.position,
        )

    def _count(self, entries: int) -> None:
        self.entry_count += entries
        if self.entry_count > MAX_ENTRIES:
            raise HeaderError(BROKEN)

    def _number(self, letter: str) -> int:
        self._count(1)
        (value,) = struct.unpack_from(f"<{letter}", self.data, self.position)
        self.position += struct.calcsize(letter)
        return value  # type: ignore[no-any-return]  # or a float, which nobody uses here

    def _string(self) -> str:
        length = self._number("Q")
        if self.position + length > len(self.data):
            raise HeaderError(CUT_SHORT)
        text = self.data[self.position : self.position + length]
        self.position += length
        return text.decode("utf-8", "replace")

    def _value(self, kind: int) -> object:
        """Return a value; an array is skipped and returned as None."""
        if kind == STRING:
            return self._string()
        if kind != ARRAY:
            return self._number(_struct_letter(kind))
        inner, count = self._number("I"), self._number("Q")
        if inner == STRING:
            self._skip_strings(count)
        elif inner == ARRAY:
            raise HeaderError(BROKEN)  # allowed by the format, used by nobody
        else:
            self.position += count * struct.calcsize(_struct_letter(inner))
        return None

    def _skip_strings(self, count: int) -> None:
        self._count(count)
        position, read_length = self.position, struct.Struct("<Q").unpack_from
        for _ in range(count):
            position += 8 + read_length(self.data, position)[0]
        self.position = position

    def _tensor_end(self) -> int:
        """Return the end of a tensor's data, in bytes after the start of the first tensor."""
        from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

        self._string()
        dimensions = [self._number("Q") for _ in range(self._number("I"))]
        kind, offset = self._number("I"), self._number("Q")
        try:
            per_block, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
        except (KeyError, ValueError):  # newer than the gguf package
            return offset
        end: int = offset + prod(dimensions) // per_block * block_bytes
        return end


def _struct_letter(kind: int) -> str:
    try:
        return STRUCT_LETTERS[kind]
    except KeyError as error:
        raise HeaderError(BROKEN) from error
