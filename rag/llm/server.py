"""A model server in place of the model process: llama-server, vLLM, whatever speaks like OpenAI's.

LangChain's ChatOpenAI speaks with it, on an event loop of its own: only there can a reader be
called off at any moment, also before the first token, and the connection with it. That is how such
a server learns that nobody wants the answer any more.
"""

import asyncio
import contextlib
import ipaddress
import logging
import queue
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from langchain_core.messages import AIMessageChunk, BaseMessage

from rag.errors import ModelError, first_line
from rag.llm.server_errors import BROKE_OFF, Patience, Seen, explain

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05  # how often a waiting answer looks whether it is still wanted
CONNECT_SECONDS = 5.0
MODELS_SECONDS = 5.0  # for the list of models, which every server has at hand
CLOSE_SECONDS = 2.0
SPARE_CHUNKS = 50  # beyond one a token: roles, usage, signs of life
MAX_NAME = 80  # characters of a model's name in front of people
LEFT = "Paperboy has left the model server: start it again."
ANY_MODEL = "default"  # asked for where the server lists none; most then take the one they have

Result = TypeVar("Result")


class ModelServer:
    """One server, by the address of its API; one answer at a time (rag/llm/queue.py).

    It may be down, come back, or serve another model: each answer looks anew. Its key is sent to
    it alone. Nothing is raised before a question is asked.
    """

    def __init__(self, url: str, *, model: str = "", key: str = "", patience: Patience) -> None:
        """`model` is what it is asked for; with none the first one that it lists."""
        self.url = url
        self.patience = patience
        self._model = model
        self._listed = ""  # the first model in its list, when it last showed one
        self._key = key
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        # So that the name is known, and ChatOpenAI loaded, when the first question comes.
        self._begin(self._introduce())

    @property
    def name(self) -> str:
        """What the model is called in front of people; nothing while nobody knows."""
        name = " ".join((self._model or self._listed).split())
        if name.casefold().endswith(".gguf"):  # llama.cpp's servers tell the whole path
            name = name.replace("\\", "/").rpartition("/")[2][: -len(".gguf")]
        return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"

    def stream(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        stop: list[str] | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        """Yield pieces of the answer; closing the iterator or setting `cancel` ends it.

        Either closes the connection, so that the server stops too. Raises ModelError for
        whatever goes wrong.
        """
        pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        options = {"temperature": temperature, "stop": stop, "max_tokens": max_tokens}
        reading = self._begin(self._read(messages, options, pieces.put))
        reading.add_done_callback(lambda _: pieces.put(None))
        try:
            while not (cancel and cancel.is_set()):
                try:
                    piece = pieces.get(timeout=POLL_SECONDS)
                except queue.Empty:
                    continue
                if piece is None:
                    reading.result()
                    return
                yield piece
        except CancelledError as error:  # by close()
            raise ModelError(LEFT) from error
        finally:
            reading.cancel()

    def close(self) -> None:
        """Break off what is being read, and leave no thread and no connection behind."""
        if self._loop.is_closed():
            return
        with contextlib.suppress(TimeoutError):
            self._begin(self._end()).result(CLOSE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    # -- on the event loop -----------------------------------------------------------------

    def _begin(self, work: Coroutine[Any, Any, Result]) -> "Future[Result]":
        if self._loop.is_closed():
            work.close()
            raise ModelError(LEFT)
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _read(
        self, messages: Sequence[BaseMessage], options: dict[str, Any], tell: Callable[[str], None]
    ) -> None:
        """Hand each piece of the answer to `tell` until it is complete."""
        seen = Seen(self.patience, started=self._loop.time())
        try:
            async with (
                asyncio.timeout_at(seen.due(seen.started)) as limit,
                contextlib.aclosing(await self._open(messages, **options)) as chunks,
            ):
                async for chunk in chunks:
                    seen.take(chunk)
                    if seen.chunks > options["max_tokens"] + SPARE_CHUNKS:
                        return  # it heeds no max_tokens
                    if text := str(chunk.text):
                        tell(text)
                    limit.reschedule(seen.due(self._loop.time()))
        except Exception as error:
            if seen.finished:
                return
            log.info("the model server failed: %s", first_line(error))
            raise ModelError(explain(error, seen, now=self._loop.time())) from error
        if not seen.finished:  # a connection that simply ends is no error to HTTP
            raise ModelError(BROKE_OFF)

    async def _open(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int,
        temperature: float,
        stop: list[str] | None,
    ) -> AsyncGenerator[AIMessageChunk, None]:
        # ChatOpenAI's own max_tokens goes out as max_completion_tokens, which llama-cpp-python's
        # server does not know; the old name is understood by all of them.
        stream = self._chat.astream(
            list(messages),
            model=await self._asked_for(),
            temperature=temperature,
            stop=stop,
            extra_body={"max_tokens": max_tokens},
        )
        return cast("AsyncGenerator[AIMessageChunk, None]", stream)

    async def _asked_for(self) -> str:
        """Return the model to ask for, as the server lists it now where none is configured."""
        import openai

        if self._model:
            return self._model
        try:
            async with asyncio.timeout(MODELS_SECONDS):
                page = await self._chat.root_async_client.models.list()
            self._listed = str(page.data[0].id)
        except openai.APIConnectionError:
            raise
        except Exception as error:  # no such list, an empty one, something else in its place
            log.info("the model server lists no model: %s", first_line(error))
        return self._listed or ANY_MODEL

    async def _introduce(self) -> None:
        with contextlib.suppress(Exception):  # the first question will say it
            await self._asked_for()

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if "_chat" in self.__dict__:
            await self._chat.root_async_client.close()

    @cached_property
    def _chat(self) -> "ChatOpenAI":
        """The client, made on the loop's thread: importing it takes a second or two."""
        import httpx2
        import openai
        from langchain_openai import ChatOpenAI

        client = openai.DefaultAsyncHttpxClient(
            trust_env=not _is_here(self.url),  # a proxy for the web cannot reach this machine
            follow_redirects=False,  # the question and the key are for this address alone
            # A connection for each answer: a kept one may have died with the server meanwhile.
            limits=httpx2.Limits(max_keepalive_connections=0),
        )
        return ChatOpenAI(
            base_url=self.url,
            # Something must be given, else $OPENAI_API_KEY would be sent to this server.
            api_key=self._key or "none",
            default_headers={"OpenAI-Organization": "", "OpenAI-Project": ""},
            model=self._model or ANY_MODEL,
            streaming=True,
            stream_chunk_timeout=None,  # the time is kept in _read
            timeout=openai.Timeout(None, connect=CONNECT_SECONDS),
            max_retries=0,  # the quoted answer is there already, and what broke it may again
            http_async_client=client,
        )


def _is_here(url: str) -> bool:
    """Whether the address is of this machine."""
    host = urlsplit(url).hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
