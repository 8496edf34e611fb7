"""The topic map of a day, and its alt text."""

import struct
from dataclasses import replace
from datetime import date

import pytest

from bot.charts.topic_map import HEIGHT, WIDTH, topic_map
from ingest.sync import ingest
from rag.digest.make import make_digest
from rag.digest.records import Wish
from rag.library import Library
from tests.papers import ListSource, many

DAY = date(2025, 12, 5)


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.fixture
def day(library: Library) -> Library:
    """A day of thirty papers, with titles that a formula or a missing glyph would spoil."""
    titles = ["Costs of $5 and 50% {of_it}: x^2_\\", "论文 漢字: a study", "🙂 😀", "\x00\x1b[31m"]
    papers = [
        replace(p, featured_on=DAY, upvotes=n * n, title=(titles[n : n + 1] or [p.title])[0])
        for n, p in enumerate(many(30))
    ]
    ingest(ListSource(papers), library)
    return library


@pytest.mark.slow
def test_the_map_of_a_day_has_alt_text_and_never_changes(day: Library) -> None:
    digest = make_digest(day, "day", DAY, Wish(count=30))
    picture = topic_map(digest, day)
    assert picture is not None
    assert size_of(picture.png) == (WIDTH, HEIGHT)
    assert picture.alt.startswith("Map of 30 Daily Papers of Friday, 2025-12-05 as numbered dots")
    for group in digest.groups:
        assert f"{group.name} ({len(group.entries)}" in picture.alt
    assert topic_map(digest, day) == picture
    assert topic_map(make_digest(day, "day", DAY, Wish(count=3)), day) is None
