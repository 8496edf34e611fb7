"""Model files on this machine: what is wrong with them, which there are, which one is in use."""

import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from rag.errors import ModelFileError
from rag.llm.gguf_header import HeaderError, read_header

CHOICE = "in-use.txt"
ANEW = "fetch it anew with `paperboy model pull`."
LIST = "`paperboy model list` shows what there is."
HASH_BYTES = 8_000_000  # hashed between two looks at the progress bar


def problem_of(path: Path) -> str:
    """Return what is wrong with a model file, as far as its first bytes tell; else nothing.

    One whose sha256 is known (`paperboy model pull` keeps it beside the file) is hashed if it was
    changed since, which takes seconds; one that was not changed costs nothing.
    """
    if problem := _first_problem_of(path):
        return problem
    return "" if is_unchanged(path) else _hash_problem_of(path)


def whole_problem_of(path: Path) -> str:
    """Return what is wrong with a model file after reading all that can be told without loading
    it: its length, and its hash where that is known. This takes seconds.
    """
    if problem := _first_problem_of(path):
        return problem
    try:
        read_header(path)
    except HeaderError as error:
        return f"{path.name} cannot be loaded ({error}): {ANEW}"
    return _hash_problem_of(path)


def _first_problem_of(path: Path) -> str:
    if path.is_dir():
        return f"{path.name} is a folder, not a GGUF file: {LIST}"
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except FileNotFoundError:
        return f"{path.name} does not exist: {LIST}"
    except OSError as error:
        return f"{path.name} cannot be read ({error.strerror}): check its permissions."
    cause = _cause(head)
    return f"{path.name} cannot be loaded ({cause}): {ANEW}" if cause else ""


def _cause(head: bytes) -> str:
    if head.startswith(b"GGUF"):
        return ""
    if not head:
        return "the file is empty"
    if head.startswith(b"version https://git-lfs"):
        return "it is a Git LFS pointer, not the file itself"
    if head.lstrip().lower().startswith((b"<!doctype", b"<html")):
        return "it is a web page"
    return "it is no GGUF file"


# -- hashes ----------------------------------------------------------------------------------


def sha256_of(path: Path, *, tell: Callable[[int], None] | None = None) -> str:
    """Return the file's sha256 as hexadecimal digits; `tell` hears how many bytes are done."""
    digest = hashlib.sha256()
    done = 0
    with path.open("rb") as file:
        while block := file.read(HASH_BYTES):
            digest.update(block)
            done += len(block)
            if tell:
                tell(done)
    return digest.hexdigest()


def kept_sha256(path: Path) -> str:
    """Return the sha256 that the file should have; nothing where it is not known."""
    try:
        first, *_ = _beside(path).read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return ""
    return first.lower()


def keep_sha256(path: Path, digest: str) -> None:
    """Write the sha256 beside the file, as `sha256sum --check` reads it."""
    _write(_beside(path), f"{digest}  {path.name}\n")


def is_unchanged(path: Path) -> bool:
    """Return whether the file is as old as when its sha256 was found right; False if unsure."""
    try:
        return path.stat().st_mtime_ns < _beside(path).stat().st_mtime_ns
    except OSError:
        return False


def _hash_problem_of(path: Path) -> str:
    wanted = kept_sha256(path)
    if not wanted:
        return ""
    if sha256_of(path) != wanted:
        return f"{path.name} cannot be used (its sha256 is not the one that was published): {ANEW}"
    with contextlib.suppress(OSError):  # a folder that is not ours: it is hashed again next time
        os.utime(_beside(path))
    return ""


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


# -- the folder ------------------------------------------------------------------------------


class ModelFolder:
    """`models/` in the data folder: what was fetched, and which file `model use` chose."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "models"

    def installed(self) -> list[Path]:
        """Return the files that were fetched."""
        return sorted(self.path.glob("*.gguf"))

    def chosen(self) -> Path | None:
        """Return the file that was put to use, which may be gone; None where there is none."""
        try:
            text = (self.path / CHOICE).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return self.path / text if text else None

    def was_asked(self) -> bool:
        """Return whether somebody has chosen, be it none."""
        return (self.path / CHOICE).exists()

    def choose(self, path: Path | None) -> None:
        """Put a file to use; None: none, answers are quoted again.

        One in this folder is kept by its name alone, so that the data folder can be moved.
        """
        text = ""
        if path is not None:
            path = path.expanduser().absolute()
            text = path.name if path.parent == self.path.absolute() else str(path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            _write(self.path / CHOICE, text + "\n")
        except OSError as error:
            raise ModelFileError(
                f"the choice cannot be written to {self.path} ({error.strerror}): "
                "check the folder, or give another one with --data-dir."
            ) from error

    def find(self, text: str) -> Path | None:
        """Return the fetched file of that name, with or without `.gguf`, or the file at a path."""
        wanted = text.casefold().removesuffix(".gguf")
        for path in self.installed():
            if path.stem.casefold() == wanted:
                return path
        path = Path(text).expanduser()
        return path if path.exists() else None


def _write(path: Path, text: str) -> None:
    """Replace a file so that a power cut leaves the old one or the new one."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
