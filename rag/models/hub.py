"""Fetches a model file from the Hugging Face Hub; the only module that imports huggingface_hub.

`hf_hub_download` restarts an interrupted download and compares only sizes. So this module downloads
into a `.part` file with huggingface_hub's own `http_get`, which continues where the file ends, and
compares the result with the sha256 that the hub publishes. It avoids hf_xet, whose partial
downloads a later run cannot continue.
"""

import errno
import ipaddress
import logging
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from typing import Any, NoReturn

import httpx
from filelock import FileLock, Timeout

from rag.errors import ModelFileError, ProxyError, first_line
from rag.llm.gguf_header import format_size
from rag.llm.model_files import full_check, is_unchanged, sha256_of, store_sha256, stored_sha256
from rag.models.known_models import HubFile
from rag.proxies import route
from rag.web_client import use_in_hub

ProgressCallback = Callable[[str, int, int], None]  # stage, bytes done, bytes in total

RESERVE_BYTES = 500_000_000  # of disk space, left free for the rest of Paperboy
MAX_TRIES = 3  # in a row without any data, beyond huggingface_hub's own
METADATA_SECONDS = 10.0
DISK_FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT)
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _RemoteFile:
    """The hub's metadata of a file; `sha256` is empty if the hub publishes none."""

    url: str
    etag: str
    size: int
    sha256: str


def fetch(
    source: HubFile, folder: Path, *, endpoint: str | None, on_progress: ProgressCallback
) -> tuple[Path, bool]:
    """Fetch the file into the folder; return its path and whether its sha256 was verified.

    Continues the download of an earlier run. Raises ModelFileError; the part that was downloaded
    stays, unless it is wrong.
    """
    with _explain_errors(source, endpoint, folder), _redirects_only_to_the_web(endpoint):
        remote = _get_metadata(source, endpoint)
        folder.mkdir(parents=True, exist_ok=True)
        with _exclusive_lock(folder):
            path = folder / source.name
            if not _is_complete(path, remote, on_progress):
                part = folder / f"{source.name}.{remote.etag[:16]}.part"
                for old_part in folder.glob(f"{source.name}.*.part"):
                    if old_part != part:  # of a version that the hub no longer has
                        old_part.unlink()
                _require_space(part, remote.size)
                _download(remote, part, on_progress)
                _verify_and_rename(part, path, remote, on_progress)
    return path, bool(remote.sha256)


@contextmanager
def _redirects_only_to_the_web(endpoint: str | None) -> Iterator[None]:
    """Let huggingface_hub follow no redirect from the web into a private network.

    A hub in a private network (HF_ENDPOINT) may redirect to another host there.
    """
    hub = httpx.URL(_url(endpoint))

    def check(request: httpx.Request) -> None:
        is_same = request.url.host == hub.host and request.url.scheme == hub.scheme
        if is_same or is_private(hub.host):
            return
        if request.url.scheme != hub.scheme or is_private(request.url.host):
            raise ModelFileError(
                f"{hub.host} redirects to {request.url.scheme}://{request.url.host}, which no "
                "public hub does: nothing was fetched; check HF_ENDPOINT and the proxy."
            )

    use_in_hub(check)
    try:
        yield
    finally:
        use_in_hub()


def is_private(host: str) -> bool:
    """Return whether a host is this machine, or any of its addresses is outside the public web.

    A name without an address here may be known to a proxy, so it counts as public.
    """
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return False
    addresses = [ipaddress.ip_address(str(address).partition("%")[0]) for address in found]
    return any(not (getattr(a, "ipv4_mapped", None) or a).is_global for a in addresses)


