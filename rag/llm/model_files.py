"""Model files on this machine: checks for damage, the folder of models, and the one in use."""

import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from rag.cpu import memory_bytes
from rag.errors import ModelFileError
from rag.llm.gguf_header import HeaderError, read_header

CHOICE_FILE = "in-use.txt"
FETCH_AGAIN = "fetch it again with `paperboy model pull`."
CHOOSE = "name another file, or a model of `paperboy model list`."
CONTEXT_SHARE = 1 / 3  # of the memory that the file leaves: for all sequences together
HASH_BYTES = 8_000_000  # hashed between two updates of the progress bar


def quick_check(path: Path) -> str:
    """Return what is wrong with a model file according to its first bytes; else an empty string.

    A file whose sha256 is known (`paperboy model pull` stores it beside the file) is also hashed if
    it has changed since, which takes seconds.
    """
    if problem := _check_first_bytes(path) or explain_embedder(path):
        return problem
    return "" if is_unchanged(path) else _check_hash(path)


def full_check(path: Path) -> str:
    """Return what is wrong with a model file, without loading it; else an empty string.

    Compares its length with its header, and its sha256 where that is known. This takes seconds.
    """
    if problem := _check_first_bytes(path):
        return problem
    try:
        read_header(path)
    except HeaderError as error:
        return f"{path.name} cannot be loaded ({error}): {_cure(path)}"
    return explain_embedder(path) or _check_hash(path)


def usable_context(path: Path, n_ctx: int) -> int:
    """Return `n_ctx`, or what the model was trained for if that is less, in tokens.

    llama.cpp takes more, but beyond it a model writes nonsense.
    """
    try:
        return min(n_ctx, read_header(path).context_length or n_ctx)
    except (HeaderError, OSError):
        return n_ctx  # llama.cpp explains it


