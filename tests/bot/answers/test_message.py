"""Replies are sent once and edited afterwards; an expired interaction becomes a plain message."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.answers.message import EXPIRED_TOKEN, ChannelReply, InteractionReply

EMBED = discord.Embed(description="x")


class FakeChannel:
    """Records what is sent, edited and deleted."""

    id = 7

    def __init__(self) -> None:
        self.log: list[str] = []

    async def send(self, **options: Any) -> Any:
        self.log.append(f"send {sorted(options)}")
        return self._message(100)

    def get_partial_message(self, message_id: int) -> Any:
        return self._message(message_id)

    def _message(self, message_id: int) -> Any:
        async def edit(**options: Any) -> Any:
            assert options["allowed_mentions"].to_dict() == {"parse": []}
            self.log.append(f"edit {message_id}")
            return self._message(message_id)

        async def delete() -> None:
            self.log.append(f"delete {message_id}")

        flags = discord.MessageFlags()
        return SimpleNamespace(id=message_id, edit=edit, delete=delete, flags=flags)


async def test_a_channel_reply_is_sent_once_and_then_edited() -> None:
    channel: Any = FakeChannel()
    reply = ChannelReply(channel, user_id=8)
    await reply.remove()  # nothing is sent yet
    assert (reply.message_id, reply.event_id, reply.guild_id) == (None, None, None)
    await reply.show(EMBED)
    await reply.show(EMBED)
    assert reply.message_id == 100
    await reply.send_more(EMBED)
    await reply.remove()
    more = "send ['embed', 'nonce']"
    assert channel.log == ["send ['embed', 'nonce']", "edit 100", more, "delete 100"]


def expired(code: int) -> discord.HTTPException:
    response: Any = SimpleNamespace(status=401, reason="")
    return discord.HTTPException(response, {"code": code, "message": "Invalid Webhook Token"})


def make_interaction(channel: FakeChannel, error: Exception, *, is_member: bool = True) -> Any:
    async def edit_original_response(**_: object) -> None:
        raise error

    return SimpleNamespace(
        id=1, channel_id=7, user=SimpleNamespace(id=8), guild_id=9,
        type=discord.InteractionType.application_command,
        edit_original_response=edit_original_response,
        client=SimpleNamespace(
            get_partial_messageable=lambda channel_id: channel,
            get_guild=lambda guild_id: "a server" if is_member else None,
        ),
    )  # fmt: skip


async def test_after_fifteen_minutes_the_message_itself_is_edited() -> None:
    channel = FakeChannel()
    reply = InteractionReply(make_interaction(channel, expired(EXPIRED_TOKEN)), message_id=100)
    assert reply.kind == "command"
    for _ in range(2):
        await reply.show(EMBED)
    await reply.send_more(EMBED)
    assert channel.log == ["edit 100", "edit 100", "send ['embed']"]


async def test_where_the_bot_is_not_a_member_nothing_but_the_interaction_is_used() -> None:
    channel = FakeChannel()
    interaction = make_interaction(channel, expired(EXPIRED_TOKEN), is_member=False)
    reply = InteractionReply(interaction, message_id=100)
    assert 0 < (reply.seconds_left() or 0) < 15 * 60
    with pytest.raises(discord.HTTPException):
        await reply.show(EMBED)
    assert channel.log == []
    assert InteractionReply(make_interaction(channel, expired(1))).seconds_left() is None


async def test_other_errors_reach_the_caller() -> None:
    reply = InteractionReply(make_interaction(FakeChannel(), expired(50001)), message_id=100)
    with pytest.raises(discord.HTTPException):
        await reply.show(EMBED)
