"""Threads: who started them, which paper they are about, and moving a conversation into one."""

import re
from collections import OrderedDict
from urllib.parse import unquote

import discord

from bot.components.discord_errors import FAILURES
from bot.conversation.store import ConversationStore
from bot.executor import Executor
from bot.render.safe_text import plain
from rag.errors import PaperboyError
from rag.links import ARXIV, HUGGING_FACE
from rag.records import Paper
from rag.store.lookup import find_paper
from rag.text.discord_markup import without_spoilers
from rag.text.shorten import shorten

LONG = 3  # answers in a channel before a conversation moves, with the setting "long"
MAX_THREAD_NAME = 100  # characters
MAX_ROOTS = 1_000  # threads whose first message is in memory
MAX_QUESTION = 200  # characters of each question in the list of earlier ones
ALREADY_THERE = 160004  # Discord's error code: this message has a thread

_PAPER = re.compile(rf"(?:{re.escape(HUGGING_FACE)}(?:/|\?q=)|{re.escape(ARXIV)}/)([^\s&#]+)")
_THREAD_REQUEST = re.compile(
    r"\W*(?:(?:please|can|could|would|will|you|we|let'?s|let us|ok(?:ay)?)\W+)*"
    r"(?:(?:move|take|bring|continue|go on|carry on|start|open|make|create)\b[^?.!]{0,40}\b)?"
    r"thread\b(?:\W+please)?\W*",
    re.IGNORECASE,
)


class NoThreadError(PaperboyError):
    """There is no conversation to move, or no thread can be started here."""


def wants_thread(text: str) -> bool:
    """Return whether a text asks to continue in a thread."""
    return _THREAD_REQUEST.fullmatch(text) is not None


class Threads:
    """Looks up and starts threads; the first message of each is fetched once."""

    def __init__(
        self, client: discord.Client, executor: Executor, conversations: ConversationStore
    ) -> None:
        self.client = client
        self.executor = executor
        self.conversations = conversations
        self._roots: OrderedDict[int, discord.Message | None] = OrderedDict()

    async def is_own(self, thread: discord.Thread) -> bool:
        """Return whether the bot, or somebody from a message of the bot, started the thread."""
        user = self.client.user
        if user is None or thread.owner_id == user.id:
            return user is not None
        if await self.executor.read(self.conversations.knows, thread.id):
            return True
        root = await self.root(thread)
        return root is not None and root.author == user

    async def root(self, thread: discord.Thread) -> discord.Message | None:
        """Return the message that a thread was started from, or the first one of a forum post.

        It has the same id as the thread. None if it does not exist or cannot be read.
        """
        if thread.id not in self._roots:
            self._roots[thread.id] = thread.starter_message or await self._fetch_root(thread)
            while len(self._roots) > MAX_ROOTS:
                self._roots.popitem(last=False)
        return self._roots[thread.id]

    async def _fetch_root(self, thread: discord.Thread) -> discord.Message | None:
        parent = thread.parent
        place = thread if isinstance(parent, discord.ForumChannel) else parent
        if not isinstance(place, discord.Thread | discord.TextChannel):
            return None
        try:
            return await place.fetch_message(thread.id)
        except FAILURES:  # started without a message, or the bot may not read it
            return None

    async def paper_of_answer(self, answer: int) -> Paper | None:
        """Return the only paper that an answer cites; None if it cites several or none."""
        cited = (await self.executor.read(self.conversations.turns, answer))[-1].cited or ()
        papers = await self.executor.read(self.executor.library.catalog.get, cited)
        return papers.get(cited[0]) if len(cited) == 1 else None

    async def paper_of_card(self, message_id: int) -> Paper | None:
        """Return the only paper that a message shows, by what is stored; None for answers."""
        shown = await self.executor.read(self.conversations.listed, message_id)
        papers = await self.executor.read(self.executor.library.catalog.get, shown)
        return papers.get(shown[0]) if len(shown) == 1 else None

    async def paper_of(self, message: discord.Message) -> Paper | None:
        """Return the paper on a card that the bot sent; None for other messages."""
        if message.author != self.client.user:
            return None
        if paper := await self.paper_of_card(message.id):
            return paper
        # Earlier versions did not store the papers of cards.
        addresses = [
            match[1] for embed in message.embeds if (match := _PAPER.match(embed.url or ""))
        ]
        if len(addresses) != 1:
            return None
        return await self.executor.read(
            find_paper, self.executor.library.catalog, unquote(addresses[0])
        )

    async def move(self, channel: object, answer: int, *, can_read: bool) -> discord.Thread:
        """Start a thread from an answer and list the earlier questions there.

        `can_read`: the bot reads messages there without a mention. Raises NoThreadError.
        """
        if isinstance(channel, discord.Thread):
            raise NoThreadError("We are in a thread already: just continue here.")
        if not isinstance(channel, discord.TextChannel):
            raise NoThreadError("There are no threads here: just continue here.")
        asked = await self.executor.read(self.conversations.questions, answer)
        name = thread_name(asked[0][1] if asked else "")
        try:
            thread = await channel.create_thread(name=name, message=discord.Object(answer))
        except discord.HTTPException as error:
            raise _no_thread(error) from error
        await thread.send(embed=_so_far(asked, can_read=can_read))
        return thread


def thread_name(question: str) -> str:
    """Return the name of a thread that begins with this question."""
    return shorten(without_spoilers(question), MAX_THREAD_NAME) or "Papers"


def _no_thread(error: discord.HTTPException) -> Exception:
    """Return the error for a thread that Discord does not start."""
    if error.code == ALREADY_THERE:
        return NoThreadError("There is a thread under that answer already: continue there.")
    if isinstance(error, discord.NotFound):
        return NoThreadError("My last answer to you is gone: ask me something first.")
    if isinstance(error, discord.Forbidden):
        return NoThreadError(
            "I could not start a thread: I need the permission Create Public Threads here."
        )
    return error


def _so_far(asked: list[tuple[int, str]], *, can_read: bool) -> discord.Embed:
    """Return the first message of a thread: the earlier questions. Embeds do not ping users."""
    how = "there is no need to mention me" if can_read else "mention me with each question"
    lines = [
        f"<@{user_id}>: {plain(shorten(without_spoilers(question), MAX_QUESTION))}"
        for user_id, question in asked
    ]
    so_far = " So far:" if lines else ""
    return discord.Embed(
        description="\n".join([f"Let us continue here; {how}.{so_far}", *lines]),
        colour=discord.Colour.blurple(),
    )
