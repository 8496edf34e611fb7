"""What the bot's own schedule does with ratings and alerts, over the wire and in SimCord."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import simcord

from bot.alerts import deliver, detect
from bot.executor import Executor
from bot.gateway.client import PaperboyBot
from bot.subscriptions.assembly import digest_for
from bot.subscriptions.records import Subscription
from bot.subscriptions.service import DigestOptions
from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from tests.bot.taste.test_learn import MONDAY, on, papers
from tests.clock import SettableClock
from tests.discord_server import (
    Connect,
    buttons,
    choose,
    deliver_alerts,
    make_bot,
    scheduler_of,
    text_of,
)
from tests.papers import HERON, TODAY, ListSource

NOON = datetime(2025, 1, 8, 12, tzinfo=UTC)  # the day after the papers to be shown


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOON)


@pytest.fixture
def week(library: Library) -> Library:
    ingest(ListSource(papers(2)), library)
    return library


def like_birds(bot: Any, library: Library, *, user_id: int, guild_id: int) -> None:
    """Let this user and two others like the papers on birds."""
    for paper_id in on("birds", library):
        for person in (user_id, 101, 102):
            bot.services.ratings.give(person, guild_id, paper_id, "like")


@pytest.mark.slow
async def test_the_digest_of_a_server_follows_its_taste_and_has_a_menu(
    week: Library, connect: Connect, clock: SettableClock
) -> None:
    options = {"digests": DigestOptions(clock=clock, round_seconds=0.05)}
    server = await connect(week, bot_options=options)
    fake = server.fake
    like_birds(server.bot, week, user_id=1, guild_id=int(fake.guild))
    made = await fake.slash("alice", "subscribe", where="this channel", time="12:30")
    await made.wait_ack()
    await fake.until(lambda: server.bot.services.subscriptions.store.all())
    clock.now += timedelta(minutes=31)
    (digest,) = await fake.until(
        lambda: [m for m in server.answers() if "rate:choose:0" in buttons(m)], 10
    )
    assert "picked because this server liked" in text_of(digest)
    first = next(line for line in text_of(digest).splitlines() if line.startswith("1. "))
    assert " birds 1" in first
    chosen = await fake.select("bob", digest, "rate:choose:0", on("birds", week, 1)[0])
    await server.quoted(chosen)
    assert chosen.original is not None
    assert " birds 1" in text_of(chosen.original)


@pytest.mark.parametrize(
    ("subscription", "learnt"),
    [
        (Subscription(kind="channel", target="5", user_id=1, guild_id=7), "this server liked"),
        (Subscription(kind="channel", target="5", user_id=1, guild_id=8), ""),
        (Subscription(kind="channel", target="5", user_id=1), ""),
        (Subscription(kind="person", target="1", user_id=1), "you liked"),
        (Subscription(kind="mail", target="a@example.org", user_id=1), "you liked"),
        (Subscription(kind="person", target="2", user_id=2), ""),
        (Subscription(kind="mail", target="a@example.org"), ""),
    ],
)
def test_whose_taste_a_digest_follows(
    week: Library, subscription: Subscription, learnt: str
) -> None:
    executor = Executor(PaperQA(week, RagConfig(), today=lambda: TODAY))
    bot = make_bot(executor)
    like_birds(bot, week, user_id=1, guild_id=7)
    digest = digest_for(week, bot.services.tastes, subscription, MONDAY + timedelta(days=1))
    reasons = {entry.because for entry in digest.ranked}
    assert any(learnt in reason for reason in reasons) if learnt else reasons == {""}
    executor.close()


@pytest.fixture
def bot_options(clock: SettableClock) -> dict[str, Any]:
    digests = DigestOptions(clock=clock, round_seconds=10**6, sync=lambda stopping: None)
    return {"digests": digests}


async def test_alerts_follow_each_reading_of_the_upvotes_once(
    simcord_env: simcord.Env, simcord_bot: PaperboyBot, clock: SettableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    guild = simcord_env.create_guild()
    channel = guild.create_text_channel("papers")
    simcord_bot.services.guild_settings.change(guild.id, alert_channel=channel.id)
    looked: list[datetime] = []

    def found(catalog: object, now: datetime) -> list[detect.Alert]:
        looked.append(now)
        return [detect.Alert(HERON, 61, 9, 9, 22, 800, 4.0)]

    monkeypatch.setattr(deliver, "taking_off", found)
    scheduler = scheduler_of(simcord_bot)
    clock.now += timedelta(hours=1)
    await scheduler.round()
    await scheduler.round()
    assert looked == [clock.now]
    told = channel.last_message
    assert told is not None
    assert "61 new upvotes" in str(told.embeds[0].description)

    def broken(catalog: object, now: datetime) -> list[detect.Alert]:
        raise ValueError

    monkeypatch.setattr(deliver, "taking_off", broken)
    clock.now += timedelta(hours=1)
    await scheduler.round()  # logged; the digests go on
    assert channel.last_message == told


@pytest.mark.slow
async def test_papers_take_off_from_the_catalogues_own_history(
    library: Library, connect: Connect
) -> None:
    day = date(2025, 1, 8)
    ordinary = [replace(p, featured_on=day) for p in papers(7)]  # 70 papers
    ingest(ListSource([*ordinary, replace(HERON, featured_on=day, upvotes=1)]), library)
    with library.catalog.database.transaction() as db:
        db.execute("DELETE FROM upvotes")
        for hour in range(1, 9):
            db.execute(
                "INSERT INTO upvotes SELECT id, ?, CASE WHEN arxiv_id = ? THEN ? ELSE ? END "
                "FROM papers",
                (f"2025-01-08T{hour:02d}:00:00+00:00", HERON.arxiv_id, 7 * hour, hour // 4),
            )
    server = await connect(library)
    await choose(server, alert_channel=int(server.fake.general))
    now = datetime(2025, 1, 8, 9, 5, tzinfo=UTC)
    assert await deliver_alerts(server.bot, now) == 1
    (told,) = server.answers()
    assert HERON.title in text_of(told)
    assert "56 new upvotes in its first 9 hours; nine in ten papers get fewer than 3" in text_of(
        told
    )
