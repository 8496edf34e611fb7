"""A segment in a file, so that a process need not compute it anew.

Whatever is wrong with the file, the answer is the same: it is computed again.
"""

import os
from pathlib import Path

import numpy as np

from rag.store.private_files import PRIVATE_FILE
from rag.store.segments import ARRAYS, Segment

FORMAT = "1"  # raised when what a segment holds, or how terms are made, changes


def write_segment(path: Path, segment: Segment, *, token: str) -> None:
    """Replace the file, durably; a kill leaves the old file or the new one. Raises OSError."""
    partial = path.with_name(f"{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with open(descriptor, "wb") as file:
        np.savez(
            file,
            token=_bytes(f"{FORMAT} {token}"),
            ids=_bytes("\n".join(segment.ids)),
            **{name: getattr(segment, name) for name in ARRAYS},
        )
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def read_segment(path: Path, *, token: str) -> Segment | None:
    """Return the segment; None if the file is missing, damaged or has another token."""
    try:
        # A zip file, which checks each array.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if _text(stored["token"]) != f"{FORMAT} {token}":
                return None
            ids = tuple(_text(stored["ids"]).split("\n")) if len(stored["ids"]) else ()
            segment = Segment(ids=ids, **{name: stored[name] for name in ARRAYS})
    except Exception:  # a damaged file can raise anything
        return None
    return segment if len(segment.ids) == len(segment.numbers) else None


def _bytes(text: str) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    return np.frombuffer(text.encode("utf-8", "replace"), dtype=np.uint8)


def _text(stored: "np.ndarray[tuple[int], np.dtype[np.uint8]]") -> str:
    return stored.tobytes().decode("utf-8", "replace")