def usable_sequences(path: Path, sequences: int, *, n_ctx: int) -> int:
    """Return how many sequences of `n_ctx` tokens the model can have on this machine, at least 1.

    Not more than fit into memory. A model with a stretched context reads all texts in another way
    once the sequences together exceed the context that it had before.
    """
    try:
        header = read_header(path)
        size = path.stat().st_size
    except (HeaderError, OSError):
        return sequences  # llama.cpp explains it
    limits = [sequences]
    if (memory := memory_bytes()) and header.token_bytes:
        limits.append(int((memory - size) * CONTEXT_SHARE) // (header.token_bytes * n_ctx))
    if header.unstretched_length:
        limits.append(header.unstretched_length // n_ctx)
    return max(1, min(limits))


def is_base_model(path: Path) -> bool:
    """Return whether a complete file holds a model that was never trained to answer.

    Such a model has no chat template.
    """
    try:
        header = read_header(path)
        return not header.has_chat_template and not header.is_embedder
    except (HeaderError, OSError):
        return False


def explain_embedder(path: Path) -> str:
    """Return one sentence about a file that holds an embedding model, with the cure; else ""."""
    try:
        header = read_header(path)
    except (HeaderError, OSError):
        return ""
    if not header.is_embedder:
        return ""
    return (
        f"{path.name} is an embedding model ({header.architecture}), which turns text into vectors "
        "and writes none: use an instruct model, which `paperboy model pull` fetches."
    )


def explain_base_model(path: Path) -> str:
    """Return one sentence about what a base model cannot do, with the cure; "" for another one."""
    if not is_base_model(path):
        return ""
    return (
        f"{path.name} is a base model (it has no chat template), which was not trained to answer "
        "questions, so answers stay quotes: use an instruct model, which `paperboy model pull` "
        "fetches."
    )


def _check_first_bytes(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if S_ISDIR(mode):
            return f"{path.name} is a folder, not a GGUF file: {CHOOSE}"
        if not S_ISREG(mode):  # a device without an end, a pipe that nobody writes to
            return f"{path.name} is not a file: {CHOOSE}"
        with path.open("rb") as file:
            head = file.read(512)
    except FileNotFoundError:
        return f"{path.name} does not exist: {_cure(path)}"
    except OSError as error:
        return f"{path.name} cannot be read ({error.strerror}): check its permissions."
    cause = _wrong_format(head)
    return f"{path.name} cannot be loaded ({cause}): {_cure(path)}" if cause else ""


def _cure(path: Path) -> str:
    """Return what to do about a file that is no model: only a fetched one can be fetched again."""
    is_fetched = path.suffix == ".part" or _sha256_file(path).exists()
    return FETCH_AGAIN if is_fetched else CHOOSE


def _wrong_format(head: bytes) -> str:
    if head.startswith(b"GGUF"):
        return ""
    if not head:
        return "the file is empty"
    if head.startswith(b"version https://git-lfs"):
        return "it is a Git LFS pointer, not the file itself"
    if head.lstrip().lower().startswith((b"<!doctype", b"<html")):
        return "it is a web page"
    return "it is not a GGUF file"


# -- hashes ----------------------------------------------------------------------------------


def sha256_of(path: Path, *, on_progress: Callable[[int], None] | None = None) -> str:
    """Return the file's sha256 in hexadecimal; `on_progress` gets the bytes hashed so far."""
    digest = hashlib.sha256()
    done = 0
    with path.open("rb") as file:
        while block := file.read(HASH_BYTES):
            digest.update(block)
            done += len(block)
            if on_progress:
                on_progress(done)
    return digest.hexdigest()


def stored_sha256(path: Path) -> str:
    """Return the sha256 that the file should have; an empty string if it is not known."""
    try:
        first, *_ = _sha256_file(path).read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return ""
    return first.lower()


def store_sha256(path: Path, digest: str) -> None:
    """Write the sha256 beside the file, as `sha256sum --check` reads it."""
    _write(_sha256_file(path), f"{digest}  {path.name}\n")


def is_unchanged(path: Path) -> bool:
    """Return whether the file is unmodified since its sha256 was verified; False if unsure."""
    try:
        return path.stat().st_mtime_ns < _sha256_file(path).stat().st_mtime_ns
    except OSError:
        return False


def _check_hash(path: Path) -> str:
    expected = stored_sha256(path)
    if not expected:
        return ""
    if sha256_of(path) != expected:
        cause = "its sha256 is not the one that was published"
        return f"{path.name} cannot be used ({cause}): {FETCH_AGAIN}"
    with contextlib.suppress(OSError):  # a read-only folder: the file is hashed again next time
        os.utime(_sha256_file(path))
    return ""


def _sha256_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


# -- the folder ------------------------------------------------------------------------------


class ModelFolder:
    """`models/` in the data folder: the fetched files, and the choice of `paperboy model use`."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "models"

    def installed(self) -> list[Path]:
        """Return the fetched files."""
        return sorted(self.path.glob("*.gguf"))

    def chosen(self) -> Path | None:
        """Return the chosen file, which may no longer exist; None if no file is chosen."""
        try:
            text = (self.path / CHOICE_FILE).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return self.path / text if text else None

    def has_choice(self) -> bool:
        """Return whether a choice was made, even that of no model."""
        return (self.path / CHOICE_FILE).exists()

    def choose(self, path: Path | None) -> None:
        """Store the file to use; None stands for no model: answers are quoted.

        A file in this folder is stored by its name alone, so that the data folder can be moved.
        """
        text = ""
        if path is not None:
            path = path.absolute()
            text = path.name if path.parent == self.path.absolute() else str(path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            _write(self.path / CHOICE_FILE, text + "\n")
        except OSError as error:
            raise ModelFileError(
                f"the choice cannot be written to {self.path} ({error.strerror}): "
                "check the folder, or give another one with --data-dir."
            ) from error

    def find(self, text: str) -> Path | None:
        """Return the fetched file of that name, with or without `.gguf`, or the file at a path."""
        stem = text.casefold().removesuffix(".gguf")
        for path in self.installed():
            if path.stem.casefold() == stem:
                return path
        try:
            path = Path(text).expanduser()
            return path if path.exists() else None
        except (OSError, RuntimeError):  # no name that a file can have, or nobody's home
            return None


def _write(path: Path, text: str) -> None:
    """Replace a file atomically: a power cut leaves the old or the new one."""
    new = path.with_name(f"{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
