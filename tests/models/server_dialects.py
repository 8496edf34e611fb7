"""Ollama and LM Studio as they speak OpenAI's protocol, each on 127.0.0.1.

What differs between them and from others is copied from what they send: Ollama's from its source
(openai/openai.go, middleware/openai.go and server/routes.go in github.com/ollama/ollama), LM
Studio's from its documentation (github.com/lmstudio-ai/docs) and from the answers in
github.com/lmstudio-ai/lmstudio-bug-tracker. One word counts as one token.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.models.openai_server import Json, OpenAIServer

EMBEDDER = "text-embedding-nomic-embed-text-v1.5"  # LM Studio comes with it


class DialectServer(OpenAIServer):
    """What both share: a model may think first, is held to a schema, and can be cut short.

    `thinking` is what the model thinks before it writes `text`, or `form` if the request has a JSON
    schema. With `breaks_off` the stream ends after three words as it does when the model fails.
    """

    def __init__(self, text: str, models: list[str]) -> None:
        super().__init__(text)
        self.models = models
        self.thinking = ""
        self.form = "{}"
        self.load_seconds = 0.0
        self.context = 4096
        self.breaks_off = False

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = self.requests[-1]
        if refusal := self.refusal(body):
            return refusal
        await asyncio.sleep(self.load_seconds)  # nothing is sent while a model is loaded
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number, line in enumerate(self.lines(body)):
            await asyncio.sleep(self.pause if number else 0)
            await response.write(f"{line}\n\n".encode())
        return response

    def refusal(self, body: Json) -> web.Response | None:
        """The response to a request that is not answered at all."""
        raise NotImplementedError

    def lines(self, body: Json) -> Iterator[str]:
        """The events of the stream."""
        raise NotImplementedError

    def words(self, body: Json) -> tuple[list[str], list[str], str]:
        """The words that are thought, those that are written, and why the answer ends."""
        limit = body.get("max_tokens") or 10**6  # both ignore max_completion_tokens
        thought, written = _split(self.thinking), _split(self._written(body))
        reason = "length" if len(thought) + len(written) > limit else "stop"
        return thought[:limit], written[: max(0, limit - len(thought))], reason

    def _written(self, body: Json) -> str:
        wanted = body.get("response_format", {})
        if wanted.get("type") == "json_schema" and wanted["json_schema"].get("schema"):
            return self.form
        return self.text

    def is_too_long(self, body: Json) -> bool:
        return sum(len(_split(each["content"])) for each in body["messages"]) > self.context


class OllamaServer(DialectServer):
    """Ollama: `models` are the pulled ones, newest first, whatever they are for."""

    PORT = 11434

    def __init__(self, text: str) -> None:
        super().__init__(text, ["nomic-embed-text:latest", "qwen3:4b-instruct"])
        self.memory = ""  # like "model requires more system memory (5.5 GiB) than is …"

    def listing(self) -> Json:
        models = [
            {"id": name, "object": "model", "created": 1_764_201_600, "owned_by": "library"}
            for name in self.models
        ]
        return {"object": "list", "data": models or None}

    async def unknown_path(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(text="404 page not found", status=404)

    def refusal(self, body: Json) -> web.Response | None:
        name = body["model"]
        if name not in self.models and f"{name}:latest" not in self.models:
            return _ollama_error(404, "not_found_error", f"model '{name}' not found")
        if "embed" in name:
            return _ollama_error(400, "invalid_request_error", f'"{name}" does not support chat')
        if self.memory:
            return _ollama_error(500, "api_error", self.memory)
        return None  # a prompt beyond the context loses its middle, without a word

    def lines(self, body: Json) -> Iterator[str]:
        thought, written, reason = self.words(body)
        deltas = [{"content": "", "reasoning": word} for word in thought]
        deltas += [{"content": word} for word in written]
        if self.breaks_off:
            # The error of a model is taken for an empty piece, and the stream ends without an end.
            yield from (self._chunk(body, delta) for delta in [*deltas[:3], {"content": ""}])
            return
        yield from (self._chunk(body, delta) for delta in deltas)
        yield self._chunk(body, {"content": ""}, reason)
        if body.get("stream_options", {}).get("include_usage"):
            usage = {"prompt_tokens": 9, "completion_tokens": len(deltas), "total_tokens": 9}
            yield self._chunk(body, None, usage=usage)
        yield "data: [DONE]"

    @staticmethod
    def _chunk(body: Json, delta: Json | None, reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": {"role": "assistant"} | (delta or {}),
                  "finish_reason": reason}  # fmt: skip
        return _event({
            "id": "chatcmpl-518", "object": "chat.completion.chunk", "created": 1_764_201_600,
            "model": body["model"], "system_fingerprint": "fp_ollama",
            "choices": [choice] if delta is not None else [], **more,
        })  # fmt: skip


class LMStudioServer(DialectServer):
    """LM Studio: with `loads_on_demand` (JIT) `models` are all that were downloaded.

    `thinks_in` is the field for what the model thinks; it depends on the model and on a setting. In
    "content" it stands between tags.
    """

    PORT = 1234

    def __init__(self, text: str) -> None:
        super().__init__(text, [EMBEDDER, "qwen/qwen3-4b-2507"])
        self.loads_on_demand = True
        self.loaded: list[str] = []
        self.thinks_in = "reasoning_content"  # or "reasoning", or "content"

    def listing(self) -> Json:
        names = self.models if self.loads_on_demand else self.loaded
        models = [
            {"id": name, "object": "model", "owned_by": "organization_owner"} for name in names
        ]
        return {"data": models, "object": "list"}

    async def unknown_path(self, request: web.Request) -> web.StreamResponse:
        """Say so, with status 200."""
        text = f"Unexpected endpoint or method. ({request.method} {request.path})"
        return web.json_response({"error": text})

    def refusal(self, body: Json) -> web.Response | None:
        form = body.get("response_format", {}).get("type", "text")
        if form not in ("json_schema", "text"):
            text = "'response_format.type' must be 'json_schema' or 'text'"
            return web.json_response({"error": text}, status=400)
        if body["model"] in self.models and self.loads_on_demand:
            self.loaded = [body["model"]]
        elif len(self.loaded) != 1:  # the only loaded one answers, whatever was asked for
            text = ("No models loaded. Please load a model in the developer page or use the "
                    "'lms load' command.")  # fmt: skip
            error = {"message": text, "type": "invalid_request_error", "param": "model",
                     "code": "model_not_found"}  # fmt: skip
            return web.json_response({"error": error}, status=404)
        return None

    def lines(self, body: Json) -> Iterator[str]:
        if self.is_too_long(body):
            yield _failure(
                "The number of tokens to keep from the initial prompt is greater than the context "
                "length. Try to load the model with a larger context length, or provide a shorter "
                "input"
            )
            return
        thought, written, reason = self.words(body)
        in_tags = ["<thi", "nk>", *thought, "</think", ">"] if thought else []
        deltas = [
            {"role": "assistant", self.thinks_in: word}
            for word in (in_tags if self.thinks_in == "content" else thought)
        ]
        deltas += [{"role": "assistant", "content": word} for word in written]
        if self.breaks_off:
            yield from (self._chunk(delta) for delta in deltas[:3])
            yield _failure("The model has crashed without additional information. (Exit code: 6)")
            return
        yield from (self._chunk(delta) for delta in deltas)
        yield self._chunk({}, reason)
        if body.get("stream_options", {}).get("include_usage"):
            usage = {"prompt_tokens": 9, "completion_tokens": len(deltas), "total_tokens": 9}
            yield self._chunk(None, usage=usage)
        yield "data: [DONE]"

    def _chunk(self, delta: Json | None, reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return _event({
            "id": "chatcmpl-t8tsxqx7kwi9ekj70xwwl", "object": "chat.completion.chunk",
            "created": 1_764_201_600, "model": self.loaded[0], "system_fingerprint": self.loaded[0],
            "choices": [choice] if delta is not None else [], **more,
        })  # fmt: skip


def _split(text: str) -> list[str]:
    """Cut a text into words that yield it again when joined."""
    first, *others = text.split(" ")
    return [word for word in [first, *(f" {word}" for word in others)] if word]


def _event(chunk: Json) -> str:
    return f"data: {json.dumps(chunk)}"


def _failure(message: str) -> str:
    return f"event: error\ndata: {json.dumps({'error': {'message': message}})}"


def _ollama_error(status: int, kind: str, message: str) -> web.Response:
    error = {"message": message, "type": kind, "param": None, "code": None}
    return web.json_response({"error": error}, status=status)
