"""Draw lists with titles in several scripts, as Discord would show them: a PNG to look at.

    python -m docs.bidi_picture FOLDER

The bot sends a digest and the results of a search to the tests' Discord on 127.0.0.1. What it sent
is written to FOLDER/lists.html in Discord's looks and, if Chromium is installed, photographed as
FOLDER/lists.png: a browser orders the characters as Discord's app, which is one, does.
"""

import asyncio
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from bot.app import open_library
from ingest.sync import ingest
from rag.config import RagConfig
from rag.records import Paper
from tests.discord_server import serving
from tests.papers import HERON, ListSource

DAY = date(2025, 12, 4)
# Title, organisation, the first sentence of the abstract.
PAPERS = (
    ("ספירת ציפורים מרחפן: 3 שעות על מחשב אחד", "מכון הביצה", "המודל סופר 94.2% מן הציפורים."),
    ("عدّ الطيور من طائرة مسيّرة (2025)", "مختبر الأهوار", "نعرض نموذجًا يعدّ الطيور في 3 ساعات."),
    ("זיהוי YOLO מהיר של חסידות", "Marsh Lab", "We count storks with YOLO."),
    ("HeronNet: مؤشر جديد لعدّ البلشون 5", "", "HeronNet counts herons."),
    ("用无人机视频统计涉禽：三小时训练", "湿地研究所", "我们提出一种检测器。"),
    ("การนับนกจากวิดีโอโดรนในสามชั่วโมง", "สถาบันพื้นที่ชุ่มน้ำ", "เราเสนอแบบจำลองสำหรับนับนก"),
    ("शिकारी पक्षियों की गिनती", "दलदल संस्थान", "हम पक्षियों को गिनते हैं।"),
    ("Counting Wading Birds from Drone Video", "Marsh Lab", "We count birds."),
)
STYLE = """
body { background: #313338; color: #dbdee1; font: 15px "Noto Sans", "Noto Sans Hebrew",
  "Noto Sans Arabic", "Noto Sans Thai", "Noto Sans CJK SC", "DejaVu Sans", sans-serif;
  margin: 0; padding: 16px; width: 720px }
.embed { background: #2b2d31; border-left: 4px solid #5865f2; border-radius: 4px; padding: 12px;
  margin-bottom: 12px }
.title { font-weight: 600; color: #fff; margin-bottom: 8px }
.line { white-space: pre-wrap; line-height: 1.4; unicode-bidi: plaintext; text-align: left }
.footer { color: #949ba4; font-size: 12px; margin-top: 8px }
a { color: #00a8fc; text-decoration: none }
"""
_ESCAPE = re.compile(r"\\([^\w\s])")
_LINK = re.compile(r"\[((?:\\.|[^\]\\])*)\]\(&lt;(.*?)&gt;\)")


def papers() -> list[Paper]:
    """Return the papers, one a rank."""
    return [
        replace(
            HERON, title=title, organization=organization or None, abstract=abstract, tldr=None,
            featured_on=DAY, upvotes=90 - 9 * n, arxiv_id=f"2512.{n + 1:05d}", comment_count=n,
        )
        for n, (title, organization, abstract) in enumerate(PAPERS)
    ]  # fmt: skip


async def lists(folder: Path) -> list[dict[str, Any]]:
    """Return the messages in which the bot shows these papers' day and searches them."""
    library = open_library(folder, RagConfig())
    try:
        ingest(ListSource(papers()), library)
        async with serving(library) as server:
            daily = await server.fake.slash("alice", "daily", date=str(DAY))
            await server.quoted(daily)
            search = await server.fake.slash("alice", "search", text="ציפורים 3")
            await server.quoted(search)
            return [used.original or {} for used in (daily, search)]
    finally:
        library.close()


def page(messages: list[dict[str, Any]]) -> str:
    """Return the messages' embeds as a page."""
    parts = [f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>']
    for embed in (embed for message in messages for embed in message["embeds"]):
        lines = "".join(map(_line, embed["description"].split("\n")))
        title, footer = escape(embed.get("title", "")), embed.get("footer", {}).get("text", "")
        parts.append(
            f'<div class="embed"><div class="title">{title}</div>{lines}'
            f'<div class="footer">{escape(footer)}</div></div>'
        )
    return "\n".join(parts)


def _line(text: str) -> str:
    html = _LINK.sub(r'<a href="\2">\1</a>', escape(text, quote=False))
    html = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html)
    html = _ESCAPE.sub(r"\1", html)
    return f'<div class="line">{html or " "}</div>'


def main(folder: Path) -> None:
    """Write the page, and the photograph if that is possible."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "lists.html"
    file.write_text(page(asyncio.run(lists(folder / "data"))), "utf-8")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser:
        options = ["--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=768,980"]
        shot = f"--screenshot={folder / 'lists.png'}"
        subprocess.run([browser, *options, shot, file.resolve().as_uri()], check=True, timeout=120)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
