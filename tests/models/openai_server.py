"""A fake server of OpenAI's chat protocol on 127.0.0.1 that fails on request.

It stands in for llama-server and vLLM: `GET /v1/models`, and `POST /v1/chat/completions` with a
stream of server-sent events. `fault` names the way in which the next answers fail. Ollama and LM
Studio differ from it in tests/models/server_dialects.py.
"""

import asyncio
import gzip
import itertools
import json
import string
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

Json = dict[str, Any]
FOREVER = 3600.0  # seconds; the client disconnects earlier


class OpenAIServer:
    """Answers with `text`, word by word, with `pause` seconds between two words.

    With a `size` the pieces have so many characters instead.
    `requests` are the requests' bodies and `headers` their headers; `disconnected` is set when a
    client closes the connection before the answer is complete.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.models = ["folder/tiny.gguf"]
        self.fault = ""
        self.pause = 0.0
        self.size = 0
        self.requests: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.disconnected = threading.Event()
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._run(self._start())

    def stop(self) -> None:
        """Stop listening: connections are refused."""
        self._run(self._stop())

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _start(self) -> None:
        application = web.Application()
        application.router.add_get("/v1/models", self._list)
        application.router.add_post("/v1/chat/completions", self._complete)
        application.router.add_route("*", "/{path:.*}", self.unknown_path)
        self._runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def unknown_path(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"detail": "Not Found"}, status=404)

    def pieces(self) -> list[str]:
        """The text as it is sent."""
        if self.size:
            return [self.text[n : n + self.size] for n in range(0, len(self.text), self.size)]
        first, *others = self.text.split(" ")
        return [first, *(f" {word}" for word in others)]

    def listing(self) -> Json:
        """The body of the list of models."""
        models = [{"id": name, "object": "model"} for name in self.models]
        return {"object": "list", "data": models}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request for which no fault is set."""
        return await _answer(self, request)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if self.fault == "endless list":
            return await _endless_error(self, request)
        return _error(404) if self.fault == "no list" else web.json_response(self.listing())

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        self.headers.append(dict(request.headers))
        self.requests.append(await request.json())
        try:
            if handler := FAULTS.get(self.fault):
                return await handler(self, request)
            return await self.answer(request)
        except (asyncio.CancelledError, ConnectionResetError):
            self.disconnected.set()
            raise asyncio.CancelledError from None


Handler = Callable[[OpenAIServer, web.Request], Coroutine[Any, Any, web.StreamResponse]]


def _error(status: int) -> web.Response:
    body = {"error": {"message": "worker 7 said no, key: secret-0815", "code": status}}
    return web.json_response(body, status=status)


def _failing(status: int) -> Handler:
    async def fail(_server: OpenAIServer, _request: web.Request) -> web.StreamResponse:
        return _error(status)

    return fail


async def _open(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    return response


async def _send_delta(response: web.StreamResponse, delta: Json, finish: str | None = None) -> None:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "tiny",
             "choices": [choice]}  # fmt: skip
    await response.write(f"data: {json.dumps(chunk)}\n\n".encode())


async def _begin(server: OpenAIServer, request: web.Request, count: int) -> web.StreamResponse:
    """Send the first pieces."""
    response = await _open(request)
    await _send_delta(response, {"role": "assistant", "content": ""})
    for n, piece in enumerate(server.pieces()[:count]):
        await asyncio.sleep(server.pause if n else 0)
        await _send_delta(response, {"content": piece})
    return response


