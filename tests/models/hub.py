"""A fake Hugging Face Hub on 127.0.0.1 that serves model files and fails on request.

Like the real one, it redirects `/OWNER/NAME/resolve/REVISION/FILE` to another host (here:
localhost), which serves ranges; the redirect's headers contain size and sha256. It also advertises
Xet storage, which the client must not use.
"""

import hashlib
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "c0ffee" + 34 * "0"
PIECE = 64 * 1024


@dataclass
class ModelHub:
    """The files it serves, the way it fails, and the requests it received."""

    port: int = 0
    download_host: str = "localhost"  # to which it redirects
    files: dict[str, bytes] = field(default_factory=dict)  # OWNER/NAME/FILE → content
    etags: dict[str, str] = field(default_factory=dict)  # sent instead of the true sha256
    break_after: list[int] = field(
        default_factory=list
    )  # bytes of each response before it closes the connection
    supports_ranges: bool = True
    pause: float = 0.0  # seconds between two pieces
    error: tuple[int, dict[str, str]] | None = None  # status and headers for everything
    requests: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, range

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ranges(self) -> list[str]:
        """Return the range of each download; an empty string for a whole file."""
        return [part for method, path, part in self.requests if path.startswith("/cdn/")]


@contextmanager
def model_hub(**options: object) -> Iterator[ModelHub]:
    """Serve until the block ends."""
    hub = ModelHub(**options)  # type: ignore[arg-type]  # checked at run time

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            hub.requests.append((self.command, self.path, self.headers.get("Range", "")))
            if hub.error:
                self._send_headers(hub.error[0], hub.error[1])
            elif match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path):
                self._resolve(match[1], match[2], match[3])
            elif self.path.removeprefix("/cdn/") in hub.files:
                self._serve(hub.files[self.path.removeprefix("/cdn/")], with_body=with_body)
            else:
                self._send_headers(404, {})

        def _resolve(self, repo: str, revision: str, file: str) -> None:
            name = f"{repo}/{file}"
            if not any(known.startswith(f"{repo}/") for known in hub.files):
                self._send_headers(401, {"X-Error-Code": "RepoNotFound"})
            elif revision not in ("main", COMMIT):
                self._send_headers(404, {"X-Error-Code": "RevisionNotFound"})
            elif name not in hub.files:
                self._send_headers(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
            else:
                content = hub.files[name]
                etag = hub.etags.get(name, hashlib.sha256(content).hexdigest())
                self._send_headers(302, {
                    "Location": f"http://{hub.download_host}:{hub.port}/cdn/{name}",
                    "X-Repo-Commit": COMMIT,
                    "X-Linked-Etag": f'"{etag}"',
                    "X-Linked-Size": str(len(content)),
                    "Accept-Ranges": "bytes",
                    "X-Xet-Hash": 64 * "e",
                    "X-Xet-Refresh-Route": f"/api/models/{repo}/xet-read-token/{COMMIT}",
                })  # fmt: skip

        def _serve(self, content: bytes, *, with_body: bool) -> None:
            begin = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            first = int(begin[1]) if begin and hub.supports_ranges else 0
            part = content[first:]
            headers = {"Accept-Ranges": "bytes", "Content-Length": str(len(part))}
            if first:
                headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
            self._send_headers(206 if first else 200, headers)
            if not with_body:
                return
            end = hub.break_after.pop(0) if hub.break_after else len(part)
            with suppress(OSError):  # the client closed the connection
                for at in range(0, min(end, len(part)), PIECE):
                    self.wfile.write(part[at : min(at + PIECE, end)])
                    time.sleep(hub.pause)
            self.close_connection = end < len(part)

        def _send_headers(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": "0"} | headers).items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True  # a client's idle connection does not keep the test waiting
        block_on_close = False

    server = Server(("127.0.0.1", 0), Handler)
    hub.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
