"""Subscriptions in SimCord, an independent model of Discord with permissions and menus."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.subscriptions.service import DigestOptions
from tests.clock import SettableClock
from tests.discord_server import scheduler_of

NOON = datetime(2025, 2, 6, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOON)


@pytest.fixture
def bot_options(clock: SettableClock) -> dict[str, Any]:
    # The test says when a round is due.
    return {"digests": DigestOptions(clock=clock, round_seconds=10**6)}


def text(shown: Any) -> str:
    return str([embed.to_dict() for embed in shown.embeds]) + (shown.content or "")


async def test_a_channel_gets_its_digest_and_a_thread_about_a_paper(
    world: Any, clock: SettableClock
) -> None:
    made = await world.keeper.slash(
        world.channel, "subscribe", where="this channel", time="12:30", min_upvotes=5
    )
    assert made.ephemeral
    assert f"<#{world.channel.id}>" in text(made.response)
    clock.now += timedelta(minutes=30)
    await scheduler_of(world.bot).round()
    digest = world.channel.last_message
    assert "Daily Papers of Wednesday, 2025-02-05" in text(digest)
    await scheduler_of(world.bot).round()
    assert world.channel.last_message.id == digest.id
    offered = await world.alice.click(digest, label="Discuss a paper")
    await world.alice.select(
        offered.response, ["arxiv:2502.00002"], custom_id="subscription:menu:pick"
    )
    (thread,) = world.channel.threads
    assert thread.name.startswith("Tidal Attention")


async def test_users_pause_change_resume_and_remove_their_own(world: Any) -> None:
    for topic in ("robots", "herons"):
        await world.alice.slash(world.channel, "subscribe", topics=topic)
    zones = await world.alice.autocomplete(world.channel, "subscribe", "timezone", "new_yo")
    assert [zone["value"] for zone in zones] == ["America/New_York"]
    known = await world.alice.autocomplete(world.channel, "unsubscribe", "subscription", "")
    assert [one["value"] for one in known] == ["1", "2"]
    listed = (await world.alice.slash(world.channel, "subscriptions")).response
    await world.alice.select(listed, ["2"], custom_id="subscription:menu:choose")
    await world.alice.click(listed, label="Pause")
    store = world.bot.services.subscriptions.store
    assert store.get(2).paused
    form = await world.alice.click(listed, label="Change …")
    await world.alice.submit_modal(form, {"when": "monthly 7:15", "count": "3, 4"})
    assert (store.get(2).rhythm.period, store.get(2).wish.min_upvotes) == ("month", 4)
    await world.alice.click(listed, label="Resume")
    assert not store.get(2).paused
    await world.alice.click(listed, label="Remove")
    gone = await world.alice.slash(world.channel, "unsubscribe", subscription="1")
    assert "Removed" in text(gone.response)
    assert store.all() == []
