"""Fetching a model from a fake hub on 127.0.0.1 that fails in many ways."""

import errno
import hashlib
import shutil
import socket
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from rag.errors import ModelFileError
from rag.llm.model_files import quick_check, stored_sha256
from rag.models import hub as hub_module
from rag.models.hub import fetch
from rag.models.known_models import HubFile
from tests.fake_proxy import fake_proxy
from tests.models.hub import COMMIT, ModelHub
from tests.models.hub import model_hub as serve

NAME = "owner/tiny-GGUF/tiny.gguf"
SOURCE = HubFile("owner/tiny-GGUF", "tiny.gguf")
GGUF = b"GGUF" + bytes([3, 0, 0, 0]) + bytes(16)  # a header without tensors or values
CONTENT = GGUF + bytes(range(256)) * 4096
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelHub]:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100_000)
    with serve(files={NAME: CONTENT}) as served:
        yield served


@pytest.fixture
def pull(hub: ModelHub, tmp_path: Path) -> Callable[..., Path]:
    def call(source: HubFile = SOURCE, **options: Any) -> Path:
        on_progress = options.pop("on_progress", lambda *_: None)
        path, _ = fetch(
            source, tmp_path, endpoint=options.pop("endpoint", hub.url), on_progress=on_progress
        )
        return path

    return call


def failure(pull: Callable[..., Path], **options: Any) -> str:
    """Return the sentence of a fetch that fails."""
    with pytest.raises(ModelFileError) as caught:
        pull(**options)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def parts(folder: Path) -> list[int]:
    """Return the sizes of the incomplete files."""
    return [path.stat().st_size for path in folder.glob("*.part")]


def test_a_file_is_fetched_with_progress_and_its_hash(
    hub: ModelHub, pull: Callable[..., Path], tmp_path: Path
) -> None:
    told: list[tuple[str, int, int]] = []
    path = pull(on_progress=lambda *progress: told.append(progress))
    assert path == tmp_path / "tiny.gguf"
    assert path.read_bytes() == CONTENT
    assert stored_sha256(path) == hashlib.sha256(CONTENT).hexdigest()
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "tiny.gguf.sha256"], cwd=tmp_path, check=True)
    assert quick_check(path) == ""
    fetched = [done for stage, done, _ in told if stage == "fetched"]
    assert fetched[0] == 0
    assert fetched == sorted(fetched)
    assert fetched[-1] == len(CONTENT)
    assert len(fetched) > 5
    assert told[-1] == ("checked", len(CONTENT), len(CONTENT))
    assert {total for _, _, total in told} == {len(CONTENT)}
    # The download is pinned to the commit of the metadata.
    assert [path for _, path, _ in hub.requests] == [
        "/owner/tiny-GGUF/resolve/main/tiny.gguf",
        f"/owner/tiny-GGUF/resolve/{COMMIT}/tiny.gguf",
        f"/cdn/{NAME}",
    ]


def test_a_complete_file_is_not_fetched_again(hub: ModelHub, pull: Callable[..., Path]) -> None:
    path = pull()
    assert pull() == path
    path.with_name("tiny.gguf.sha256").unlink()  # as if the power had failed before it was written
    assert pull() == path
    assert stored_sha256(path)
    assert len(hub.ranges) == 1


def test_a_changed_file_is_fetched_again(hub: ModelHub, pull: Callable[..., Path]) -> None:
    path = pull()
    path.write_bytes(CONTENT[:-1] + b"?")
    assert pull().read_bytes() == CONTENT
    hub.files[NAME] = CONTENT + b"a new version"
    assert pull().read_bytes() == CONTENT + b"a new version"
    assert stored_sha256(path) == hashlib.sha256(hub.files[NAME]).hexdigest()


def test_after_a_broken_connection_only_the_rest_is_requested(
    hub: ModelHub, pull: Callable[..., Path]
) -> None:
    hub.break_after = [300_000]
    told: list[int] = []
    path = pull(
        on_progress=lambda stage, done, _: told.append(done) if stage == "fetched" else None
    )
    assert path.read_bytes() == CONTENT
    assert hub.ranges[0] == ""
    begin = int(hub.ranges[1].removeprefix("bytes=").removesuffix("-"))
    assert 0 < begin <= 300_000
    assert len(hub.ranges) == 2
    assert told == sorted(told)
    assert told[-1] == len(CONTENT)


