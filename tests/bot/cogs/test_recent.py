"""What was featured of late: what somebody missed, and what is upvoted most."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.render.recent import MAX_PAPERS, catchup_embed, gaining_embed, trending_embed
from ingest.config import FetchConfig
from ingest.resolve_source import resolve_source
from ingest.sync import ingest
from rag.library import Library
from rag.records import Paper
from rag.store.queries import featured_since
from tests.bot.render.embed_checks import NASTY, complaints
from tests.bot.subscriptions.test_subscriptions import options as digest_options
from tests.bot.subscriptions.test_subscriptions import outcome, subscribed
from tests.clock import SettableClock
from tests.discord_server import Connect, Server, text_of
from tests.papers import HERON, TIDAL, TODAY, ListSource, many

EARLIER, LATER = date(2025, 12, 3), date(2025, 12, 5)
HERE, ALICE = 1, 11


def featured(day: date, count: int, *, first: int = 0) -> list[Paper]:
    """Return papers of a day; the n-th has n upvotes."""
    return [
        replace(paper, featured_on=day, upvotes=n)
        for n, paper in enumerate(many(first + count)[first:], start=first + 1)
    ]


async def used(server: Server, command: str, *, user: str = "alice", **options: Any) -> Any:
    """Use a command; return the message once it shows something."""
    shown = await server.fake.slash(user, command, **options)
    await server.quoted(shown)
    return shown.original


async def caught_up(server: Server, user: str = "alice", **options: Any) -> str:
    message = await used(server, "catchup", user=user, **options)
    assert message["flags"] & 64  # only she sees it
    looked = server.bot.services.executor.write(lambda: None)  # what was seen is noted by now
    await looked
    return text_of(message)


async def test_what_was_missed_is_shown_once(library: Library, connect: Connect) -> None:
    ingest(ListSource([*featured(EARLIER, 12), TIDAL]), library)
    server = await connect(library)
    first = await caught_up(server)
    assert "What you missed: 12 papers, featured 2025-12-03" in first
    assert "You have not looked here before, so I go back a week. The 10 most upvoted:" in first
    assert first.index("▲ 12") < first.index("▲ 3")
    assert "▲ 2**" not in first
    assert TIDAL.title not in first.replace(f": {TIDAL.title}", "")  # ten months old
    assert "Next time /catchup begins after 2025-12-03." in first
    assert "You have missed nothing" in await caught_up(server)
    assert "12 papers" in await caught_up(server, "bob")
    ingest(ListSource(featured(LATER, 2, first=12)), library)
    second = await caught_up(server)
    assert "What you missed: 2 papers, featured 2025-12-05" in second
    assert "Since you last looked, <t:" in second
    assert "We study the" in second
    nothing = await caught_up(server)
    assert "You have missed nothing" in nothing
    assert "The last day I know is 2025-12-05. `/catchup since` goes back further." in nothing
    assert "14 papers, featured 2025-12-03 to 2025-12-05" in await caught_up(
        server, since="2025-12-03"
    )
    assert "'soon' is not a day" in await caught_up(server, since="soon")


async def test_the_latest_list_counts_as_a_look_and_an_older_one_does_not(
    library: Library, connect: Connect
) -> None:
    ingest(ListSource([*featured(EARLIER, 2), *featured(LATER, 3, first=2)]), library)
    server = await connect(library)
    await used(server, "daily", date="2025-12-03")
    assert "5 papers" in await caught_up(server)
    await used(server, "daily", user="bob")
    guild, bob = int(server.fake.guild), int(server.fake.users["bob"]["id"])
    await server.fake.until(lambda: server.bot.services.last_seen.last(guild, bob))
    assert "You have missed nothing" in await caught_up(server, "bob")


async def test_a_look_counts_in_its_server_only(library: Library, connect: Connect) -> None:
    ingest(ListSource(featured(EARLIER, 2)), library)
    server = await connect(library)
    await caught_up(server)
    alone = await server.fake.open_dm("alice")
    assert "2 papers" in await caught_up(server, channel=alone)


@pytest.mark.parametrize("kind", ["person", "channel"])
async def test_a_digest_by_direct_message_counts_as_a_look(
    library: Library, connect: Connect, kind: str
) -> None:
    ingest(ListSource([*featured(EARLIER, 2), *featured(LATER, 3, first=2)]), library)
    clock = SettableClock(datetime(2025, 12, 6, 11, 59, tzinfo=UTC))
    server = await connect(library, bot_options=digest_options(clock))
    alice = server.fake.users["alice"]["id"]
    target = alice if kind == "person" else server.fake.general
    noon = clock.now + timedelta(minutes=1)
    await subscribed(server, noon, kind=kind, target=target, user_id=int(alice))
    clock.now = noon
    assert (await outcome(server)).state == "sent"
    alone = await server.fake.open_dm("alice")
    for channel in (None, alone):
        text = await caught_up(server, channel=channel)
        assert ("You have missed nothing" in text) == (kind == "person")
    assert "5 papers" in await caught_up(server, "bob")


@pytest.mark.slow
async def test_a_week_is_named_by_number_or_day_or_is_the_latest(
    library: Library, connect: Connect
) -> None:
    ingest(ListSource([*featured(EARLIER, 23), HERON]), library)
    server = await connect(library)
    for options in ({}, {"week": "2025-W49"}, {"week": "2025-12-07"}):
        text = text_of(await used(server, "weekly", **options))
        assert "the week of 2025-12-01: 10 of 23" in text
        assert text.index("▲ 23") < text.index("▲ 14")
    assert "You have missed nothing" in await caught_up(server)
    assert HERON.title in text_of(await used(server, "weekly", week="2025-01-06", user="bob"))
    assert "23 papers" in await caught_up(server, "bob")
    for typed in ("2025-W99", "next"):
        text = text_of(await used(server, "weekly", week=typed))
        assert f"'{typed}' is not a week: write it like 2025-W49" in text


async def test_where_no_day_is_known_it_says_so(library: Library, connect: Connect) -> None:
    server = await connect(library)
    for command in ("catchup", "trending"):
        text = text_of(await used(server, command))
        assert text == "No Daily Papers have been fetched yet. I have read no papers yet."
    assert (
        server.bot.services.last_seen.last(
            int(server.fake.guild), int(server.fake.users["alice"]["id"])
        )
        is None
    )


async def test_trending_covers_the_latest_days_only(library: Library, connect: Connect) -> None:
    days = [LATER - timedelta(days=n) for n in range(8)]
    papers = [
        replace(paper, featured_on=day, upvotes=90 - n)
        for n, (paper, day) in enumerate(zip(many(8), days, strict=True))
    ]
    old = replace(HERON, upvotes=500)
    ingest(ListSource([*papers, old]), library)
    server = await connect(library)
    message = await used(server, "trending")
    text = text_of(message)
    assert "By upvotes, of 7 papers featured 2025-11-29 to 2025-12-05." in text
    assert [f"▲ {90 - n}" in text for n in range(8)] == [True] * 7 + [False]
    assert "▲ 500" not in text


def seen_earlier(library: Library, days: int) -> None:
    """Let everything that was seen so far be seen so many days earlier."""
    database = library.catalog.database
    then = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    with database.transaction() as db:
        db.execute("UPDATE upvotes SET seen_at = ?", (then,))


async def test_trending_counts_gained_upvotes_if_a_history_is_stored(
    library: Library, connect: Connect
) -> None:
    today = datetime.now(UTC).date()
    old, quiet, backfilled, new = (
        replace(paper, featured_on=day, upvotes=votes)
        for paper, day, votes in zip(
            many(4), (LATER, LATER, EARLIER, today), (100, 300, 900, 7), strict=True
        )
    )
    library.catalog.upsert([old, quiet])
    seen_earlier(library, 5)
    server = await connect(library)
    assert "By upvotes, of 2 papers featured" in text_of(await used(server, "trending"))
    library.catalog.upsert([replace(old, upvotes=130), quiet, backfilled, new])
    text = text_of(await used(server, "trending"))
    assert "By upvotes gained since <t:" in text
    assert "1. **▲ 130 (+30)**" in text
    assert "2. **▲ 7 (+7)**" in text
    assert "▲ 900" not in text
    assert "▲ 300" not in text


@pytest.mark.slow
async def test_catchup_lists_a_recorded_day(
    library: Library, connect: Connect, shared_data: Path
) -> None:
    for day in ("2025-12-04", "2025-12-05"):
        path = str(shared_data / "hf_api" / f"{day}.json")
        with resolve_source(path, FetchConfig(), today=TODAY) as source:
            ingest(source, library)
    first, last = (library.catalog.featured(date(2025, 12, day)) for day in (4, 5))
    server = await connect(library)
    text = await caught_up(server, since="2025-12-05")
    new = [paper for paper in last if paper.featured_on == LATER]
    assert f"What you missed: {len(new)} papers, featured 2025-12-05" in text
    for paper in new[:MAX_PAPERS]:
        assert f"(<{paper.url}>)" in text
    assert all(paper.tldr and paper.tldr[:60] in text for paper in new[:3])
    assert first


def test_papers_added_to_a_day_after_a_look_are_not_lost(library: Library) -> None:
    catalog = library.catalog
    catalog.upsert(featured(LATER, 2))
    before, after = (datetime.now(UTC) + timedelta(minutes=m) for m in (-5, 5))
    assert len(featured_since(catalog, LATER, seen_at=before)) == 2
    assert featured_since(catalog, LATER, seen_at=after) == []
    assert featured_since(catalog, LATER) == []


@pytest.mark.parametrize("text", ["x" * 900, NASTY * 9])
def test_the_list_fits_and_is_escaped_for_any_title(text: str) -> None:
    papers = [replace(p, title=text, tldr=text, upvotes=9_999_999) for p in featured(LATER, 12)]
    embeds: list[Any] = [
        catchup_embed(papers, after=EARLIER, last=LATER, looked_at=None, chose_day=False),
        trending_embed(papers, first=EARLIER, last=LATER),
        gaining_embed([(paper, 9_999) for paper in papers], since=datetime.now(UTC)),
    ]
    assert complaints(embeds) == []
    assert all(embed.description for embed in embeds)
