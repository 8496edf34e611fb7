"""A backup in one file: a tar archive, compressed with gzip, which `tar xzf` unpacks as well.

    manifest.json     what it is, when and by which version it was made, the database's sha256
    paperboy.sqlite   the database as it was at one instant

What is read may be damaged or come from anywhere: nothing but these two files is taken, by their
plain headers, and never more than the manifest says.
"""

import gzip
import hashlib
import json
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from rag.errors import BackupError
from rag.store.private_files import PRIVATE_FILE

FORMAT = 1
MANIFEST, DATABASE = "manifest.json", "paperboy.sqlite"
MAX_MANIFEST_BYTES = 100_000
MAX_END_BYTES = 1_000_000  # of zeros after the last file
COMPRESSION = 1  # vectors hardly shrink, and the fastest level is several times as fast
PIECE = 1 << 20
BLOCK = tarfile.BLOCKSIZE
SQLITE_MAGIC = b"SQLite format 3\0"
UNREADABLE = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError)


class Kind(BaseModel):
    """What every version's manifest says."""

    kind: Literal["paperboy backup"] = "paperboy backup"
    format: int = Field(FORMAT, ge=1)


class Manifest(Kind):
    """What is in a backup. `versions` are those of the tables of each room."""

    made_at: AwareDatetime
    paperboy: str = Field(max_length=100)
    versions: dict[str, int]
    papers: int = Field(ge=0)
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_archive(file: Path, database: Path, manifest: Manifest) -> None:
    """Write a new file for its owner alone, which is on the disk when this returns."""
    text = manifest.model_dump_json(indent=1).encode()
    number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with open(number, "wb") as raw, database.open("rb") as content:
        at = manifest.made_at.timestamp()
        with gzip.GzipFile("", "wb", COMPRESSION, raw, mtime=at) as stream:
            stream.write(_header(MANIFEST, len(text), at) + text + _padding(len(text)))
            stream.write(_header(DATABASE, manifest.bytes, at))
            while piece := content.read(PIECE):
                stream.write(piece)
            stream.write(_padding(manifest.bytes) + bytes(2 * BLOCK))
        raw.flush()
        os.fsync(number)


def _header(name: str, size: int, at: float) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, int(at), PRIVATE_FILE
    return info.tobuf(tarfile.GNU_FORMAT)  # which has room for sizes above 8 GB


def _padding(size: int) -> bytes:
    return bytes(-size % BLOCK)


def read_manifest(file: Path) -> Manifest:
    """Return the manifest of a backup. Raises BackupError, also for a newer version's."""
    with _reading(file) as stream:
        return _read_manifest(file, stream)


def unpack(file: Path, target: Path) -> Manifest:
    """Write the database of a backup to a new file, on the disk when this returns.

    Raises BackupError for a file that is no backup, damaged, or a newer version's, and OSError if
    the target cannot be written.
    """
    with _reading(file) as stream:
        manifest = _read_manifest(file, stream)
        number = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with open(number, "wb") as written:
            digest = hashlib.sha256()
            try:
                for piece in _database_in(stream, manifest.bytes):
                    digest.update(piece)
                    written.write(piece)
                _read_end(stream)
            except UNREADABLE as error:
                raise damaged_backup(file, str(error) or "it ends early") from error
            written.flush()
            os.fsync(number)
    if digest.hexdigest() != manifest.sha256:
        raise damaged_backup(file, "its sha256 is another one")
    return manifest


@contextmanager
def _reading(file: Path) -> Iterator[BinaryIO]:
    if not file.is_file():
        what = "is no file" if file.exists() else "does not exist"
        raise BackupError(f"{file} {what}: name a file that `paperboy backup` wrote.")
    try:
        raw = file.open("rb")
    except OSError as error:
        raise BackupError(
            f"{file} cannot be read ({error.strerror}): check its permissions."
        ) from error
    with raw:
        if raw.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC:
            raise BackupError(
                f"{file} is a database without a manifest: copy it into an empty data folder as "
                f"{DATABASE}."
            )
        raw.seek(0)
        with gzip.GzipFile(fileobj=raw) as stream:
            yield stream  # type: ignore[misc]  # typeshed: GzipFile is no BinaryIO


def _read_manifest(file: Path, stream: BinaryIO) -> Manifest:
    try:
        size = _read_header(stream, MANIFEST)
        if size > MAX_MANIFEST_BYTES:
            raise ValueError("a manifest of this size")
        values = json.loads(_exactly(stream, size))
        _exactly(stream, -size % BLOCK)
        kind = Kind.model_validate(values)
        if kind.format > FORMAT:
            raise BackupError(
                f"{file} was made by a newer Paperboy (backups of format {kind.format}): "
                "update Paperboy."
            )
        return Manifest.model_validate(values)
    except (*UNREADABLE, ValidationError, RecursionError) as error:
        raise BackupError(
            f"{file} is no backup of Paperboy, or damaged: name a file that `paperboy backup` "
            "wrote."
        ) from error


def _read_header(stream: BinaryIO, name: str) -> int:
    """Return the size of the next file, which has to be a plain one of this name."""
    info = tarfile.TarInfo.frombuf(_exactly(stream, BLOCK), "ascii", "strict")
    if info.name != name or info.type != tarfile.REGTYPE or info.size < 0:
        raise ValueError(f"no {name}")
    return info.size


def _database_in(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the database, of exactly this size."""
    if _read_header(stream, DATABASE) != size:
        raise ValueError("its database has another size")
    for start in range(0, size, PIECE):
        yield _exactly(stream, min(PIECE, size - start))
    _exactly(stream, -size % BLOCK)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    read = stream.read(size)
    if len(read) < size:
        raise EOFError("it ends early")
    return read


def _read_end(stream: BinaryIO) -> None:
    """Read to the end, where gzip checks all that was read; there is nothing but zeros."""
    if any(stream.read(MAX_END_BYTES)) or stream.read(1):
        raise ValueError("something follows its last file")


def damaged_backup(file: Path, problem: str) -> BackupError:
    """Return the error of a backup that cannot be trusted."""
    return BackupError(f"{file} is damaged ({problem}): restore another backup.")
