"""What a previous run left unfinished is finished, or tried again at the next start."""

from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest

from bot.answers.receipts import Inquiry, ReceiptStore
from bot.answers.recovery import Recovery
from bot.executor import Executor
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from tests.papers import TODAY

EMBED = {"description": "I was restarted."}


class FakeChannel:
    """Records edits and messages, or raises an error (`failures` times)."""

    def __init__(self) -> None:
        self.failures = 10**6
        self.error: Exception | None = None
        self.edited: list[int] = []
        self.sent: list[Any] = []
        self.replied_to: list[int | None] = []

    def get_partial_message(self, message_id: int) -> Any:
        async def edit(**_: object) -> None:
            self.failures -= 1
            if self.error and self.failures >= 0:
                raise self.error
            self.edited.append(message_id)

        return SimpleNamespace(edit=edit)

    async def history(self, **_: object) -> AsyncIterator[Any]:
        for message in self.sent:
            yield message

    async def send(self, *, reference: discord.MessageReference, **_: object) -> Any:
        if self.error:
            raise self.error
        self.replied_to.append(reference.message_id)
        return SimpleNamespace(id=500)


@pytest.fixture
def executor(library: Library) -> Iterator[Executor]:
    executor = Executor(PaperQA(library, RagConfig(), today=lambda: TODAY))
    yield executor
    executor.close()


def interrupted(receipts: ReceiptStore, message_id: int, event_id: int) -> None:
    receipts.save(
        message_id, channel_id=7, user_id=8, event_id=event_id, inquiry=Inquiry(question="why?"),
        receipt=None, unfinished=[EMBED],
    )  # fmt: skip


def recovery(channel: FakeChannel, executor: Executor, receipts: ReceiptStore) -> Recovery:
    client: Any = SimpleNamespace(
        get_partial_messageable=lambda channel_id: channel, user=SimpleNamespace(id=1)
    )
    return Recovery(client, executor, receipts, first_wait=0)


async def test_a_message_is_edited_and_a_question_without_reply_gets_one(
    executor: Executor, receipts: ReceiptStore
) -> None:
    channel = FakeChannel()
    interrupted(receipts, 100, event_id=99)
    interrupted(receipts, 200, event_id=200)  # nothing was sent
    await recovery(channel, executor, receipts).finish(receipts.unfinished())
    assert (channel.edited, channel.replied_to) == ([100], [200])
    assert receipts.unfinished() == []
    assert receipts.get(500) is not None  # so that Again works under the new reply


def http_error(kind: type[discord.HTTPException], status: int, text: str = "") -> Exception:
    response: Any = SimpleNamespace(status=status, reason="")
    return kind(response, {"code": 0, "message": text})


@pytest.mark.parametrize(
    ("error", "is_given_up"),
    [
        (http_error(discord.NotFound, 404), True),
        (http_error(discord.Forbidden, 403), True),
        (http_error(discord.HTTPException, 400, "message_reference: unknown"), True),
        (http_error(discord.HTTPException, 400, "something else"), False),
        (http_error(discord.DiscordServerError, 500), False),
        (OSError(), False),
        (aiohttp.ServerDisconnectedError(), False),
        (ZeroDivisionError(), False),
    ],
)
async def test_only_what_is_out_of_reach_is_given_up(
    executor: Executor, receipts: ReceiptStore, error: Exception, is_given_up: bool
) -> None:
    channel = FakeChannel()
    channel.error = error
    interrupted(receipts, 100, event_id=99)
    await recovery(channel, executor, receipts).finish(receipts.unfinished())
    assert (receipts.unfinished() == []) is is_given_up


async def test_a_broken_connection_is_tried_again_in_the_same_run(
    executor: Executor, receipts: ReceiptStore
) -> None:
    channel = FakeChannel()
    channel.error, channel.failures = aiohttp.ServerDisconnectedError(), 3
    interrupted(receipts, 100, event_id=99)
    await recovery(channel, executor, receipts).finish(receipts.unfinished())
    assert channel.edited == [100]
    assert receipts.unfinished() == []


@pytest.mark.parametrize("by", ["reference", "interaction_metadata"])
async def test_a_reply_that_was_sent_but_not_noted_is_found_and_keeps_what_it_shows(
    executor: Executor, receipts: ReceiptStore, by: str
) -> None:
    channel = FakeChannel()
    edits: list[dict[str, Any]] = []

    async def edit(**changes: Any) -> None:
        edits.append(changes)

    shown = discord.Embed(description="“Quoted.” [1]", colour=discord.Colour.orange())
    asked = {"reference": None, "interaction_metadata": None}
    asked[by] = SimpleNamespace(message_id=200, id=200)  # type: ignore[assignment]
    channel.sent = [SimpleNamespace(
        id=300, author=SimpleNamespace(id=1), embeds=[shown], edit=edit,
        flags=discord.MessageFlags(), **asked,
    )]  # fmt: skip
    interrupted(receipts, 200, event_id=200)
    await recovery(channel, executor, receipts).finish(receipts.unfinished())
    assert [embed.description for embed in edits[0]["embeds"]] == ["“Quoted.” [1]"]
    assert channel.replied_to == []
    assert receipts.get(300) is not None
    assert receipts.unfinished() == []
