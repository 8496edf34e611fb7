"""An answer that people see stays, whatever fails afterwards."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from bot.answers.live_message import LiveMessage
from rag.answering.gate import Gate
from rag.grounding.checker import Grounding
from rag.library import Library
from rag.llm.chat_models import ChatServer
from rag.llm.server_client import ServerClient
from rag.llm.server_errors import Timeouts
from tests.discord_fake.settings import HANG_UP
from tests.discord_server import Connect, Server, text_of
from tests.models.openai_server import OpenAIServer
from tests.papers import QUESTION

GOOD = (
    "HeronNet reaches 94.2% of the accuracy of human counters on the MarshCount benchmark [1]. "
    "It counts herons and egrets in drone video [1]."
)
QUOTES = "“HeronNet reaches 94.2%"
FAILED = 0xE74C3C  # the colour of an error
HALF, OTHER_HALF = "\ud83d", "\ude00"  # together one emoji
Break = Callable[[Server, OpenAIServer, pytest.MonkeyPatch], None]


@pytest.fixture
def model() -> Iterator[OpenAIServer]:
    with closing(OpenAIServer(GOOD)) as model:
        model.start()
        model.pause = 0.01
        yield model


@pytest.fixture
async def server(
    filled: Library, connect: Connect, model: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> Server:
    """A Discord whose bot has its answers written by the model, with an edit for each state."""
    defaults: Any = LiveMessage.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "interval", 0.0)
    timeouts = Timeouts(first_token=60, next_token=60, answer=60)
    chat = ChatServer(server=ServerClient(model.url, timeouts=timeouts))
    server: Server = await connect(filled, chat=chat)
    return server


def hang_up(times: int) -> Break:
    def fail(server: Server, _model: OpenAIServer, _patch: pytest.MonkeyPatch) -> None:
        server.fake.fail_next += [("PATCH /webhooks", HANG_UP, {}, {})] * times

    return fail


def raising(owner: object, name: str, error: Exception) -> Break:
    def fail(_server: Server, _model: OpenAIServer, patch: pytest.MonkeyPatch) -> None:
        def broken(*_: object, **__: object) -> None:
            raise error

        patch.setattr(owner, name, broken)

    return fail


def store_fails(server: Server, _model: OpenAIServer, patch: pytest.MonkeyPatch) -> None:
    raising(server.bot.services.receipts, "save", ValueError("x"))(server, _model, patch)


def half_an_emoji(_server: Server, model: OpenAIServer, _patch: pytest.MonkeyPatch) -> None:
    model.text = f"{GOOD} It counts {HALF} herons in drone video [1]. {HALF}"


def an_emoji_in_two_pieces(
    _server: Server, model: OpenAIServer, _patch: pytest.MonkeyPatch
) -> None:
    model.text, model.size = f"{HALF}{OTHER_HALF} {GOOD}", 1


async def final_state(server: Server) -> dict[str, Any]:
    """Ask; return the finished message, in whose whole life there was no error."""
    message = await server.ask(QUESTION)
    states = [body for _, body in server.fake.edits(message["id"])]
    first = next(
        n for n, body in enumerate(states) if QUOTES in json.dumps(body, ensure_ascii=False)
    )
    for body in states[first:]:
        assert [embed.get("color") for embed in body["embeds"]] != [FAILED]
        assert "94.2%" in str(body)
    return message


@pytest.mark.parametrize(
    ("fail", "note"),
    [
        pytest.param(hang_up(2), "", id="a connection breaks twice"),
        pytest.param(raising(Gate, "passes", RecursionError()), "went wrong", id="the gate"),
        pytest.param(raising(Grounding, "judged", ValueError()), "went wrong", id="the check"),
        pytest.param(
            raising(ServerClient, "stream", MemoryError()), "did not answer", id="the model"
        ),
        pytest.param(store_fails, "", id="the store"),
        pytest.param(half_an_emoji, "", id="half an emoji"),
        pytest.param(an_emoji_in_two_pieces, "", id="an emoji in two pieces"),
    ],
)
async def test_b10_an_answer_that_was_shown_stays_whatever_fails_afterwards(
    server: Server,
    model: OpenAIServer,
    monkeypatch: pytest.MonkeyPatch,
    fail: Break,
    note: str,
) -> None:
    fail(server, model, monkeypatch)
    message = await final_state(server)
    assert note in text_of(message)
    assert note or "Written by" in text_of(message) or "Quoted" in text_of(message)
    await server.ask(QUESTION, user="bob")  # and the next one is served