def test_a_reset_connection_is_retried(
    hub: ModelHub, pull: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx
    from huggingface_hub import file_download

    whole = file_download.http_get
    broken: list[int] = []

    def reset_once(*given: Any, **options: Any) -> None:
        if not broken:
            broken.append(1)
            given[1].write(CONTENT[:1000])
            raise httpx.ReadError("Connection reset by peer")
        whole(*given, **options)

    monkeypatch.setattr(file_download, "http_get", reset_once)
    assert pull().read_bytes() == CONTENT
    assert hub.ranges == ["bytes=1000-"]


@pytest.mark.slow
def test_the_next_run_continues_a_killed_one(
    hub: ModelHub, pull: Callable[..., Path], tmp_path: Path
) -> None:
    hub.pause = 0.2
    program = f"""
from pathlib import Path
from huggingface_hub import constants
constants.HF_HUB_OFFLINE, constants.DOWNLOAD_CHUNK_SIZE = False, 100_000
from rag.models.known_models import HubFile
from rag.models.hub import fetch
fetch(HubFile("owner/tiny-GGUF", "tiny.gguf"), Path({str(tmp_path)!r}), endpoint={hub.url!r},
      on_progress=lambda *_: None)
"""
    process = subprocess.Popen([sys.executable, "-c", program])
    ends_at = time.monotonic() + 30
    while not any(parts(tmp_path)) and time.monotonic() < ends_at:
        time.sleep(0.01)
    process.kill()
    process.wait()
    (begun,) = parts(tmp_path)
    assert 0 < begun < len(CONTENT)
    hub.pause = 0.0
    assert pull().read_bytes() == CONTENT
    assert hub.ranges == ["", f"bytes={begun}-"]
    assert parts(tmp_path) == []


def test_a_server_without_ranges_sends_the_whole_file_again(
    hub: ModelHub, pull: Callable[..., Path]
) -> None:
    hub.supports_ranges, hub.break_after = False, [300_000]
    assert pull().read_bytes() == CONTENT


def test_a_wrong_hash_is_refused(hub: ModelHub, pull: Callable[..., Path], tmp_path: Path) -> None:
    hub.etags[NAME] = "ab" * 32
    assert failure(pull).startswith("tiny.gguf arrived with a wrong sha256 (")
    assert not (tmp_path / "tiny.gguf").exists()
    assert parts(tmp_path) == []
    hub.etags.clear()
    pull()
    hub.files[NAME] = CONTENT + b"more"
    hub.etags[NAME] = "ab" * 32
    failure(pull)
    assert (tmp_path / "tiny.gguf").read_bytes() == CONTENT  # the old one stays


def test_a_damaged_part_is_noticed(
    hub: ModelHub, pull: Callable[..., Path], tmp_path: Path
) -> None:
    hub.break_after = [300_000] + [0] * 20
    digest = hashlib.sha256(CONTENT).hexdigest()
    (tmp_path / f"tiny.gguf.{digest[:16]}.part").write_bytes(b"?" * 300_000)
    (tmp_path / "tiny.gguf.0123456789abcdef.part").write_bytes(b"of an older version")
    hub.break_after = []
    assert "wrong sha256" in failure(pull)
    assert parts(tmp_path) == []
    assert pull().read_bytes() == CONTENT


def test_a_web_page_instead_of_a_model_is_refused(hub: ModelHub, pull: Callable[..., Path]) -> None:
    hub.files[NAME] = b"<!DOCTYPE html><html>Log in</html>"
    assert "tiny.gguf cannot be loaded (it is a web page): " in failure(pull)


def test_a_file_without_a_sha256_is_accepted_but_reported_as_unverified(
    hub: ModelHub, tmp_path: Path
) -> None:
    hub.etags[NAME] = "a-mere-etag"
    path, is_vouched_for = fetch(SOURCE, tmp_path, endpoint=hub.url, on_progress=lambda *_: None)
    assert path.read_bytes() == CONTENT
    assert not is_vouched_for


def test_too_little_space_is_reported_before_anything_is_fetched(
    hub: ModelHub, pull: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "disk_usage", lambda _: Usage(0, 0, 500_000_000))
    text = failure(pull)
    assert text.startswith("1.0 MB must be fetched and 0.5 GB are free in ")
    assert "free 1.0 MB, or give another folder with --data-dir." in text
    assert hub.ranges == []


def test_a_full_disk_keeps_the_downloaded_part(
    hub: ModelHub,
    pull: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from huggingface_hub import file_download

    whole = file_download.http_get

    def fill(url: str, file: Any, **options: Any) -> None:
        class Full:
            def write(self, piece: bytes) -> int:
                if file.tell() > 400_000:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return int(file.write(piece))

        whole(url, Full(), **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(file_download, "http_get", fill)
        text = failure(pull)
    assert text.startswith("the disk became full while fetching tiny.gguf: free some space in ")
    assert "continues where it stopped" in text
    (kept,) = parts(tmp_path)
    assert kept >= 400_000
    assert pull().read_bytes() == CONTENT
    assert hub.ranges[-1] == f"bytes={kept}-"


def test_a_missing_network_is_explained_in_one_sentence(pull: Callable[..., Path]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    text = failure(pull, endpoint=nobody)
    assert text.startswith("127.0.0.1 cannot be reached (")
    assert "check the network" in text


def test_a_lost_network_keeps_the_downloaded_part(
    hub: ModelHub, pull: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import file_download

    def break_off(_url: str, file: Any, **_options: Any) -> None:
        import httpx

        if not file.tell():
            file.write(CONTENT[:5000])
        raise httpx.ReadError("Connection reset by peer")

    monkeypatch.setattr("rag.models.hub.time.sleep", lambda _: None)
    monkeypatch.setattr(file_download, "http_get", break_off)
    assert "it continues where it stopped" in failure(pull)
    assert parts(tmp_path) == [5000]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (HubFile("owner/tiny-GGUF", "other.gguf"), "owner/tiny-GGUF has no file other.gguf: "),
        (HubFile("owner/nothing", "tiny.gguf"), "127.0.0.1 knows no repository owner/nothing: "),
        (HubFile("owner/tiny-GGUF", "tiny.gguf", "v9"), "owner/tiny-GGUF has no file tiny.gguf: "),
        (HubFile("no good/name!", "tiny.gguf"), "hf:no good/name!/tiny.gguf cannot be fetched ("),
    ],
)
def test_a_missing_file_is_explained_in_one_sentence(
    pull: Callable[..., Path], source: HubFile, message: str
) -> None:
    assert failure(pull, source=source).startswith(message)


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (403, {"X-Error-Code": "GatedRepo"}, "owner/tiny-GGUF asks for consent: "),
        (429, {}, "127.0.0.1 asks for patience: "),
        (500, {}, "127.0.0.1 refused tiny.gguf (500): "),
        (200, {"Content-Type": "text/html"}, "127.0.0.1 does not answer like the Hugging Face"),
    ],
)
def test_an_http_error_is_explained_in_one_sentence(
    hub: ModelHub, pull: Callable[..., Path], status: int, headers: dict[str, str], message: str
) -> None:
    hub.error = status, headers
    assert failure(pull).startswith(message)


def test_offline_mode_is_respected(
    hub: ModelHub, pull: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in failure(pull)
    assert hub.requests == []


def test_a_second_fetch_into_the_same_folder_is_refused(
    pull: Callable[..., Path], tmp_path: Path
) -> None:
    with FileLock(tmp_path / "fetch.lock"):
        assert failure(pull).startswith("another process is fetching a model into ")
    assert pull().is_file()


def test_a_folder_that_cannot_be_created_is_explained_in_one_sentence(
    hub: ModelHub, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelFileError, match=r"tiny.gguf cannot be written to .*: check the fold"):
        fetch(SOURCE, tmp_path / "file" / "models", endpoint=hub.url, on_progress=lambda *_: None)


@pytest.mark.slow
def test_xet_is_not_used(hub: ModelHub, tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from rag.models.known_models import HubFile
from rag.models.hub import fetch
fetch(HubFile("owner/tiny-GGUF", "tiny.gguf"), Path({str(tmp_path)!r}), endpoint={hub.url!r},
      on_progress=lambda *_: None)
assert "hf_xet" not in sys.modules
"""
    subprocess.run(
        [sys.executable, "-c", program], check=True, env={"HF_HUB_OFFLINE": "0", "PATH": ""}
    )
    assert (tmp_path / "tiny.gguf").read_bytes() == CONTENT
    assert not any("xet" in path for _, path, _ in hub.requests)


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_a_model_is_fetched_through_the_proxy(
    hub: ModelHub, pull: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    hub.download_host = "files.example"
    with fake_proxy(kind) as proxy:  # type: ignore[arg-type]  # one of its kinds
        monkeypatch.setenv("ALL_PROXY", proxy.url())
        path = pull(endpoint=f"http://hub.example:{hub.port}")
        assert path.read_bytes() == CONTENT
        assert proxy.hosts == {"hub.example", "files.example"}
        proxy.asked.clear()
        path.unlink()
        hub.download_host = "localhost"
        assert pull().exists()  # a hub on this machine
        assert proxy.asked == []


def test_a_proxy_that_cannot_be_used_is_named(
    hub: ModelHub, pull: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = f"http://hub.example:{hub.port}"
    monkeypatch.setenv("ALL_PROXY", "http://ann:s3cret@host:notaport")
    with pytest.raises(
        ModelFileError, match=r"^\$ALL_PROXY is not the address .*http://…@host:not"
    ):
        pull(endpoint=endpoint)
    with fake_proxy("http", login=("ann", "s3cret")) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url().replace("s3cret", "other-one"))
        with pytest.raises(ModelFileError) as caught:
            pull(endpoint=endpoint)
    assert f"through the proxy http://127.0.0.1:{proxy.port} ($ALL_PROXY)" in str(caught.value)
    assert "other-one" not in str(caught.value)
    assert hub.requests == []
