"""The facts of a message: mentions outside of quotations and code, and what a location allows."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.conversation.message_facts import MessageLocation, location_of, replied_to, unquoted


@pytest.mark.parametrize(
    ("text", "is_left"),
    [
        ("<@1> hello", True),
        ("`<@1>` is how to mention it", False),
        ("``a ` <@1>``", False),
        ("```\n<@1>\n```", False),
        ("```\nnever closed <@1>", False),
        ("> <@1> said somebody", False),
        ("> a quotation\n<@1> and my question", True),
        (">>> everything below\n<@1>", False),
        ("2 > 1, says <@1>", True),
        ("`not closed <@1>", True),
    ],
)
def test_a_mention_in_a_quotation_or_in_code_does_not_count(text: str, is_left: bool) -> None:
    assert ("<@1>" in unquoted(text)) is is_left


class Thread(discord.Thread):
    """A thread without a connection."""

    def __init__(self, *, locked: bool = False) -> None:
        self.id, self.parent_id, self.locked = 5, 4, locked


def test_a_thread_has_its_parent_and_its_own_permission_to_send() -> None:
    permissions = discord.Permissions(send_messages=True)
    location = MessageLocation(Thread(), permissions)
    assert location.channels == (5, 4)
    assert not location.may_send
    permissions.send_messages_in_threads = True
    assert location.may_send


def test_only_moderators_may_send_in_a_locked_thread() -> None:
    permissions = discord.Permissions(send_messages_in_threads=True)
    assert not MessageLocation(Thread(locked=True), permissions).may_send
    permissions.manage_threads = True
    assert MessageLocation(Thread(locked=True), permissions).may_send


async def test_a_group_channel_is_no_place_to_answer() -> None:
    channel = object.__new__(discord.GroupChannel)
    message: Any = SimpleNamespace(channel=channel, guild=None)
    assert await location_of(message, discord.Client(intents=discord.Intents.none())) is None


def test_a_forwarded_message_is_not_a_reply() -> None:
    reference = discord.MessageReference(
        message_id=1, channel_id=2, type=discord.MessageReferenceType.forward
    )
    message: Any = SimpleNamespace(reference=reference)
    assert replied_to(message) is None
    message.reference = None
    assert replied_to(message) is None
