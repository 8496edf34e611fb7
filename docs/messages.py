"""Writes docs/messages.md: what the bot says over real papers.

    python -m docs.messages FOLDER

FOLDER holds `seed/page.txt`, a saved papers page, and `hf_api/2025-12-01.json` … `-05.json`,
answers of the Daily Papers API. The messages are those that the bot sent to the tests' Discord on
127.0.0.1. Their abstracts belong to their authors, so of each sentence only the beginning is shown.
"""

import asyncio
import re
import sys
import tempfile
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from bot.app import open_library
from docs.discord_picture import unmarked
from ingest.sources.files import FileSource
from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from tests.discord_server import Server, button, choose, serving

TODAY = date(2025, 12, 8)
DAYS = [f"2025-12-0{n}" for n in range(1, 6)]
SHOWN_WORDS = 4  # of each sentence
_SCORED = re.compile(r"^(`\d\.\d\d` )(.*)( \(.*\))$")  # a sentence of a receipt
_QUOTED = re.compile(r"“([^”]*)”")
INTRODUCTION = f"""# What the bot says

Messages that the bot sent in the tests' Discord, over a saved papers page of 56 papers and the
Daily Papers of {DAYS[0]} to {DAYS[-1]}. Of each sentence of an abstract the first {SHOWN_WORDS}
words are shown, since the rest belongs to its authors. Written by `python -m docs.messages FOLDER`.
"""


def main() -> None:
    """Read the folder, let the bot talk, write the page."""
    folder = Path(sys.argv[1])
    with (
        tempfile.TemporaryDirectory() as name,
        closing(open_library(Path(name), RagConfig())) as library,
    ):
        for path in [
            folder / "seed" / "page.txt",
            *(folder / "hf_api" / f"{d}.json" for d in DAYS),
        ]:
            ingest(FileSource(path, today=TODAY), library)
        parts = asyncio.run(talk(library))
    text = "\n".join([INTRODUCTION, *parts])
    Path(__file__).with_name("messages.md").write_text(text, "utf-8")


async def talk(library: Library) -> list[str]:
    """Return each thing that is said with what the bot answers, as Markdown."""
    async with serving(library) as server:
        return [
            *await _commands(server),
            *await _receipt(server),
            *await _card_and_thread(server, library),
        ]


async def _commands(server: Server) -> list[str]:
    said = ["## Side by side"]
    said += await _used(server, "compare", first="LaVi", second="EE-MLLM")
    said.append("## What somebody missed")
    said += await _used(server, "catchup", since="2025-12-04")
    said += await _used(server, "catchup")
    return said


async def _receipt(server: Server) -> list[str]:
    question = "how much smaller does Align2LLaVA make the training data?"
    answer = await server.ask(question)
    shown = await server.fake.click("alice", answer, button(answer, "sources"))
    await server.quoted(shown)
    return ["## What an answer was made from", _said("alice", f"/ask {question}"), _shown(answer),
            _said("alice", "Sources"), _shown(shown.original or {})]  # fmt: skip


async def _card_and_thread(server: Server, library: Library) -> list[str]:
    await choose(server, link_cards=True)
    paper = library.catalog.featured(date(2025, 12, 5))[0]
    said = ["## A pasted link, and a thread below its card"]
    link = await server.fake.say("bob", f"https://arxiv.org/abs/{paper.arxiv_id}")
    card = await server.fake.until(lambda: server.reply_to(link), 20)
    said += [_said("bob", link["content"]), _shown(card)]
    thread = await server.fake.start_thread("bob", card)
    for question in ("what is new about it?", "and which papers are about video generation?"):
        answer = await server.say("bob", question, channel=thread)
        said += [_said("bob, in a thread below the card", question), _shown(answer)]
    return said


async def _used(server: Server, command: str, **options: str) -> list[str]:
    asked = await server.fake.slash("alice", command, **options)
    await server.quoted(asked)
    words = " ".join(f"{name}: {value}" for name, value in options.items())
    return [_said("alice", f"/{command} {words}".strip()), _shown(asked.original or {})]


def _said(person: str, text: str) -> str:
    return f"**{person}**: {text}\n"


def _shown(message: dict[str, Any]) -> str:
    """Return a message as an indented block."""
    lines: list[str] = []
    for embed in message["embeds"]:
        text = embed.get("description", "")
        is_card = bool(embed.get("url"))
        lines += [embed.get("title", ""), *([_begun(text)] if is_card else _elided(text))]
        for field in embed.get("fields", []):
            lines += ["", field["name"], *_elided(field["value"])]
        lines += ["", embed.get("footer", {}).get("text", "")]
    rows = message.get("components") or []
    names = [part.get("label") or part.get("placeholder") or (part.get("emoji") or {}).get("name")
             for row in rows for part in row["components"]]  # fmt: skip
    lines.append(" ".join(f"[{name}]" for name in names))
    shown = "\n".join(f"    {unmarked(line)}".rstrip() for line in lines)
    return re.sub(r"\n(?:\s*\n)+", "\n\n", shown).strip("\n") + "\n"


def _elided(text: str) -> list[str]:
    """Return the lines with the beginnings of sentences only."""
    lines = [_QUOTED.sub(lambda m: f"“{_begun(m[1])}”", line) for line in text.split("\n")]
    lines = [_SCORED.sub(lambda m: m[1] + _begun(m[2]) + m[3], line) for line in lines]
    return [f"   {_begun(line.strip())}" if line.startswith("   ") else line for line in lines]


def _begun(sentence: str) -> str:
    words = sentence.split()
    return sentence if len(words) <= SHOWN_WORDS else " ".join(words[:SHOWN_WORDS]) + " …"


if __name__ == "__main__":
    main()
