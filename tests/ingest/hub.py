"""A fake of Hugging Face's API on 127.0.0.1, with recorded or invented answers."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

RESET, HANG = 0, -1  # in place of a status
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Hub:
    """The requests so far and the answers; a request's ETag is among its parameters."""

    url: str
    answer: Callable[[str, dict[str, str]], Answer]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    connections: int = 0


def full_texts_of(folder: Path) -> Callable[[str, dict[str, str]], Answer]:
    """Answer `/papers/{id}.md` with the file of this name, else as for an unknown paper."""

    def answer(path: str, _: dict[str, str]) -> Answer:
        file = folder / path.removeprefix("/papers/")
        if not file.is_file():
            return 404, {"Content-Type": "text/html"}, b"<!doctype html>"
        return 200, {"Content-Type": "text/markdown"}, file.read_bytes()

    return answer


def as_json(data: object, status: int = 200, **headers: str) -> Answer:
    return status, headers, json.dumps(data).encode()


@contextmanager
def hub(answer: Callable[[str, dict[str, str]], Answer]) -> Iterator[Hub]:
    """Serve until the block ends. Status 0 resets the connection, -1 never answers."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            served.connections += 1

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            params = dict(parse_qsl(parts.query))
            served.asked.append((parts.path, params))
            given = {"If-None-Match": tag} if (tag := self.headers.get("If-None-Match")) else {}
            status, headers, body = served.answer(parts.path, params | given)
            if status in (RESET, HANG):
                self.close_connection = True
                if status == HANG:
                    ended.wait(60)
                else:  # the client sees "connection reset by peer"
                    at_once = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
                    self.connection.close()
                return
            self.send_response(status)
            length = {} if status == 304 else {"Content-Length": str(len(body))}
            for name, value in (length | _named(headers)).items():
                self.send_header(name, value)
            self.end_headers()
            if length and _named(headers).get("Content-Length", str(len(body))) != str(len(body)):
                self.close_connection = True  # the rest never comes
            with suppress(
                BrokenPipeError, ConnectionResetError
            ):  # the client closed the connection
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a connection was reset on purpose

    server = Server(("127.0.0.1", 0), Handler)
    served = Hub(f"http://127.0.0.1:{server.server_port}", answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
