"""Write docs/messages.md: messages of the bot about real papers.

    python -m docs.messages FOLDER

FOLDER contains `seed/page.txt`, a saved papers page, and `hf_api/2025-12-01.json` … `-05.json`,
responses of the Daily Papers API. The bot sends the messages to the tests' Discord on 127.0.0.1.
The abstracts belong to their authors, so only the beginning of each sentence is shown.
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
from bot.render.answer_text import FENCE, SMALL
from docs.discord_picture import plain_text
from ingest.sources.files import FileSource
from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from tests.discord_fake import Judge
from tests.discord_server import Server, button, choose, serving

TODAY = date(2025, 12, 8)
DAYS = [f"2025-12-0{n}" for n in range(1, 6)]
MAX_WORDS = 4  # of each sentence
_SCORED = re.compile(r"^(`\d\.\d\d` )(.*)( \(.*\))$")  # a sentence in a receipt
_UNQUOTED = re.compile(r"^([^“]*[.!?]) (\[\[\d+\]\]\(<[^>]*>\))$")  # Hugging Face's summary
_TITLED = re.compile(r"\]\(<https://huggingface\.co/papers/")  # a line with a paper's title
_FACTS = re.compile(rf"{SMALL}(?:\d{{4}}-|\d+ upvote)")  # below its sentence
_QUOTED = re.compile(r"“([^”]*)”")
INTRODUCTION = f"""# What the bot says

Messages that the bot sent in the tests' Discord, about a saved page of 56 papers and the Daily
Papers of {DAYS[0]} to {DAYS[-1]}. Only the first {MAX_WORDS} words of each sentence of an abstract
are shown, because the rest belongs to its authors. `python -m docs.messages FOLDER` writes this
page.
"""


def main() -> None:
    """Ingest the folder, hold the conversations, and write the page."""
    folder = Path(sys.argv[1])
    with (
        tempfile.TemporaryDirectory() as name,
        closing(open_library(Path(name), RagConfig())) as library,
    ):
        ingest(FileSource(folder / "seed" / "page.txt", today=TODAY), library)
        ingest_days(folder, library)
        parts = asyncio.run(converse(library))
    text = "\n".join([INTRODUCTION, *parts])
    Path(__file__).with_name("messages.md").write_text(text, "utf-8")


def ingest_days(folder: Path, library: Library) -> None:
    """Read the recorded Daily Papers."""
    for day in DAYS:
        ingest(FileSource(folder / "hf_api" / f"{day}.json", today=TODAY), library)


async def converse(library: Library) -> list[str]:
    """Return each user message with the bot's reply, as Markdown."""
    urls = [str(paper.code_url) for paper in library.catalog.papers() if paper.code_url]
    async with serving(library, judge=Judge(allowed_urls=urls)) as server:
        return [
            *await _everyday(server),
            *await _commands(server),
            *await _receipt(server),
            *await _card_and_thread(server, library),
        ]


async def _everyday(server: Server) -> list[str]:
    parts = ["## Everyday requests"]
    listed = await server.ask("summarize Friday's papers")
    parts += [_user_message("alice", "/ask summarize Friday's papers"), _bot_message(listed)]
    answer = listed
    for question in (
        "which of them has code?",
        "the bibtex of number 2, please",
        "thanks!",
        "what can you do?",
    ):
        answer = await server.say("alice", question, reply_to=answer)
        parts += [_user_message("alice, in a reply", question), _bot_message(answer)]
    return parts


async def _commands(server: Server) -> list[str]:
    parts = ["## Side by side"]
    parts += await _command(server, "compare", first="LaVi", second="EE-MLLM")
    parts.append("## What you missed")
    parts += await _command(server, "catchup", since="2025-12-04")
    parts += await _command(server, "catchup")
    return parts


