"""When to speak: one decision that reads from top to bottom and asks nobody anything.

Paperboy answers people who mean it: they mention it, reply to it, write to it alone, or write in
one of its threads or in a channel that is set aside for questions. It never talks to bots, and it
stays out of what people say to each other. `message_facts.py` collects the facts.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

# What a bot without the message content intent does not get to read.
LOST = (
    "Without the message content intent I hear only messages that mention me, replies that ping "
    "me, and direct messages: mention me, or use /ask."
)

_WORD = re.compile(r"\w")
_COURTESY = re.compile(
    r"(?:\W|\b(?:thanks?|thank you|thx|ty|cheers|so much|very|a lot|ok|okay|great|good|nice|cool|"
    r"perfect|awesome|wow|got it|i see|bot|haha|lol|danke|merci|gracias)\b)*",
    re.IGNORECASE,
)
# What people say to find out what this is. No paper answers it.
_SMALL_TALK = re.compile(
    r"(?:\W|\b(?:hi|hello|hey|hiya|hallo|hola|bonjour|good (?:morning|afternoon|evening|day)|there|"
    r"bot|paperboy|please|help(?: me)?|test(?:ing)?|ping|how are you|what(?:'?s| is) up|"
    r"(?:who|what) are you|what (?:can|do) you do|what can i (?:do|ask(?: you)?)|"
    r"how (?:do|can) i (?:use|ask) you|how do you work|what is this)\b)*",
    re.IGNORECASE,
)


class Action(Enum):
    """What to do about a message."""

    SILENT = auto()
    ANSWER = auto()
    HINT = auto()  # say how to ask
    CANNOT_READ = auto()  # say that words do not arrive
    CANNOT_SHOW = auto()  # say that embeds are not allowed here


class Decision(NamedTuple):
    """What to do, and why, for the log."""

    act: Action
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFacts:
    """What is true of a message when it arrives."""

    words: str = ""  # without the bot's own name
    by_person: bool = True  # not by a bot, a webhook or Discord itself
    to_everyone: bool = False  # @everyone or @here
    is_admitted: bool = True  # the server's settings let this person ask in this channel
    may_send: bool = True
    may_embed: bool = True
    is_direct: bool = False
    mentions_me: bool = False  # in words of its own, not in a quotation or in code
    replies_to_me: bool = False
    replies_to_other: bool = False
    addresses_other: bool = False  # it begins with somebody else's name
    in_my_thread: bool = False  # the bot's own, or started from a message of the bot's
    in_ask_channel: bool = False
    is_hidden: bool = False  # Discord keeps its words back

    @property
    def is_called(self) -> bool:
        """Whether it is plainly said to the bot."""
        return self.is_direct or self.mentions_me

    @property
    def is_in_reach(self) -> bool:
        """Whether it may be meant for the bot at all."""
        nearby = self.replies_to_me or self.in_my_thread or self.in_ask_channel
        return self.is_called or nearby


def decide(heard: MessageFacts) -> Decision:
    """Return what to do about a message."""
    if not heard.by_person:
        return _silent("no person says it")
    if heard.to_everyone:
        return _silent("it is said to everyone")
    if not heard.is_in_reach:
        return _silent("it is not said to the bot")
    if not heard.is_called and (heard.replies_to_other or heard.addresses_other):
        return _silent("it is said to somebody else")
    if not heard.is_admitted:
        return _silent("the server's settings leave it out")
    if not heard.may_send:
        return _silent("nothing may be sent there")
    if heard.is_hidden:
        return Decision(Action.CANNOT_READ, "its words do not arrive")
    if not _WORD.search(heard.words):
        hint = Decision(Action.HINT, "it is called without words")
        return hint if heard.is_called else _silent("there are no words")
    if _COURTESY.fullmatch(heard.words):
        return _silent("it needs no answer")
    if _SMALL_TALK.fullmatch(heard.words):
        hint = Decision(Action.HINT, "it asks what this is")
        return hint if heard.is_called or heard.replies_to_me else _silent("it is small talk")
    if not heard.may_embed:
        return Decision(Action.CANNOT_SHOW, "embeds are not allowed there")
    return Decision(Action.ANSWER, "it is meant")


def wants_card(heard: MessageFacts) -> bool:
    """Return whether a paper that a message links may get a card: not where it is asked about."""
    is_allowed = heard.is_admitted and heard.may_send and heard.may_embed
    return heard.by_person and not heard.to_everyone and not heard.is_in_reach and is_allowed


def _silent(why: str) -> Decision:
    return Decision(Action.SILENT, why)
