"""A client for model servers that speak OpenAI's protocol: llama-server, vLLM, Ollama, LM Studio.

It runs LangChain's ChatOpenAI on its own event loop, because only there can a read be cancelled at
any moment, even before the first token. Cancelling closes the connection, which tells the server to
stop writing.
"""

import asyncio
import contextlib
import logging
import queue
import re
import threading
import warnings
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Coroutine,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import CancelledError, Future
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.messages import AIMessageChunk, BaseMessage

from rag.errors import ModelError, ProxyError, first_line
from rag.llm.reasoning import CUT_OFF
from rag.llm.server_errors import (
    BROKE_OFF,
    ONLY_THOUGHT,
    Asked,
    StreamProgress,
    Timeouts,
    explain,
    is_of_model,
)
from rag.llm.server_models import candidates, lists_no_chat_model
from rag.proxies import proxy_for
from rag.text.shorten import shorten

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05  # between two checks for a cancel while waiting
CONNECT_SECONDS = 5.0
MODELS_SECONDS = 5.0  # for the list of models, which no server has to compute
CLOSE_SECONDS = 2.0
MAX_RESPONSE_BYTES = 16_000_000  # of a whole answer, or of the list of models
MAX_LINE_BYTES = 500_000  # of a stream of events, in which each token has a line
SPARE_CHUNKS = 50  # beyond one per token: roles, usage, keep-alives
MAX_HEAD_BYTES = 4_000  # of a response, which are quoted if it is no answer
MAX_NAME = 80  # characters of a model's name in messages to people
CLOSED = "Paperboy has left the model server: start it again."
_DONE = re.compile(rb"[\r\n]data: ?\[DONE\]")  # the last event of a complete answer
ANY_MODEL = "default"  # requested from a server that lists none; most then use the one they have

Result = TypeVar("Result")

# What is being read in this task, for the hook that sees the bytes.
_progress: ContextVar[StreamProgress | None] = ContextVar("_progress", default=None)


