"""Draw docs/discord.svg from real messages: python -m docs.discord_picture DATA_DIR.

The bot answers in the tests' Discord on 127.0.0.1; its messages are drawn the way Discord shows
them. DATA_DIR contains the starter set (`paperboy --data-dir DATA_DIR ingest starter`).
"""

import asyncio
import re
import sys
import textwrap
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from bot.app import open_library
from bot.render.answer_text import FENCE, SMALL
from rag.config import RagConfig
from rag.library import Library
from tests.discord_server import serving

WIDTH, LEFT, TEXT_LEFT, LINE = 840, 72, 88, 19  # pixels
COLUMNS, SMALL_COLUMNS, CODE_COLUMNS = 98, 110, 96  # characters per line of an embed
BACKGROUND, EMBED, TEXT, FAINT, LINK, CODE = (
    "#313338", "#2b2d31", "#dbdee1", "#949ba4", "#00a8fc", "#1e1f22",
)  # fmt: skip
BUTTON = 32  # pixels
STYLES = {
    "title": ("#ffffff", 'font-weight="600"'),
    "": (TEXT, ""),
    "small": (FAINT, 'font-size="12"'),
    "code": (TEXT, 'font-family="monospace" font-size="12" xml:space="preserve"'),
    "footer": (FAINT, 'font-size="12"'),
}
_LINKED = re.compile(r"\[((?:\\.|\[[^\]]*\]|[^\[\]])*)\]\(<[^>]*>\)")


async def converse(library: Library) -> list[tuple[str, dict[str, Any]]]:
    """Return the author and content of each message, in order."""
    messages = []
    async with serving(library) as server:
        mention = server.fake.mention
        asks = "which paper uses an overuse penalty, and what for?"
        question = await server.fake.say("alice", f"{mention} {asks}")
        first = await server.answer_to(question)
        follow_up = await server.fake.say("bob", "and what was it trained on?", reply_to=first)
        second = await server.answer_to(follow_up)
        off_topic = await server.fake.say("bob", f"{mention} what's the weather in Berlin?")
        third = await server.answer_to(off_topic)
        for person, message in (
            ("alice", question), ("Paperboy", first), ("bob", follow_up),
            ("Paperboy", second), ("bob", off_topic), ("Paperboy", third),
        ):  # fmt: skip
            text = message["content"].replace(mention, "@Paperboy")
            messages.append((person, message | {"content": text}))
    return messages


def draw(messages: list[tuple[str, dict[str, Any]]]) -> str:
    """Return the conversation as SVG."""
    parts, y = [], 24
    for person, message in messages:
        parts.append(_avatar(person, y))
        parts.append(_text(LEFT, y + 12, person, "title"))
        y += 14
        for line in _wrapped(message["content"]):
            y += LINE
            parts.append(_text(LEFT, y, line))
        for embed in message["embeds"]:
            shapes, height = _embed(embed, y + 10)
            parts += shapes
            y += height + 10
        for row in message.get("components") or []:
            parts += _buttons(row["components"], y + 10)
            y += BUTTON + 10
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
    """Return the SVG elements of an embed, and its height in pixels."""
    texts = [("title", embed.get("title", "")), ("", embed.get("description", ""))]
    for field in embed.get("fields", []):
        texts += [("", " "), ("title", field["name"]), ("", field["value"])]
    if footer := embed.get("footer", {}).get("text", ""):
        texts += [("", " "), ("footer", footer)]
    lines = [line for kind, text in texts if text for line in _lines(kind, text)]
    height = LINE * len(lines) + 20
    colour = f"#{embed.get('color', 0x1E1F22):06x}"
    shapes = [
        f'<rect x="{LEFT}" y="{y}" width="{WIDTH - LEFT - 16}" height="{height}" rx="4" '
        f'fill="{EMBED}"/>',
        f'<rect x="{LEFT}" y="{y}" width="4" height="{height}" rx="2" fill="{colour}"/>',
    ]
    for n, (line, kind) in enumerate(lines):
        top = y + 10 + LINE * n
        if kind == "code":
            width = WIDTH - TEXT_LEFT - 32
            shapes.append(
                f'<rect x="{TEXT_LEFT}" y="{top}" width="{width}" height="{LINE}" fill="{CODE}"/>'
            )
        left = TEXT_LEFT + (8 if kind == "code" else 0)
        shapes.append(_text(left, top + 14, line, kind))
    return shapes, height


def _lines(kind: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the wrapped lines of a text, each with the name of its style."""
    is_code = False
    for line in text.split("\n"):
        if line == FENCE:
            is_code = not is_code
        elif is_code:
            yield from ((part, "code") for part in _wrapped_code(line))
        elif line.startswith(SMALL):
            small = _wrapped(line.removeprefix(SMALL), SMALL_COLUMNS)
            yield from ((part, "small") for part in small)
        else:
            yield from ((part, kind) for part in _wrapped(line) or [""])


def _buttons(components: list[dict[str, Any]], y: int) -> list[str]:
    """Return the SVG elements of a row of buttons, or of a menu."""
    shapes, x = [], LEFT
    for component in components:
        emoji = (component.get("emoji") or {}).get("name", "")
        label = component.get("label") or component.get("placeholder") or ""
        words = f"{emoji} {label}".strip()
        width = 28 + 8 * len(words)
        shapes += [
            f'<rect x="{x}" y="{y}" width="{width}" height="{BUTTON}" rx="6" fill="#4e5058"/>',
            _text(x + 14, y + 21, words),
        ]
        x += width + 8
    return shapes


def plain_text(text: str, *, start: str = "", end: str = "") -> str:
    """Return a line without Markdown; the words of links are put between `start` and `end`."""
    text = _LINKED.sub(lambda m: f"{start}{m[1]}{end}", text)
    return re.sub(r"\\([^\w\s])", r"\1", text).replace("`", "").replace("**", "")


def _wrapped_code(line: str) -> list[str]:
    """Return a line of code in parts that fit, with its indentation."""
    return textwrap.wrap(line, CODE_COLUMNS, drop_whitespace=False) or [""]


def _wrapped(text: str, columns: int = COLUMNS) -> list[str]:
    """Return wrapped lines; \\x01 and \\x02 enclose links, on each line of a broken link."""
    text = plain_text(text, start="\x01", end="\x02")
    lines, is_open = [], False
    for line in textwrap.wrap(text, columns):
        shown = f"\x01{line}" if is_open else line
        is_open = shown.rfind("\x01") > shown.rfind("\x02")
        lines.append(f"{shown}\x02" if is_open else shown)
    return lines


def _text(x: int, y: int, text: str, kind: str = "") -> str:
    fill, style = STYLES[kind]
    words = escape(text, quote=False)
    words = words.replace("\x01", f'<tspan fill="{LINK}">').replace("\x02", "</tspan>")
    return f'<text x="{x}" y="{y}" fill="{fill}"{style and f" {style}"}>{words}</text>'


if __name__ == "__main__":
    library = open_library(Path(sys.argv[1]), RagConfig())
    picture = draw(asyncio.run(converse(library)))
    library.close()
    Path(__file__).with_name("discord.svg").write_text(picture, "utf-8")
