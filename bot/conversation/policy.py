"""Decides when to answer a message; pure, and readable from top to bottom.

Paperboy answers users who address it: they mention it, reply to it, send a direct message, or write
in one of its threads or in an ask-channel. It never answers bots, and it stays out of conversations
between users: "thanks" and "lol" in a thread or an ask-channel are for other people, unless they
mention the bot or reply to it. `message_facts.py` collects the facts.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

# Shown if the bot runs without the message content intent.
NO_MESSAGE_CONTENT = (
    "Without the message content intent I can read only messages that mention me, replies that "
    "ping me, and direct messages: mention me, or use /ask."
)

_WORD = re.compile(r"\w")


class Action(Enum):
    """What to do with a message."""

    SILENT = auto()
    ANSWER = auto()
    HINT = auto()  # say how to ask
    CANNOT_READ = auto()  # say that the bot does not get the text
    CANNOT_EMBED = auto()  # say that embeds are not allowed here


class Decision(NamedTuple):
    """What to do, and the reason for the log."""

    action: Action
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFacts:
    """The facts about a message when it arrives."""

    text: str = ""  # without the mention of the bot; of a forwarded message, that message's
    has_document: bool = False  # a file that may say something in words
    has_file: bool = False  # of any kind
    by_user: bool = True  # not by a bot, a webhook or Discord itself
    to_everyone: bool = False  # @everyone or @here
    is_allowed: bool = True  # the settings allow this user to ask in this channel
    may_send: bool = True
    may_embed: bool = True
    is_direct: bool = False
    mentions_bot: bool = False  # outside of quotations and code
    replies_to_bot: bool = False
    replies_to_other: bool = False
    addresses_other: bool = False  # it begins with the mention of another user
    in_bot_thread: bool = False  # started by the bot, or from a message of the bot
    in_ask_channel: bool = False
    is_hidden: bool = False  # Discord withholds its text
    is_small_talk: bool = False  # only known if `only_place_suggests_bot`

    @property
    def addresses_bot(self) -> bool:
        """Whether it certainly addresses the bot."""
        return self.is_direct or self.mentions_bot

    @property
    def may_address_bot(self) -> bool:
        """Whether it addresses the bot, or could."""
        in_context = self.replies_to_bot or self.in_bot_thread or self.in_ask_channel
        return self.addresses_bot or in_context

    @property
    def only_place_suggests_bot(self) -> bool:
        """Whether it could address the bot only because of its channel or thread."""
        return self.may_address_bot and not (self.addresses_bot or self.replies_to_bot)


def decide(facts: MessageFacts) -> Decision:
    """Return what to do with a message."""
    if not facts.by_user:
        return _silent("no user wrote it")
    if facts.to_everyone and not facts.addresses_bot:
        return _silent("it addresses everyone")
    if not facts.may_address_bot:
        return _silent("it does not address the bot")
    if not facts.addresses_bot and (facts.replies_to_other or facts.addresses_other):
        return _silent("it addresses somebody else")
    if not facts.is_allowed:
        return _silent("the settings exclude it")
    if not facts.may_send:
        return _silent("the bot may not send there")
    if facts.is_hidden:
        return Decision(Action.CANNOT_READ, "Discord withholds its text")
    if not (_WORD.search(facts.text) or facts.has_document):
        if not facts.addresses_bot:
            return _silent("it has no text")
        if not (facts.has_file or facts.replies_to_other):  # whose message it may ask
            return Decision(Action.HINT, "it mentions the bot without text")
    if facts.is_small_talk and facts.only_place_suggests_bot and not facts.has_document:
        return _silent("it is small talk")
    if not facts.may_embed:
        return Decision(Action.CANNOT_EMBED, "embeds are not allowed there")
    return Decision(Action.ANSWER, "it addresses the bot")


def wants_card(facts: MessageFacts) -> bool:
    """Return whether a linked paper may get a card: not if the message addresses the bot."""
    can_send = facts.is_allowed and facts.may_send and facts.may_embed
    return facts.by_user and not facts.to_everyone and not facts.may_address_bot and can_send


def _silent(reason: str) -> Decision:
    return Decision(Action.SILENT, reason)
