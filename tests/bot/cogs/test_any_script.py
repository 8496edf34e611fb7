"""Titles, names and questions in any script: cut near the limit, and nothing beside them moves."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import regex

from bot.render.digest import digest_mail
from bot.render.direction import FIRST_STRONG, POP
from ingest.sync import ingest
from rag.digest.make import digest_of_day
from rag.library import Library
from rag.records import Paper
from tests.discord_fake.bodies import components
from tests.discord_server import Connect, choose, text_of
from tests.papers import HERON, ListSource

DAY = date(2025, 12, 4)
LONG_TITLES = (
    "用无人机视频统计涉禽的检测器及其在湿地保护监测任务中的参数效率与泛化能力之间的权衡关系",
    "การนับนกจากวิดีโอโดรนโดยใช้โครงข่ายประสาทเทียมขนาดเล็กบนคอมพิวเตอร์เครื่องเดียว",
    "Vögel: Feuchtgebietsvogelzählungsdrohnenvideoauswertungsverfahrensvergleichsuntersuchungs",
    "शिकारी पक्षियों की गिनती के लिए छोटे तंत्रिका तंत्र का अध्ययन ",
    "Counting 👩‍👩‍👧‍👦🇩🇪🇰🇷👩‍👩‍👧‍👦🇩🇪🇰🇷👩‍👩‍👧‍👦🇩🇪🇰🇷 birds ",
    "「ドローン映像から水鳥を数える検出器」とその湿地保全への応用に関する研究",
)
RIGHT_TO_LEFT = (
    ("ספירת ציפורים מרחפן 3", "מכון הביצה", "ד. חסידה"),
    ("عدّ الطيور من طائرة مسيّرة (2025)", "مختبر الأهوار", "ن. بلشون"),
    ("שיטת YOLO לעופות 5", "Marsh Lab", "A. One"),
    ("HeronNet: شمارش پرندگان ۳", "آزمایشگاه تالاب", "ح. درنا"),
)


def papers(rows: Any) -> list[Paper]:
    """Return a day's papers with these titles, organisations and first authors."""
    return [
        replace(
            HERON, title=title, organization=organization, authors=(author, "B. Two"),
            author_count=2, featured_on=DAY, upvotes=90 - n, comment_count=4,
            arxiv_id=f"2512.{n + 1:05d}",
        )
        for n, (title, organization, author) in enumerate(rows)
    ]  # fmt: skip


def is_near(shown: str, whole: str, limit: int) -> bool:
    """Return whether a cut text is the text's beginning in whole characters, near the limit."""
    head = shown.partition("…")[0]
    whole_clusters, clusters = regex.findall(r"\X", whole), regex.findall(r"\X", head)
    return limit - 40 <= len(shown) <= limit and whole_clusters[: len(clusters)] == clusters


@pytest.mark.slow
async def test_names_titles_and_choices_are_cut_near_the_limit(
    library: Library, connect: Connect
) -> None:
    titles = [title * 8 for title in LONG_TITLES]
    ingest(ListSource(papers((title, title, title) for title in titles)), library)
    server = await connect(library)
    fake = server.fake
    await choose(server, threads="always")
    for title in (paper.title for paper in library.catalog.papers()):
        question = f"what is {title[:900]} about?"
        asked = await fake.say("alice", f"{fake.mention} {question}")
        key = asked["id"]
        thread = await fake.until(lambda key=key: fake.channels.get(key), 10)
        assert is_near(thread["name"], question, 100)
        typed = await fake.autocomplete("alice", "paper", "title", title=title[:12])
        [choice] = (await typed.wait_ack())["data"]["choices"]
        assert is_near(choice["name"], title, 100)
        card = await fake.slash("alice", "paper", title=choice["value"])
        await server.quoted(card)
        assert is_near((card.original or {})["embeds"][0]["title"], title, 256)
    daily = await fake.slash("alice", "daily", date=str(DAY))
    await server.quoted(daily)
    [menu] = [c for c in components(daily.original or {}) if c.get("options")]
    assert all(is_near(o["label"], t, 100) for o, t in zip(menu["options"], titles, strict=True))


