"""Reads all that a message says: its words, what it forwards, embeds, attached text files."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import discord

from bot.conversation.attachments import Connect, read_files
from bot.conversation.mentions import MentionReader
from rag.query.long_texts import asking_part
from rag.query.request import MAX_QUESTION
from rag.text.discord_markup import as_spoiler, still_hidden
from rag.text.shorten import shorten
from rag.text.words import words

MAX_CONTEXT = 1_000  # characters of one text that a question is about


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """What a message says: in words of its own, and in what is forwarded or attached, with words.

    `note` says which files were not read.
    """

    text: str = ""
    attached: tuple[str, ...] = ()
    note: str = ""

    def asked(self, is_request: Callable[[str], bool]) -> "Asked":
        """Return what a message asks; blocks.

        Without words of its own, it asks what is attached to it. `is_request` tells whether a text
        is a request.
        """
        attached = "\n".join(self.attached)
        if not words(self.text):
            question, rest = _question_in(attached, is_request)
            return Asked(question, _contexts((rest,), is_request))
        question, rest = _question_in(self.text, is_request)
        otherwise, _ = _question_in(attached, is_request)
        return Asked(question, _contexts((rest, *self.attached), is_request), otherwise)

    @property
    def everything(self) -> str:
        """All of it in one text, with the URLs of links."""
        return "\n".join(filter(None, (self.text, *self.attached)))

    def context(self, is_request: Callable[[str], bool]) -> str:
        """Return all of it as what a question is about; blocks."""
        return bounded(self.everything, is_request)


def bounded(text: str, is_request: Callable[[str], bool]) -> str:
    """Return at most MAX_CONTEXT characters of a text on one line: its beginning, what it asks."""
    if len(text) <= MAX_CONTEXT:
        return shorten(text, MAX_CONTEXT)
    asked, rest = asking_part(text, is_request)
    return still_hidden(f"{shorten(rest, MAX_CONTEXT - len(asked) - 1)} {asked}", text)


class Asked(NamedTuple):
    """A question, and the texts that it is about, oldest first.

    `otherwise` is what to ask if nothing answers it, since it only points there: "see the file".
    """

    question: str
    about: tuple[str, ...] = ()
    otherwise: str = ""


def _question_in(text: str, is_request: Callable[[str], bool]) -> tuple[str, str]:
    """Return a text or, if it is too long for a question, the part that asks, and the rest."""
    if len(text) <= MAX_QUESTION:
        return text, ""
    question, rest = asking_part(text, is_request)
    return still_hidden(question, text), still_hidden(rest, text)


def _contexts(texts: Iterable[str], is_request: Callable[[str], bool]) -> tuple[str, ...]:
    return tuple(bounded(text, is_request) for text in filter(words, texts))


class MessageReader:
    """Reads messages that the bot is asked about."""

    def __init__(self, mentions: MentionReader, connect: Connect) -> None:
        """`connect` makes the connector for attached files."""
        self.mentions = mentions
        self.connect = connect

    def own_words(self, message: discord.Message) -> str:
        """Return what the author wrote, without mentions of the bot."""
        return self.mentions.read(message.content, message.guild, message.mentions).strip()

    def words(self, message: discord.Message) -> str:
        """Return what the author wrote or, of a forwarded message, what that says."""
        forwarded = (self.mentions.read(text, message.guild) for text in _forwarded(message))
        return self.own_words(message) or "\n".join(forwarded)

    async def read(self, message: discord.Message, *, with_embeds: bool = False) -> ReadMessage:
        """Return what a message says.

        The embeds of a person's own message are previews of links: they count `with_embeds` only.
        """
        shown = "\n".join([*_forwarded(message), *(_shown(message) if with_embeds else ())])
        attached = [await self.mentions.read_with_all_names(shown, message.guild)]
        files = await read_files(attachments_of(message), self.connect)
        attached += [self.mentions.read(text, message.guild) for text in files.texts]
        return ReadMessage(self.own_words(message), tuple(filter(words, attached)), files.note)


def attachments_of(message: discord.Message) -> list[discord.Attachment]:
    """Return the files that are attached to a message or to one that it forwards."""
    forwarded = (file for one in message.message_snapshots for file in one.attachments)
    return [*message.attachments, *forwarded]


def text_of(message: discord.Message) -> str:
    """Return what a message shows without its files: words, embeds, its poll, what it forwards."""
    return "\n".join(filter(None, (message.content, *_forwarded(message), *_shown(message))))


def _forwarded(message: discord.Message) -> Iterator[str]:
    """Yield the text of each message that this one forwards."""
    for snapshot in message.message_snapshots:
        yield "\n".join(filter(None, (snapshot.content, *_shown(snapshot))))


def _shown(message: discord.Message | discord.MessageSnapshot) -> Iterator[str]:
    """Yield the texts of a message's embeds, poll and components."""
    for embed in message.embeds:
        yield from filter(None, (embed.title, embed.url, embed.description))
        for field in embed.fields:
            yield f"{field.name}: {field.value}"
    if isinstance(message, discord.Message) and message.poll:
        yield message.poll.question
        yield from (answer.text for answer in message.poll.answers)
    yield from _displayed(message.components)


def _displayed(components: Iterable[discord.Component]) -> Iterator[str]:
    """Yield the texts that are components themselves."""
    for component in components:
        if isinstance(component, discord.TextDisplay):
            yield component.content
        texts = _displayed(getattr(component, "children", ()))
        if getattr(component, "spoiler", False):
            yield from map(as_spoiler, texts)
        else:
            yield from texts