def _get_metadata(source: HubFile, endpoint: str | None) -> _RemoteFile:
    """Ask the hub for the file's size, sha256 and commit."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    # _explain_errors reports what goes wrong.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    url = hf_hub_url(source.repo, source.file, revision=source.revision, endpoint=endpoint)
    metadata = get_hf_file_metadata(url, timeout=METADATA_SECONDS, endpoint=endpoint)
    if not (metadata.commit_hash and metadata.etag and metadata.size):
        raise ModelFileError(
            f"{_host(endpoint)} does not answer like the Hugging Face Hub: "
            "check [ingest.fetch] huggingface_url, HF_ENDPOINT and the proxy."
        )
    return _RemoteFile(
        url=hf_hub_url(source.repo, source.file, revision=metadata.commit_hash, endpoint=endpoint),
        etag=re.sub(r"\W", "", metadata.etag),
        size=metadata.size,
        sha256=metadata.etag if SHA256.fullmatch(metadata.etag) else "",
    )


def _is_complete(path: Path, remote: _RemoteFile, on_progress: ProgressCallback) -> bool:
    """Return whether an earlier run has fetched exactly this file."""
    if not path.is_file() or path.stat().st_size != remote.size:
        return False
    if not remote.sha256:
        return not full_check(path)
    if is_unchanged(path):
        return stored_sha256(path) == remote.sha256
    if _sha256_with_progress(path, on_progress) != remote.sha256:
        return False
    store_sha256(path, remote.sha256)
    return True


def _require_space(part: Path, size: int) -> None:
    missing = size - _size(part)
    free = disk_usage(part.parent).free
    if free < missing + RESERVE_BYTES:
        raise ModelFileError(
            f"{format_size(missing)} must be fetched and {format_size(free)} are free in "
            f"{part.parent}: free {format_size(missing + RESERVE_BYTES - free)}, or give another "
            "folder with --data-dir."
        )


def _download(remote: _RemoteFile, part: Path, on_progress: ProgressCallback) -> None:
    """Download the rest of the file. Lost connections are retried while data still arrives."""
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    # A compressed download cannot start in the middle of the file.
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
                    expected_size=remote.size, tqdm_class=_progress_bar(on_progress, remote.size),
                )  # fmt: skip
                file.flush()
                os.fsync(file.fileno())
            return
        except httpx.TransportError:
            tries = 0 if _size(part) > before else tries + 1
            if tries >= MAX_TRIES:
                raise
            time.sleep(tries)


def _progress_bar(on_progress: ProgressCallback, total: int) -> Any:
    """Return a class with the part of tqdm's interface that huggingface_hub uses."""

    class ProgressBar:
        def __init__(self, *, initial: int = 0, **_options: Any) -> None:
            self.done = initial
            on_progress("fetched", initial, total)

        def update(self, size: int) -> None:
            self.done += size
            on_progress("fetched", self.done, total)

        def __enter__(self) -> "ProgressBar":
            return self

        def __exit__(self, *_error: object) -> None:
            pass

    return ProgressBar


def _verify_and_rename(
    part: Path, path: Path, remote: _RemoteFile, on_progress: ProgressCallback
) -> None:
    """Rename the complete file, or delete it and raise if it is not the published one."""
    digest = _sha256_with_progress(part, on_progress)
    if remote.sha256 and digest != remote.sha256:
        part.unlink()
        raise ModelFileError(
            f"{path.name} arrived with a wrong sha256 ({digest[:12]}… and not "
            f"{remote.sha256[:12]}…) and was deleted: fetch it again, and if that does not help, "
            "another one."
        )
    if problem := full_check(part):
        part.unlink()
        raise ModelFileError(problem.replace(part.name, path.name))
    part.replace(path)
    store_sha256(path, digest)


def _sha256_with_progress(path: Path, on_progress: ProgressCallback) -> str:
    total = _size(path)
    return sha256_of(path, on_progress=lambda done: on_progress("checked", done, total))


@contextmanager
def _exclusive_lock(folder: Path) -> Iterator[None]:
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
def _explain_errors(source: HubFile, endpoint: str | None, folder: Path) -> Iterator[None]:
    """Raise ModelFileError, with a cure, for any failure of the network, the hub or the disk."""
    from huggingface_hub import errors

    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        raise ModelFileError(
            f"{source.name} was not fetched, because HF_HUB_OFFLINE is set: unset it and run the "
            "command again."
        ) from error
    except errors.HfHubHTTPError as error:
        raise _http_error(source, endpoint, error) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ModelFileError(
            f"{_host(endpoint)} cannot be reached{route(_url(endpoint))} ({first_line(error)}): "
            "check the network and run the command again; it continues where it stopped."
        ) from error
    except ProxyError as error:
        raise ModelFileError(str(error)) from error
    except OSError as error:
        _raise_disk_error(source, folder, error)
    except ValueError as error:  # huggingface_hub's: an impossible name, a file over 50 GB
        raise ModelFileError(
            f"{source} cannot be fetched ({first_line(error)}): check its name."
        ) from error


def _http_error(source: HubFile, endpoint: str | None, error: Any) -> ModelFileError:
    """Return the error that explains a HfHubHTTPError."""
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


def _raise_disk_error(source: HubFile, folder: Path, error: OSError) -> NoReturn:
    if error.errno in DISK_FULL_ERRORS:
        raise ModelFileError(
            f"the disk became full while fetching {source.name}: free some space in {folder} and "
            "run the command again; it continues where it stopped."
        ) from error
    reason = error.strerror or first_line(error)
    raise ModelFileError(
        f"{source.name} cannot be written to {folder} ({reason}): check the folder, or give "
        "another one with --data-dir."
    ) from error


def _url(endpoint: str | None) -> str:
    from huggingface_hub import constants

    return endpoint or constants.ENDPOINT


def _host(endpoint: str | None) -> str:
    return httpx.URL(_url(endpoint)).host


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