def in_sight(text: str) -> str:
    """Return the text with ⟦ and ⟧ for the isolates."""
    return text.replace(FIRST_STRONG, "⟦").replace(POP, "⟧")


@pytest.mark.slow
async def test_ranks_upvotes_days_and_links_stand_outside_of_right_to_left_text(
    library: Library, connect: Connect
) -> None:
    ingest(ListSource([*papers(RIGHT_TO_LEFT), replace(HERON, featured_on=DAY)]), library)
    server = await connect(library)
    fake = server.fake
    daily = await fake.slash("alice", "daily", date=str(DAY))
    await server.quoted(daily)
    text = in_sight(text_of(daily.original or {}))
    for n, (title, organization, _) in enumerate(RIGHT_TO_LEFT):
        url = f"https://huggingface.co/papers/2512.{n + 1:05d}"
        shown = organization if organization.isascii() else f"⟦{organization}⟧"
        assert f"{n + 1}. **▲ {90 - n}** [⟦{title}⟧](<{url}>)\n" in text
        assert f"   {shown} · 4 comments" in text
    assert f"5. **▲ 12** [{HERON.title}](<{HERON.url}>)\n" in text
    search = await fake.slash("alice", "search", text="herons")
    await server.quoted(search)
    for line in in_sight(text_of(search.original or {})).splitlines():
        if "huggingface.co" in line:
            assert re.match(r"\d\. \[[^⟦⟧]*(⟦[^⟦⟧]*⟧)?\]\(<\S+>\) · featured 2025-12-04 · ", line)


async def test_answers_and_cards_isolate_names_and_quotes(
    library: Library, connect: Connect
) -> None:
    hebrew = "המודל סופר 94.2% מן הציפורים. Training takes 3 hours on one laptop."
    paper = replace(papers(RIGHT_TO_LEFT)[0], abstract=hebrew)
    ingest(ListSource([paper, HERON]), library)
    server = await connect(library)
    title, organization, author = RIGHT_TO_LEFT[0]
    card = await server.fake.slash("alice", "paper", title=title)
    await server.quoted(card)
    shown = in_sight(text_of(card.original or {}))
    assert f"Authors: ⟦{author}⟧, B. Two" in shown
    assert f"Organisation: ⟦{organization}⟧" in shown
    assert "⟦המודל סופר 94.2% מן הציפורים.⟧" in shown
    answer = await server.ask("who wrote it?", paper=title)
    text = in_sight(text_of(answer))
    assert f"⟦{author}⟧, B. Two" in text
    assert f"[⟦{title}⟧](<{paper.url}>) · featured 2025-12-04" in text


def test_mail_isolates_values_and_leaves_other_titles_alone(library: Library) -> None:
    ingest(ListSource([*papers(RIGHT_TO_LEFT), replace(HERON, featured_on=DAY)]), library)
    mail = digest_mail(digest_of_day(library, DAY), unsubscribe="")
    text, html = (part.get_content() for part in mail.iter_parts())
    title, organization, _ = RIGHT_TO_LEFT[0]
    assert f"1. ⟦{title}⟧\n" in in_sight(text)
    assert f"   ▲ 90 · ⟦{organization}⟧ · 4 comments\n" in in_sight(text)
    assert f"5. {HERON.title}\n" in text
    assert f'><bdi dir="auto">{title}</bdi></a></b>' in html
    assert f'▲ 90 · <bdi dir="auto">{organization}</bdi> · 4 comments' in html
    assert f">{HERON.title}</a></b>" in html
    assert FIRST_STRONG not in html


async def test_a_title_that_is_copied_from_a_message_is_found(
    library: Library, connect: Connect
) -> None:
    ingest(ListSource(papers(RIGHT_TO_LEFT)), library)
    server = await connect(library)
    copied = f"{FIRST_STRONG}{RIGHT_TO_LEFT[1][0]}{POP}"
    card = await server.fake.slash("alice", "paper", title=copied)
    await server.quoted(card)
    assert "▲" not in text_of(card.original or {})
    assert "Upvotes: 89" in text_of(card.original or {})
