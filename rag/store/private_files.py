"""Files for their owner alone: what people asked and saved is nobody else's business."""

import contextlib
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
OTHERS = stat.S_IRWXG | stat.S_IRWXO
# What Paperboy makes in a data folder; files of other programs stay as they are.
OWN_FILES = (
    "paperboy.*",
    "*.lock",
    "index.owner",
    "encoder.json",
    "chroma*",
    "chroma*/*",
    "chroma*/*/*",
)


@contextlib.contextmanager
def private_umask() -> Iterator[None]:
    """Create every file inside this block for its owner alone, also those of libraries."""
    before = os.umask(OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def write_anew(path: Path, text: str) -> None:
    """Replace a small file with a new one for its owner alone; a link's target stays as it is.

    Nothing depends on such a file, so that a failure is only a warning.
    """
    try:
        path.unlink(missing_ok=True)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with open(number, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        log.warning("%s cannot be written (%s)", path, error.strerror)


def restrict(folder: Path) -> None:
    """Take other users' rights to a data folder and its files away.

    A folder that many share (/tmp) or that belongs to another user keeps its rights. Links are not
    followed.
    """
    status = folder.stat()
    if not status.st_mode & stat.S_ISVTX:
        _restrict_path(folder)
    for pattern in OWN_FILES:
        for path in folder.glob(pattern):
            _restrict_path(path)


def is_private(folder: Path) -> bool:
    """Return whether nobody but the owner can enter the folder."""
    return not folder.stat().st_mode & OTHERS


def _restrict_path(path: Path) -> None:
    try:
        status = path.lstat()
        if not stat.S_ISLNK(status.st_mode) and status.st_mode & OTHERS:
            path.chmod(status.st_mode & ~OTHERS & 0o777)
    except FileNotFoundError:  # another process has just removed it
        pass
    except OSError as error:
        log.warning("other users may read %s (%s)", path, error.strerror)
