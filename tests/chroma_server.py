"""A real `chroma run` on 127.0.0.1, and what may stand before it: a proxy that wants a token."""

import http.client
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest

from tests.bot.gateway.test_health import free_port

START_SECONDS = 60.0


class ChromaServer:
    """A server on a folder, at a port that stays the same when it is started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it; return once it answers."""
        program, port = Path(sys.executable).with_name("chroma"), str(self.port)
        self._process = subprocess.Popen(
            [program, "run", "--path", self.folder, "--host", "127.0.0.1", "--port", port],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=os.environ | {"ANONYMIZED_TELEMETRY": "False"}, cwd=self.folder.parent,
        )  # fmt: skip
        ends_at = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, "the Chroma server has ended"
            assert time.monotonic() < ends_at, "the Chroma server does not answer"
            time.sleep(0.05)
        return self

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
        try:
            connection.request("GET", "/api/v2/heartbeat")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    @property
    def pid(self) -> int:
        """The id of its process."""
        assert self._process is not None
        return self._process.pid

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Stop it, if it runs."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(30)
        self._process = None


@contextmanager
def chroma_running(folder: Path) -> Iterator[ChromaServer]:
    """Run a Chroma server until the block ends."""
    server = ChromaServer(folder)
    try:
        yield server.start()
    finally:
        server.stop(signal.SIGKILL)


@pytest.fixture(scope="session")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """A Chroma server that several tests share: each data folder has its own collections."""
    with chroma_running(tmp_path_factory.mktemp("chroma") / "data") as server:
        yield server


class _Gate(BaseHTTPRequestHandler):
    """Hands requests with the right token on to Chroma, and refuses the others."""

    protocol_version = "HTTP/1.1"
    token = ""
    port = 0

    def _hand_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Authorization") != f"Bearer {self.token}":
            self._reply(401, "text/plain", b"who are you?")
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            kept = {"Content-Type": self.headers.get("Content-Type") or "application/json"}
            connection.request(self.command, self.path, body, kept)
            answer = connection.getresponse()
            self._reply(answer.status, answer.headers["Content-Type"] or "", answer.read())
        finally:
            connection.close()

    do_GET = do_POST = do_PUT = do_DELETE = _hand_on  # noqa: N815  # http.server's names

    def _reply(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _FixedAnswer(_Gate):
    status, body = 200, b""

    def _hand_on(self) -> None:
        self._reply(self.status, "application/json", self.body)

    do_GET = do_POST = _hand_on  # noqa: N815


@contextmanager
def gate(chroma: ChromaServer, token: str, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve Chroma to those who have a token, with TLS if wanted; yield the port."""
    with _serving(type("Gate", (_Gate,), {"token": token, "port": chroma.port}), tls) as port:
        yield port


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    """Answer every request in the same way; yield the port."""
    with _serving(type("Fixed", (_FixedAnswer,), {"status": status, "body": body})) as port:
        yield port


@contextmanager
def _serving(
    handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a refused handshake
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
