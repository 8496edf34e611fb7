"""Ratings, saved papers and alerts in SimCord, an independent model of Discord."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.alerts import deliver
from bot.alerts.detect import Alert
from bot.taste.rating_view import choice_view
from tests.discord_server import deliver_alerts
from tests.papers import HERON, TIDAL


async def test_a_paper_of_a_digest_is_rated(world: Any) -> None:
    channel = world.env.bot.get_channel(world.channel.id)
    await channel.send("Today's papers", view=choice_view([HERON, TIDAL]))
    digest = world.channel.last_message
    chosen = await world.alice.select(digest, [TIDAL.paper_id], custom_id="rate:choose:0")
    assert chosen.ephemeral
    assert TIDAL.title in chosen.response.embeds[0].description
    for kind in ("like", "save", "dislike"):
        await world.alice.click(chosen.response, custom_id=f"rate:{kind}:{TIDAL.paper_id}")
    given = world.services.ratings.of(world.alice.id, world.guild.id, TIDAL.paper_id)
    assert given == {"save", "dislike"}


async def test_a_card_has_the_buttons(world: Any) -> None:
    card = (await world.keeper.slash(world.channel, "paper", title="wading birds")).response
    pressed = await world.alice.click(card, custom_id=f"rate:like:{HERON.paper_id}")
    assert pressed.ephemeral
    assert "You like it." in pressed.response.embeds[0].description


async def test_a_paper_is_saved_listed_and_removed(world: Any) -> None:
    choices = await world.alice.autocomplete(world.channel, "save", "paper", "wading")
    assert choices == [{"name": HERON.title, "value": HERON.paper_id}]
    saved = await world.alice.slash(world.channel, "save", paper=HERON.paper_id)
    assert saved.ephemeral
    assert "It is on your list" in saved.response.embeds[0].description
    listed = await world.alice.slash(world.channel, "saved")
    assert listed.ephemeral
    assert HERON.title in listed.response.embeds[0].description
    await world.alice.click(listed.response, label="Remove 1")
    assert "You have saved no paper yet" in listed.response.embeds[0].description
    assert listed.response.components == []


async def test_alerts_are_switched_on_and_sent(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = await world.keeper.slash(world.channel, "alerts")
    assert opened.ephemeral
    panel = opened.response
    await world.keeper.select(panel, [world.papers], custom_id="alerts:channel")
    await world.keeper.select(panel, ["1"], custom_id="alerts:per_day")
    assert f"<#{world.papers.id}>, at most 1 a day" in panel.embeds[0].description
    found = [Alert(paper, 61, 9, 9, 22, 800, 4.0) for paper in (HERON, TIDAL)]
    monkeypatch.setattr(deliver, "taking_off", lambda catalog, now: found)
    assert await deliver_alerts(world.env.bot, datetime(2025, 1, 6, 9, tzinfo=UTC)) == 1
    (told,) = world.papers.history()
    assert "61 new upvotes in its first 9 hours" in told.embeds[0].description
    pressed = await world.alice.click(told, custom_id=f"rate:like:{HERON.paper_id}")
    assert "You like it." in pressed.response.embeds[0].description


async def test_only_managers_of_the_server_see_alerts(world: Any) -> None:
    assert "alerts" in world.keeper.available_commands(world.channel)
    assert "alerts" not in world.alice.available_commands(world.channel)
