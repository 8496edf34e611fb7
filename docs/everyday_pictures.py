"""Draw the pictures in docs/discord.md: python -m docs.everyday_pictures FOLDER DATA_DIR.

FOLDER contains recorded Daily Papers (see docs/messages.py) and DATA_DIR the starter set. Of papers
that are not in the starter set, only facts and the beginning of each sentence are shown.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.app import open_library
from docs.discord_picture import draw
from docs.messages import ingest_days, with_beginnings
from rag.config import RagConfig
from rag.library import Library
from tests.discord_fake import Judge
from tests.discord_server import Server, button, serving

Messages = list[tuple[str, dict[str, Any]]]  # author and content


class Conversation:
    """A conversation of alice with the bot, in order."""

    def __init__(self, server: Server, *, cut_sentences: bool) -> None:
        self.server = server
        self.cut_sentences = cut_sentences
        self.messages: Messages = []

    async def say(self, text: str, *, reply_to: dict[str, Any] | None = None) -> dict[str, Any]:
        """Have alice say something; return the bot's answer."""
        mention = "" if reply_to else f"{self.server.fake.mention} "
        answer = await self.server.say("alice", f"{mention}{text}", reply_to=reply_to)
        shown = text if reply_to else f"@Paperboy {text}"
        self.messages.append(("alice", {"content": shown, "embeds": []}))
        self._add(answer)
        return answer

    async def more(self, listed: dict[str, Any]) -> None:
        """Press More under a list."""
        pressed = await self.server.fake.click("alice", listed, button(listed, "more"))
        await self.server.quoted(pressed)
        self._add(pressed.original or {})

    def _add(self, message: dict[str, Any]) -> None:
        if self.cut_sentences:
            embeds = [
                embed | {"description": "\n".join(with_beginnings(embed["description"]))}
                for embed in message["embeds"]
            ]
            message = message | {"embeds": embeds}
        self.messages.append(("Paperboy", message))


async def summary(talk: Conversation) -> None:
    """Summarize a day."""
    await talk.say("summarize Friday's papers")


async def topic(talk: Conversation) -> None:
    """List papers on a topic, and those that follow."""
    await talk.more(await talk.say("papers on hallucination"))


async def paper(talk: Conversation) -> None:
    """Ask for facts of one paper."""
    answer = await talk.say("is there code for Reward Forcing?")
    await talk.say("and the bibtex, please", reply_to=answer)


async def small_talk(talk: Conversation) -> None:
    """Ask for help, and say thanks."""
    await talk.say("thanks!", reply_to=await talk.say("what can you do?"))


async def follow_ups(talk: Conversation) -> None:
    """Narrow a list, and ask about one of its papers."""
    listed = await talk.say("top 3 of Friday")
    coded = await talk.say("which of them have code?", reply_to=listed)
    await talk.say("who wrote number 2?", reply_to=coded)


RECORDED = {"summary": summary, "paper": paper, "follow-ups": follow_ups}
STARTER = {"topic": topic, "small-talk": small_talk}


async def draw_all(
    library: Library,
    conversations: dict[str, Callable[[Conversation], Awaitable[None]]],
    *,
    cut_sentences: bool,
) -> None:
    """Hold the conversations and draw each into a file of its name."""
    urls = [str(paper.code_url) for paper in library.catalog.papers() if paper.code_url]
    async with serving(library, judge=Judge(allowed_urls=urls)) as server:
        for name, hold in conversations.items():
            talk = Conversation(server, cut_sentences=cut_sentences)
            await hold(talk)
            file = Path(__file__).with_name(f"discord-{name}.svg")
            file.write_text(draw(talk.messages), "utf-8")


def main() -> None:
    """Draw the pictures."""
    folder, data_dir = map(Path, sys.argv[1:])
    with (
        tempfile.TemporaryDirectory() as name,
        closing(open_library(Path(name), RagConfig())) as library,
    ):
        ingest_days(folder, library)
        asyncio.run(draw_all(library, RECORDED, cut_sentences=True))
    with closing(open_library(data_dir, RagConfig())) as library:
        asyncio.run(draw_all(library, STARTER, cut_sentences=False))


if __name__ == "__main__":
    main()
