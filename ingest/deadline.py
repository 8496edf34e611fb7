"""A time limit on a whole request, which a host cannot prolong by sending a little at a time."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Any, Self


class Deadline:
    """Shuts a client's connection down once a request has taken too long.

    Give `trace` to each request as httpx's extension of that name: so the connection is known
    before the host has answered. A client with one connection may keep it for several requests,
    for which one Deadline serves, one after the other.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer: threading.Timer | None = None
        self.has_passed = False

    def start(self, seconds: float) -> Self:
        """Count from now; use it as `with deadline.start(…):`."""
        self.has_passed = False
        self._timer = threading.Timer(max(0.0, seconds), self._pass)
        self._timer.daemon = True
        self._timer.start()
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer.join()  # so that it cannot end the next request

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Remember the connection that httpx has opened, or close it if it is too late."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")
                if self.has_passed:
                    shut_down(self._socket)

    def _pass(self) -> None:
        with self._lock:
            self.has_passed = True
            shut_down(self._socket)


def shut_down(connection: socket.socket | None) -> None:
    """End a connection in whatever another thread is waiting for on it."""
    if connection is not None:
        with contextlib.suppress(OSError):  # it has ended already
            # Not SSLSocket's own, which takes the encryption away from a reader.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