async def _receipt(server: Server) -> list[str]:
    question = "how much smaller does Align2LLaVA make the training data?"
    answer = await server.ask(question)
    receipt = await server.fake.click("alice", answer, button(answer, "sources"))
    await server.quoted(receipt)
    return [
        "## What an answer is based on",
        _user_message("alice", f"/ask {question}"),
        _bot_message(answer),
        _user_message("alice", "Sources"),
        _bot_message(receipt.original or {}),
    ]


async def _card_and_thread(server: Server, library: Library) -> list[str]:
    await choose(server, link_cards=True)
    paper = library.catalog.featured(date(2025, 12, 5))[0]
    parts = ["## A pasted link, and a thread below its card"]
    link = await server.fake.say("bob", f"https://arxiv.org/abs/{paper.arxiv_id}")
    card = await server.fake.until(lambda: server.reply_to(link), 20)
    parts += [_user_message("bob", link["content"]), _bot_message(card)]
    thread = await server.fake.start_thread("bob", card)
    for question in ("what is new about it?", "and which papers are about video generation?"):
        answer = await server.say("bob", question, channel=thread)
        parts += [_user_message("bob, in a thread below the card", question), _bot_message(answer)]
    return parts


async def _command(server: Server, command: str, **options: str) -> list[str]:
    interaction = await server.fake.slash("alice", command, **options)
    await server.quoted(interaction)
    words = " ".join(f"{name}: {value}" for name, value in options.items())
    return [
        _user_message("alice", f"/{command} {words}".strip()),
        _bot_message(interaction.original or {}),
    ]


def _user_message(person: str, text: str) -> str:
    return f"**{person}**: {text}\n"


def _bot_message(message: dict[str, Any]) -> str:
    """Return a message as an indented Markdown block."""
    lines: list[str] = []
    for embed in message["embeds"]:
        text = embed.get("description", "")
        is_card = bool(embed.get("url"))
        lines += [
            embed.get("title", ""),
            *([_beginning(text)] if is_card else with_beginnings(text)),
        ]
        for field in embed.get("fields", []):
            lines += ["", field["name"], *with_beginnings(field["value"])]
        lines += ["", embed.get("footer", {}).get("text", "")]
    rows = message.get("components") or []
    names = [part.get("label") or part.get("placeholder") or (part.get("emoji") or {}).get("name")
             for row in rows for part in row["components"]]  # fmt: skip
    lines.append(" ".join(f"[{name}]" for name in names))
    block = "\n".join(f"    {plain_text(_indented(line))}".rstrip() for line in lines)
    return re.sub(r"\n(?:\s*\n)+", "\n\n", block).strip("\n") + "\n"


def _indented(line: str) -> str:
    """Return a small line with an indentation in place of Discord's mark."""
    return f"   {line.removeprefix(SMALL)}" if line.startswith(SMALL) else line


def with_beginnings(text: str) -> list[str]:
    """Return the lines of a text, with only the beginning of each sentence of a paper."""
    lines, is_below_title, is_code = [], False, False
    for line in text.split("\n"):
        is_code ^= line == FENCE
        if is_code:
            lines.append(line)
            continue
        shown = _QUOTED.sub(lambda m: f"“{_beginning(m[1])}”", line)
        shown = _SCORED.sub(lambda m: m[1] + _beginning(m[2]) + m[3], shown)
        shown = _UNQUOTED.sub(lambda m: f"{_beginning(m[1])} {m[2]}", shown)
        if line.startswith("   "):
            shown = f"   {_beginning(line.strip())}"
        elif is_below_title and line.startswith(SMALL) and not _FACTS.match(line):
            shown = SMALL + _beginning(line.removeprefix(SMALL))
        is_below_title = bool(_TITLED.search(line))
        lines.append(shown)
    return lines


def _beginning(sentence: str) -> str:
    words = sentence.split()
    return sentence if len(words) <= MAX_WORDS else " ".join(words[:MAX_WORDS]) + " …"


if __name__ == "__main__":
    main()
