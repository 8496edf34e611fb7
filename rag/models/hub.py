"""Fetches a model file from the Hugging Face Hub: the one door to huggingface_hub.

`hf_hub_download` begins a broken download anew and compares only sizes. So the file grows in a
`.part` of ours, by huggingface_hub's own `http_get`, which goes on where the part ends; and what
came is hashed and compared with the sha256 that the hub names for it. hf_xet is not used: what it
has fetched is of no use to a later run.
"""

import errno
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from typing import Any, NoReturn

import httpx
from filelock import FileLock, Timeout

from rag.errors import ModelFileError, first_line
from rag.llm.gguf_header import gigabytes
from rag.llm.model_files import is_unchanged, keep_sha256, kept_sha256, sha256_of, whole_problem_of
from rag.models.known_models import HubFile

Tell = Callable[[str, int, int], None]  # what is done, bytes of it so far, bytes in all

RESERVE_BYTES = 500_000_000  # of disk, left for the rest of Paperboy
TRIES = 3  # in a row in which nothing came, beyond huggingface_hub's own
LOOK_UP_SECONDS = 10.0
FULL = (errno.ENOSPC, errno.EDQUOT)
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _Remote:
    """The file as the hub describes it; `sha256` is empty where the hub names none."""

    url: str
    etag: str
    size: int
    sha256: str


def fetch(source: HubFile, folder: Path, *, endpoint: str | None, tell: Tell) -> tuple[Path, bool]:
    """Fetch the file into the folder; return where it is and whether the hub vouches for it.

    What an earlier run has fetched of it is used. Raises ModelFileError, and then leaves what came
    so far, unless that is wrong.
    """
    with _explained(source, endpoint, folder):
        remote = _look_up(source, endpoint)
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            path = folder / source.name
            if not _is_here(path, remote, tell):
                part = folder / f"{source.name}.{remote.etag[:16]}.part"
                for other in folder.glob(f"{source.name}.*.part"):
                    if other != part:  # of a version that the hub no longer has
                        other.unlink()
                _require_space(part, remote.size)
                _download(remote, part, tell)
                _put_in_place(part, path, remote, tell)
    return path, bool(remote.sha256)


def _look_up(source: HubFile, endpoint: str | None) -> _Remote:
    """Ask the hub for the file's size, sha256 and commit."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    # What goes wrong is told in our words.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    url = hf_hub_url(source.repo, source.file, revision=source.revision, endpoint=endpoint)
    found = get_hf_file_metadata(url, timeout=LOOK_UP_SECONDS, endpoint=endpoint)
    if not (found.commit_hash and found.etag and found.size):
        raise ModelFileError(
            f"{_host(endpoint)} does not answer like the Hugging Face Hub: "
            "check [ingest.fetch] huggingface_url, HF_ENDPOINT and the proxy."
        )
    return _Remote(
        url=hf_hub_url(source.repo, source.file, revision=found.commit_hash, endpoint=endpoint),
        etag=re.sub(r"\W", "", found.etag),
        size=found.size,
        sha256=found.etag if SHA256.fullmatch(found.etag) else "",
    )


def _is_here(path: Path, remote: _Remote, tell: Tell) -> bool:
    """Return whether an earlier run has fetched exactly this file."""
    if not path.is_file() or path.stat().st_size != remote.size:
        return False
    if not remote.sha256:
        return not whole_problem_of(path)
    if is_unchanged(path):
        return kept_sha256(path) == remote.sha256
    if _sha256_told(path, tell) != remote.sha256:
        return False
    keep_sha256(path, remote.sha256)
    return True


def _require_space(part: Path, size: int) -> None:
    left = size - _size(part)
    free = disk_usage(part.parent).free
    if free < left + RESERVE_BYTES:
        raise ModelFileError(
            f"{gigabytes(left)} are to be fetched and {gigabytes(free)} are free in {part.parent}: "
            f"free {gigabytes(left + RESERVE_BYTES - free)}, or give another folder with "
            "--data-dir."
        )


def _download(remote: _Remote, part: Path, tell: Tell) -> None:
    """Fetch what the part lacks. Breaks of the connection are mended while anything comes."""
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    # Compressed, the file could not be fetched from the middle on.
    headers = build_hf_headers() | {"Accept-Encoding": "identity"}
    if _size(part) > remote.size:
        part.unlink()
    tries = 0
    while True:
        before = _size(part)
        try:
            with part.open("ab") as file:
                http_get(
                    remote.url, file, resume_size=before, headers=headers,
                    expected_size=remote.size, tqdm_class=_bar(tell, remote.size),
                )  # fmt: skip
                file.flush()
                os.fsync(file.fileno())
            return
        except httpx.TransportError:
            tries = 0 if _size(part) > before else tries + 1
            if tries >= TRIES:
                raise
            time.sleep(tries)


def _bar(tell: Tell, total: int) -> Any:
    """Return a class that huggingface_hub takes for tqdm's."""

    class Bar:
        def __init__(self, *, initial: int = 0, **_options: Any) -> None:
            self.done = initial
            tell("fetched", initial, total)

        def update(self, size: int) -> None:
            self.done += size
            tell("fetched", self.done, total)

        def __enter__(self) -> "Bar":
            return self

        def __exit__(self, *_error: object) -> None:
            pass

    return Bar