class ServerClient:
    """A client for one server; it streams one answer at a time (rag/llm/waiting_queue.py).

    The server may stop, return or change its model between two answers. The key is sent to it
    alone. The constructor raises nothing if the server cannot be reached.
    """

    def __init__(self, url: str, *, model: str = "", key: str = "", timeouts: Timeouts) -> None:
        """`url` is the address of the API; without a `model` a listed one is used."""
        self.url = url
        self.timeouts = timeouts
        self._model = model
        self._listed_model = ""  # the one of the server's list that was asked for last
        self._refused: set[str] = set()  # those that would not answer
        self._has_only_search = False  # as the server's list was last read
        self._key = key
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        # So that the name is known, and ChatOpenAI imported, when the first question arrives.
        self._schedule(self._warm_up())

    @property
    def name(self) -> str:
        """The model's name in messages to people; empty until it is known."""
        name = " ".join((self._model or self._listed_model).split())
        if name.casefold().endswith(".gguf"):  # llama.cpp's servers return the whole path
            name = name.replace("\\", "/").rpartition("/")[2][: -len(".gguf")]
        return shorten(name, MAX_NAME)

    def stream(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        stop: list[str] | None = None,
        schema: Mapping[str, Any] | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        """Yield pieces of the answer; closing the iterator or setting `cancel` ends it.

        The last piece is CUT_OFF if the answer was cut off at `max_tokens`. Ending it closes the
        connection, so that the server stops too. With a JSON schema, the server is asked for an
        object that fits it. Every failure is raised as ModelError.
        """
        pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        options = {
            "temperature": temperature, "stop": stop, "max_tokens": max_tokens, "schema": schema,
        }  # fmt: skip
        read = self._schedule(self._read(messages, options, pieces.put))
        read.add_done_callback(lambda _: pieces.put(None))
        try:
            while not (cancel and cancel.is_set()):
                try:
                    piece = pieces.get(timeout=POLL_SECONDS)
                except queue.Empty:
                    continue
                if piece is None:
                    read.result()
                    return
                yield piece
        except CancelledError as error:  # by close()
            raise ModelError(CLOSED) from error
        finally:
            read.cancel()

    def close(self) -> None:
        """Cancel a running answer, and end the thread and the connection."""
        if self._loop.is_closed():
            return
        with contextlib.suppress(TimeoutError):
            self._schedule(self._cancel_all()).result(CLOSE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    # -- on the event loop -----------------------------------------------------------------

    def _schedule(self, work: Coroutine[Any, Any, Result]) -> "Future[Result]":
        if self._loop.is_closed():
            work.close()
            raise ModelError(CLOSED)
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _read(
        self,
        messages: Sequence[BaseMessage],
        options: dict[str, Any],
        on_piece: Callable[[str], None],
    ) -> None:
        """Call `on_piece` with each piece of the answer until it is complete."""
        progress = StreamProgress(self.timeouts, started=self._loop.time())
        _progress.set(progress)
        try:
            async with (
                asyncio.timeout_at(progress.deadline(progress.started)) as limit,
                contextlib.aclosing(self._open(messages, **options)) as chunks,
            ):
                async for chunk in chunks:
                    progress.add(chunk)
                    if progress.chunks > options["max_tokens"] + SPARE_CHUNKS:
                        progress.finished = progress.was_cut = True  # it ignores max_tokens
                        break
                    if text := str(chunk.text):
                        on_piece(text)
                    limit.reschedule(progress.deadline(self._loop.time()))
        except Exception as error:
            if not progress.finished:
                log.info("the model server failed: %s", first_line(error))
                raise ModelError(self._explain(error, progress)) from error
        if not progress.is_complete:  # to HTTP a connection that simply ends is not an error
            raise ModelError(BROKE_OFF)
        if progress.was_cut and not progress.has_text:
            raise ModelError(ONLY_THOUGHT)
        if progress.was_cut:
            on_piece(CUT_OFF)

    async def _open(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int,
        temperature: float,
        stop: list[str] | None,
        schema: Mapping[str, Any] | None,
    ) -> AsyncGenerator[AIMessageChunk, None]:
        """Yield the answer of the first model that does not refuse to give one."""
        import openai

        # ChatOpenAI sends its own max_tokens as max_completion_tokens, which llama-cpp-python's
        # server does not know; all of them understand the old name.
        body: dict[str, Any] = {"max_tokens": max_tokens}
        if schema:
            named = {"name": schema.get("title", "answer"), "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        refusals: list[tuple[str, openai.APIStatusError]] = []
        for model in await self._models():
            self._listed_model = model
            stream = self._chat.astream(
                list(messages),
                model=model or ANY_MODEL,
                temperature=temperature,
                stop=stop,
                extra_body=body,
            )
            try:
                async with contextlib.aclosing(stream) as chunks:
                    async for chunk in chunks:
                        yield chunk
            except openai.APIStatusError as error:
                # A model that takes no schema may still write answers.
                if schema or not is_of_model(error.status_code, error.body):
                    raise
                log.info("the model server refuses %s: %s", model, first_line(error))
                self._refused.add(model)
                refusals.append((model, error))
            else:
                return
        self._listed_model, refusal = refusals[0]
        raise refusal

    async def _models(self) -> list[str]:
        """Return the configured model, else those of the server's list that may answer, in turn."""
        import openai

        if self._model:
            return [self._model]
        names: list[str] = []
        try:
            async with asyncio.timeout(MODELS_SECONDS):
                listing = await self._chat.root_async_client.models.list()
            names = candidates(listing.data, self._refused)
            self._has_only_search = lists_no_chat_model(listing.data)
        except (openai.APIConnectionError, ProxyError):
            raise
        except Exception as error:  # no such list, an empty one, or not a list
            log.info("the model server lists no model: %s", first_line(error))
        return names or [self._listed_model]

    def _explain(self, error: Exception, progress: StreamProgress) -> str:
        """Return the sentence for an answer that failed."""
        only_search = self._has_only_search and not self._model
        asked = Asked(self.url, self.name, self._key, only_search=only_search)
        return explain(error, progress, now=self._loop.time(), asked=asked)

    async def _warm_up(self) -> None:
        with contextlib.suppress(Exception):  # the first question will report it
            self._listed_model, *_ = await self._models()

    async def _cancel_all(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if "_chat" in self.__dict__:
            await self._chat.root_async_client.close()

    @cached_property
    def _chat(self) -> "ChatOpenAI":
        """The client, created on the loop's thread because importing it takes a second or two."""
        import httpx2
        import openai
        from langchain_openai import ChatOpenAI

        silence_serializer()
        proxy = proxy_for(self.url)
        client = openai.DefaultAsyncHttpxClient(
            transport=httpx2.AsyncHTTPTransport(
                proxy=proxy.url if proxy else None,
                # One connection per answer: a pooled one may have died with the server.
                limits=httpx2.Limits(max_keepalive_connections=0),
            ),
            follow_redirects=False,  # the question and the key are for this address alone
            event_hooks={"response": [_bound_response]},
        )
        return ChatOpenAI(
            base_url=self.url,
            # Without a key, ChatOpenAI would send $OPENAI_API_KEY to this server.
            api_key=self._key or "none",
            # What is compressed may be a thousand times as long as what is counted here.
            default_headers={
                "OpenAI-Organization": "",
                "OpenAI-Project": "",
                "Accept-Encoding": "identity",
            },
            model=self._model or ANY_MODEL,
            streaming=True,
            stream_chunk_timeout=None,  # _read enforces the time-outs
            timeout=openai.Timeout(None, connect=CONNECT_SECONDS),
            max_retries=0,  # people have the quoted answer already, and a retry may break again
            http_async_client=client,
        )


def silence_serializer() -> None:
    """Keep Pydantic from warning on stderr about a field of a type that the API does not have."""
    warnings.filterwarnings("ignore", "Pydantic serializer warnings", UserWarning)


async def _bound_response(response: Any) -> None:
    """Let a response (of httpx) fail once it is longer than any answer."""
    import httpx2

    if progress := _progress.get():
        progress.head = b""
    if response.status_code == 407:  # of a proxy, instead of an answer
        raise httpx2.ProxyError(f"407 {response.reason_phrase}", request=response.request)
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise ValueError("the server compresses its answer, which it was asked not to do")
    is_stream = "event-stream" in response.headers.get("Content-Type", "")
    response.stream = _bounded_stream(response.stream, MAX_LINE_BYTES if is_stream else 0)


def _bounded_stream(stream: Any, max_line_bytes: int) -> Any:
    """Return a stream of bytes (of httpx) that raises ValueError if it, or a line, is too long."""
    import httpx2

    progress = _progress.get()

    class BoundedStream(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            total = line = 0
            last = b"\n"
            async for piece in stream:
                total += len(piece)
                end = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
                line = line + len(piece) if end < 0 else len(piece) - end - 1
                if total > MAX_RESPONSE_BYTES or (max_line_bytes and line > max_line_bytes):
                    raise ValueError(f"the server's answer is too long ({total:,} bytes)")
                last += piece
                if progress:
                    progress.head = (progress.head + piece)[:MAX_HEAD_BYTES]
                    progress.is_done = progress.is_done or bool(_DONE.search(last))
                last = last[-len(b"\ndata: [DONE]") :]
                yield piece

        async def aclose(self) -> None:
            await stream.aclose()

    return BoundedStream()
