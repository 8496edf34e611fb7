"""Draws docs/discord.svg from real messages: python -m docs.discord_picture DATA_DIR.

The bot answers in the tests' Discord on 127.0.0.1; what it sent there is drawn the way Discord
shows it. DATA_DIR holds the starter set (`paperboy --data-dir DATA_DIR ingest starter`).
"""

import asyncio
import re
import sys
import textwrap
from html import escape
from pathlib import Path
from typing import Any

from rag.config import RagConfig
from rag.library import Library
from tests.discord_server import serving

WIDTH, LEFT, TEXT_LEFT, LINE = 840, 72, 88, 19  # pixels
COLUMNS = 98  # characters of a line in an embed
BACKGROUND, EMBED, TEXT, FAINT, LINK, CODE = (
    "#313338", "#2b2d31", "#dbdee1", "#949ba4", "#00a8fc", "#1e1f22",
)  # fmt: skip
_LINKED = re.compile(r"\[((?:\\.|\[[^\]]*\]|[^\[\]])*)\]\(<[^>]*>\)")


async def talk(library: Library) -> list[tuple[str, dict[str, Any]]]:
    """Return who said what, in order."""
    said = []
    async with serving(library) as server:
        mention = server.fake.mention
        question = await server.fake.say("alice", f"{mention} which paper counts calories?")
        first = await server.answer_to(question)
        follow_up = await server.fake.say(
            "bob", "and how many images does its dataset have?", reply_to=first
        )
        second = await server.answer_to(follow_up)
        off_topic = await server.fake.say("bob", f"{mention} what's the weather in Berlin?")
        third = await server.answer_to(off_topic)
        for person, message in (
            ("alice", question), ("Paperboy", first), ("bob", follow_up),
            ("Paperboy", second), ("bob", off_topic), ("Paperboy", third),
        ):  # fmt: skip
            text = message["content"].replace(mention, "@Paperboy")
            said.append((person, message | {"content": text}))
    return said


def draw(said: list[tuple[str, dict[str, Any]]]) -> str:
    """Return the conversation as SVG."""
    parts, y = [], 24
    for person, message in said:
        parts.append(_avatar(person, y))
        parts.append(_text(LEFT, y + 12, person, fill="#ffffff", weight="600"))
        y += 14
        if message["content"]:
            y += LINE
            parts.append(_text(LEFT, y, message["content"]))
        for embed in message["embeds"]:
            drawn, height = _embed(embed, y + 10)
            parts += drawn
            y += height + 10
        y += 26
    size = f'width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}"'
    style = 'font-family="Helvetica Neue, Helvetica, Arial, sans-serif" font-size="14"'
    body = "\n".join([f'<rect width="{WIDTH}" height="{y}" fill="{BACKGROUND}"/>', *parts])
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{body}\n</svg>\n'


def _avatar(person: str, y: int) -> str:
    fill = {"Paperboy": "#5865f2", "alice": "#eb459e"}.get(person, "#57f287")
    return (
        f'<circle cx="40" cy="{y + 14}" r="18" fill="{fill}"/>'
        f'<text x="40" y="{y + 20}" fill="#ffffff" text-anchor="middle">{person[0].upper()}</text>'
    )


def _embed(embed: dict[str, Any], y: int) -> tuple[list[str], int]:
    """Return the drawing of an embed and its height."""
    lines = [
        (line, FAINT if shown.startswith("footer ") else TEXT)
        for shown in [*embed["description"].split("\n"), *_footer(embed)]
        for line in _wrapped(shown.removeprefix("footer ")) or [""]
    ]
    height = LINE * len(lines) + 20
    colour = f"#{embed['color']:06x}"
    drawn = [
        f'<rect x="{LEFT}" y="{y}" width="{WIDTH - LEFT - 16}" height="{height}" rx="4" '
        f'fill="{EMBED}"/>',
        f'<rect x="{LEFT}" y="{y}" width="4" height="{height}" rx="2" fill="{colour}"/>',
    ]
    for n, (line, fill) in enumerate(lines):
        drawn.append(_text(TEXT_LEFT, y + 24 + LINE * n, line, fill=fill))
    return drawn, height


def _footer(embed: dict[str, Any]) -> list[str]:
    text = embed.get("footer", {}).get("text", "")
    return ["", f"footer {text}"] if text else []


def _wrapped(text: str) -> list[str]:
    """Return lines; what is linked stands between the signs \\x01 and \\x02, also over a break."""
    text = _LINKED.sub(lambda m: f"\x01{m[1]}\x02", text)
    text = re.sub(r"\\([^\w\s])", r"\1", text).replace("`", "")
    lines, is_open = [], False
    for line in textwrap.wrap(text, COLUMNS):
        shown = f"\x01{line}" if is_open else line
        is_open = shown.rfind("\x01") > shown.rfind("\x02")
        lines.append(f"{shown}\x02" if is_open else shown)
    return lines


def _text(x: int, y: int, text: str, *, fill: str = TEXT, weight: str = "400") -> str:
    words = escape(text, quote=False)
    words = words.replace("\x01", f'<tspan fill="{LINK}">').replace("\x02", "</tspan>")
    return f'<text x="{x}" y="{y}" fill="{fill}" font-weight="{weight}">{words}</text>'


if __name__ == "__main__":
    library = Library(Path(sys.argv[1]), RagConfig())
    picture = draw(asyncio.run(talk(library)))
    library.close()
    Path(__file__).with_name("discord.svg").write_text(picture, "utf-8")
