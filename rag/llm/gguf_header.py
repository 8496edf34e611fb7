"""What a GGUF file says of itself, without llama.cpp: its model, its context and its true size.

The layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The gguf package reads it
too, but takes seconds for a vocabulary of 150,000 words; this skips what it does not need.
"""

import mmap
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path

MAGIC = b"GGUF"
STRING, ARRAY = 8, 9
# The format's numbers of value types → struct's letters.
LETTERS = dict(enumerate("BbHhIif?")) | {10: "Q", 11: "q", 12: "d"}
MAX_ENTRIES = 3_000_000  # a broken count must not keep us busy for minutes
CUT_SHORT = "it is cut short"
BROKEN = "it is broken"


class HeaderError(ValueError):
    """What is wrong with the file, in a few words."""


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """`context_length` is what the model was trained for (0: not said); `bytes_needed` is how long
    the file must at least be to hold all its tensors.
    """

    name: str
    architecture: str
    context_length: int
    has_chat_template: bool
    bytes_needed: int


def read_header(path: Path) -> GgufHeader:
    """Read the header. Raises HeaderError where the file is no whole GGUF file."""
    with path.open("rb") as file:
        if file.read(4) != MAGIC:
            raise HeaderError("it is no GGUF file")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                header = _Reader(data).header()
            except (struct.error, OverflowError, IndexError) as error:  # past the end
                raise HeaderError(CUT_SHORT) from error
            size = len(data)
    if size < header.bytes_needed:
        raise HeaderError(f"{CUT_SHORT}: {gigabytes(size)} of {gigabytes(header.bytes_needed)}")
    return header


def gigabytes(size: int) -> str:
    """Return `2.5 GB`, or `1.2 MB` for a small file."""
    return f"{size / 1e9:.1f} GB" if size >= 100_000_000 else f"{size / 1e6:.1f} MB"


class _Reader:
    """Walks through the header; `self.at` is where it stands."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.at = len(MAGIC)
        self.entries = 0

    def header(self) -> GgufHeader:
        version, tensors, pairs = self._take("I"), self._take("Q"), self._take("Q")
        if version not in (2, 3):
            raise HeaderError(f"its GGUF version {version} is not supported")
        values: dict[str, object] = {}
        for _ in range(pairs):
            key = self._string()
            values[key] = self._value(self._take("I"))
        ends_at = max((self._tensor_end() for _ in range(tensors)), default=0)
        alignment = values.get("general.alignment", 32)
        step = alignment if isinstance(alignment, int) and alignment > 0 else 32
        begins_at = -(-self.at // step) * step
        architecture = str(values.get("general.architecture", ""))
        context = values.get(f"{architecture}.context_length", 0)
        return GgufHeader(
            name=str(values.get("general.name", "")),
            architecture=architecture,
            context_length=context if isinstance(context, int) else 0,
            has_chat_template="tokenizer.chat_template" in values,
            bytes_needed=begins_at + ends_at if tensors else self.at,
        )

    def _count(self, entries: int) -> None:
        self.entries += entries
        if self.entries > MAX_ENTRIES:
            raise HeaderError(BROKEN)

    def _take(self, letter: str) -> int:
        self._count(1)
        (value,) = struct.unpack_from(f"<{letter}", self.data, self.at)
        self.at += struct.calcsize(letter)
        return value  # type: ignore[no-any-return]  # or a float, which nobody here looks at

    def _string(self) -> str:
        length = self._take("Q")
        if self.at + length > len(self.data):
            raise HeaderError(CUT_SHORT)
        text = self.data[self.at : self.at + length]
        self.at += length
        return text.decode("utf-8", "replace")

    def _value(self, kind: int) -> object:
        """Read a value; an array is only skipped."""
        if kind == STRING:
            return self._string()
        if kind != ARRAY:
            return self._take(_letter(kind))
        inner, count = self._take("I"), self._take("Q")
        if inner == STRING:
            self._skip_strings(count)
        elif inner == ARRAY:
            raise HeaderError(BROKEN)  # allowed by the format, used by nobody
        else:
            self.at += count * struct.calcsize(_letter(inner))
        return None

    def _skip_strings(self, count: int) -> None:
        self._count(count)
        at, length_at = self.at, struct.Struct("<Q").unpack_from
        for _ in range(count):
            at += 8 + length_at(self.data, at)[0]
        self.at = at

    def _tensor_end(self) -> int:
        """Return where a tensor's data ends, counted from where the first one's begin."""
        from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

        self._string()
        dimensions = [self._take("Q") for _ in range(self._take("I"))]
        kind, offset = self._take("I"), self._take("Q")
        try:
            per_block, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
        except (KeyError, ValueError):  # newer than the gguf package
            return offset
        end: int = offset + prod(dimensions) // per_block * block_bytes
        return end


def _letter(kind: int) -> str:
    try:
        return LETTERS[kind]
    except KeyError as error:
        raise HeaderError(BROKEN) from error