async def _answer(server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    response = await _begin(server, request, len(server.text))
    await _send_delta(response, {}, "stop")
    await response.write(b"data: [DONE]\n\n")
    return response


async def _redirect(_server: OpenAIServer, _request: web.Request) -> web.StreamResponse:
    return web.Response(status=307, headers={"Location": "/v1/elsewhere"})


async def _page(_server: OpenAIServer, _request: web.Request) -> web.StreamResponse:
    return web.Response(text="<html><title>Welcome</title></html>", content_type="text/html")


async def _other_json(_server: OpenAIServer, _request: web.Request) -> web.StreamResponse:
    return web.json_response({"answer": 42})


async def _no_json(_server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    response = await _open(request)
    await response.write(b"data: {this is no JSON\n\n")
    return response


async def _odd_json(_server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    response = await _open(request)
    await response.write(b'data: {"choices": [{"delta": 7}]}\n\ndata: [1, 2]\n\n')
    return response


def _odd_field(**fields: Any) -> Handler:
    """Return an answer whose chunks have fields of other types than the protocol's."""
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    first = chunk | {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}
    odd = first | fields

    async def answer(_server: OpenAIServer, request: web.Request) -> web.StreamResponse:
        response = await _open(request)
        await response.write(f"data: {json.dumps(odd)}\n\n".encode())
        return response

    return answer


async def _reported_error(server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    response = await _begin(server, request, 2)
    await response.write(b'data: {"error": {"message": "out of memory", "code": 500}}\n\n')
    return response


async def _ends(server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    """End the response properly in mid-answer: to HTTP that is no error."""
    return await _begin(server, request, 3)


async def _only_done(server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    """Send a whole answer without a reason for its end."""
    response = await _begin(server, request, len(server.text))
    await response.write(b"data: [DO")
    await asyncio.sleep(0.05)
    await response.write(b"NE]\n\n")
    return response


async def _breaks(server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    response = await _begin(server, request, 3)
    assert request.transport
    request.transport.abort()
    return response


async def _hangs_up(_server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    assert request.transport
    request.transport.abort()
    return web.Response()


async def _silent(_server: OpenAIServer, _request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(FOREVER)
    return web.Response()


async def _silent_stream(_server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    """Keep the connection alive with comments, as proxies do, but send no text."""
    response = await _open(request)
    while True:
        await response.write(b": still here\n\n")
        await asyncio.sleep(0.02)


async def _stalls(server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    response = await _begin(server, request, 3)
    await asyncio.sleep(FOREVER)
    return response


async def _drips(server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    """Send a word now and then, each time another one."""
    response = await _open(request)
    for letters in itertools.permutations(string.ascii_lowercase, 3):
        await _send_delta(response, {"content": f"{''.join(letters)} "})
        await asyncio.sleep(0.05)
    return response


async def _never_stops(_server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    """Ignore max_tokens."""
    response = await _open(request)
    while True:
        await _send_delta(response, {"content": "on and on "})
        await asyncio.sleep(0)


async def _endless_line(_server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    """Begin an event and never end its line."""
    response = await _open(request)
    await response.write(b'data: {"choices": "')
    while True:
        await response.write(b"x" * 100_000)


async def _endless_lines(_server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    """Send comments as fast as they are read."""
    response = await _open(request)
    while True:
        await response.write(b": still here\n" * 10_000)


async def _endless_error(_server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    """Refuse, with a reason that never ends."""
    response = web.StreamResponse(status=400)
    await response.prepare(request)
    while True:
        await response.write(b"x" * 100_000)


async def _compressed(_server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    """Send a thousand times as much as goes over the wire."""
    headers = {"Content-Type": "text/event-stream", "Content-Encoding": "gzip"}
    return web.Response(body=gzip.compress(b"data: x\n\n" * 3_000_000), headers=headers)


async def _stays_open(server: OpenAIServer, request: web.Request) -> web.StreamResponse:
    """Leave the connection open after a complete answer."""
    response = await _begin(server, request, len(server.text))
    await _send_delta(response, {}, "stop")
    await asyncio.sleep(FOREVER)
    return response


FAULTS: dict[str, Handler] = {
    **{str(status): _failing(status) for status in (400, 401, 404, 429, 500, 503)},
    "redirect": _redirect,
    "page": _page,
    "other JSON": _other_json,
    "no JSON": _no_json,
    "odd JSON": _odd_json,
    "odd content": _odd_field(choices=[{"index": 0, "delta": {"content": ["a", {"b": 1}]}}]),
    "odd usage": _odd_field(usage="x"),
    "odd name": _odd_field(model=["m"]),
    "reported error": _reported_error,
    "ends": _ends,
    "only done": _only_done,
    "breaks": _breaks,
    "hangs up": _hangs_up,
    "silent": _silent,
    "silent stream": _silent_stream,
    "stalls": _stalls,
    "drips": _drips,
    "endless line": _endless_line,
    "endless lines": _endless_lines,
    "endless error": _endless_error,
    "compressed": _compressed,
    "never stops": _never_stops,
    "stays open": _stays_open,
}
