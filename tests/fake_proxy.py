"""Proxies on 127.0.0.1 that record what goes through them: HTTP with CONNECT, and SOCKS5.

They know every host name: each leads to 127.0.0.1, so that a test reaches its servers there under
invented names, which nothing else resolves.
"""

import asyncio
import base64
import re
import threading
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

PIECE = 65_536
SOCKS_NAME, SOCKS_IPV4 = 3, 1
ABSOLUTE = re.compile(rb"^([A-Z]+) http://([^/ ]+)")  # how a proxy is asked for an http: address


@dataclass
class FakeProxy:
    """What it speaks, whom it lets in, and every `host:port` that it was asked to connect to.

    With a `refusal` it connects nobody: a status for HTTP ("403 Forbidden"), a code for SOCKS5.
    """

    kind: Literal["http", "socks5"]
    login: tuple[str, str] | None = None
    refusal: str = ""
    port: int = 0
    asked: list[str] = field(default_factory=list)
    tunnels: int = 0  # by CONNECT

    def url(self, scheme: str = "") -> str:
        login = ":".join(self.login) + "@" if self.login else ""
        return f"{scheme or self.kind}://{login}127.0.0.1:{self.port}"

    @property
    def hosts(self) -> set[str]:
        """The names it was asked to connect to."""
        return {place.rpartition(":")[0] for place in self.asked}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        with closing(writer), suppress(OSError, asyncio.IncompleteReadError, ValueError):
            await (self._http if self.kind == "http" else self._socks)(reader, writer)

    async def _http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if self.login:
            wanted = b"Basic " + base64.b64encode(":".join(self.login).encode())
            if wanted not in head:
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                await writer.drain()
                return
        method, address, _ = head.split(b" ", 2)
        place = address if method == b"CONNECT" else address.removeprefix(b"http://").split(b"/")[0]
        self.asked.append(place.decode())
        if self.refusal:
            writer.write(f"HTTP/1.1 {self.refusal}\r\n\r\n".encode())
            await writer.drain()
            return
        first = b""
        if method == b"CONNECT":
            self.tunnels += 1
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            first = ABSOLUTE.sub(rb"\1 ", head)
        await _join(reader, writer, int(place.rpartition(b":")[2]), first)

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        await reader.readexactly(count)
        writer.write(bytes([5, 2 if self.login else 0]))
        if self.login and not await self._let_in(reader, writer):
            return
        _, _, _, kind = await reader.readexactly(4)
        length = (await reader.readexactly(1))[0] if kind == SOCKS_NAME else 4
        host = await reader.readexactly(length)
        port = int.from_bytes(await reader.readexactly(2), "big")
        name = host.decode() if kind == SOCKS_NAME else ".".join(map(str, host))
        self.asked.append(f"{name}:{port}")
        writer.write(bytes([5, int(self.refusal or 0), 0, SOCKS_IPV4, 0, 0, 0, 0, 0, 0]))
        await writer.drain()
        if not self.refusal:
            await _join(reader, writer, port, b"")

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        await reader.readexactly(1)
        user, password = [
            (await reader.readexactly((await reader.readexactly(1))[0])).decode() for _ in range(2)
        ]
        is_known = (user, password) == self.login
        writer.write(bytes([1, 0 if is_known else 1]))
        await writer.drain()
        return is_known


async def _join(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, first: bytes
) -> None:
    """Pass bytes between the client and the server at this port until either ends."""
    its_reader, its_writer = await asyncio.open_connection("127.0.0.1", port)

    async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while piece := await source.read(PIECE):
            target.write(ABSOLUTE.sub(rb"\1 ", piece) if first else piece)
            await target.drain()

    with closing(its_writer):
        its_writer.write(first)
        ways = [
            asyncio.create_task(pass_on(reader, its_writer)),
            asyncio.create_task(pass_on(its_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


@contextmanager
def fake_proxy(kind: Literal["http", "socks5"], **options: Any) -> Iterator[FakeProxy]:
    """Serve until the block ends."""
    proxy = FakeProxy(kind, **options)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(10)

    server = run(asyncio.start_server(proxy.serve, "127.0.0.1", 0))
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(server.close)
        run(_end_all())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.01)  # for the transports to close