def _put_in_place(part: Path, path: Path, remote: _Remote, tell: Tell) -> None:
    """Give the whole file its name, if it is what the hub says it is; else delete it."""
    digest = _sha256_told(part, tell)
    if remote.sha256 and digest != remote.sha256:
        part.unlink()
        raise ModelFileError(
            f"{path.name} came with a wrong sha256 ({digest[:12]}… and not "
            f"{remote.sha256[:12]}…) and was deleted: fetch it again, and if that does not help, "
            "another one."
        )
    if problem := whole_problem_of(part):
        part.unlink()
        raise ModelFileError(problem.replace(part.name, path.name))
    part.replace(path)
    keep_sha256(path, digest)


def _sha256_told(path: Path, tell: Tell) -> str:
    total = _size(path)
    return sha256_of(path, tell=lambda done: tell("checked", done, total))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a second `model pull` from writing to the same file."""
    lock = FileLock(folder / "fetch.lock")
    try:
        with lock.acquire(timeout=0):
            yield
    except Timeout as error:
        raise ModelFileError(
            f"another process is fetching a model into {folder}: wait until it has finished."
        ) from error


@contextmanager
def _explained(source: HubFile, endpoint: str | None, folder: Path) -> Iterator[None]:
    """Turn what can go wrong between here and the hub into one sentence."""
    from huggingface_hub import errors

    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        raise ModelFileError(
            f"{source.name} was not fetched, because HF_HUB_OFFLINE is set: unset it and run the "
            "command again."
        ) from error
    except errors.HfHubHTTPError as error:
        raise _refusal(source, endpoint, error) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ModelFileError(
            f"{_host(endpoint)} cannot be reached ({first_line(error)}): check the network and run "
            "the command again; what was fetched so far is kept."
        ) from error
    except OSError as error:
        _explain_disk(source, folder, error)
    except ValueError as error:  # huggingface_hub's: a name that cannot be, a file over 50 GB
        raise ModelFileError(
            f"{source} cannot be fetched ({first_line(error)}): check its name."
        ) from error


def _refusal(source: HubFile, endpoint: str | None, error: Any) -> ModelFileError:
    """Return what a HfHubHTTPError means."""
    from huggingface_hub import errors

    status = error.response.status_code
    if isinstance(error, errors.GatedRepoError):
        text = f"{source.repo} asks for consent: give it on its page and set HF_TOKEN"
    elif isinstance(error, errors.RepositoryNotFoundError):
        text = f"{_host(endpoint)} knows no repository {source.repo}: check its name"
    elif isinstance(error, errors.EntryNotFoundError) or status == 404:
        text = f"{source.repo} has no file {source.file}: check its name on the model's page"
    elif status == 429:
        text = f"{_host(endpoint)} asks for patience: run the command again in five minutes"
    else:
        text = f"{_host(endpoint)} refused {source.file} ({status}): run the command again later"
    return ModelFileError(f"{text}.")


def _explain_disk(source: HubFile, folder: Path, error: OSError) -> NoReturn:
    if error.errno in FULL:
        raise ModelFileError(
            f"the disk is full in the middle of {source.name}: free some space in {folder} and run "
            "the command again; it goes on where it stopped."
        ) from error
    what = error.strerror or first_line(error)
    raise ModelFileError(
        f"{source.name} cannot be written to {folder} ({what}): check the folder, or give another "
        "one with --data-dir."
    ) from error


def _host(endpoint: str | None) -> str:
    from huggingface_hub import constants

    return httpx.URL(endpoint or constants.ENDPOINT).host


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
