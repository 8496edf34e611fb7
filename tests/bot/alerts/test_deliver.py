"""Alerts over the wire: the panel, what is sent, and that nothing is sent twice or lost."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.alerts import deliver
from bot.alerts.detect import Alert
from rag.library import Library
from tests.discord_fake.permissions import EVERYTHING, SEND
from tests.discord_server import Connect, Server, buttons, choose, deliver_alerts, text_of
from tests.papers import HERON, PASTRY, TIDAL

NOW = datetime(2025, 1, 6, 9, 30, tzinfo=UTC)
FOUND = [
    Alert(HERON, 61, 9, 9, 22, 800, 4.0),
    Alert(TIDAL, 40, 12, 90, 5, 800, 3.0),
    Alert(PASTRY, 30, 9, 9, 22, 800, 2.6),
]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Alert]:
    """What takes off; a test may change it."""
    alerts = list(FOUND)
    monkeypatch.setattr(deliver, "taking_off", lambda catalog, now: alerts)
    return alerts


async def listening(library: Library, connect: Connect, most: int = 2, **options: Any) -> Server:
    """Return a server that wants alerts."""
    server: Server = await connect(library, **options)
    await choose(server, alert_channel=int(server.fake.general), alerts_per_day=most)
    return server


def rows(server: Server) -> list[tuple[Any, ...]]:
    database = server.bot.services.executor.library.catalog.database
    found = database.connection.execute("SELECT paper, message, reason FROM alerts ORDER BY paper")
    return [tuple(row) for row in found]


@pytest.mark.usefixtures("found")
async def test_the_strongest_alerts_are_sent_once_up_to_the_daily_limit(
    filled: Library, connect: Connect
) -> None:
    server = await listening(filled, connect)
    assert await deliver_alerts(server.bot, NOW) == 2
    first, second = server.answers()
    assert first["embeds"][0]["title"] == "This paper takes off"
    assert "61 new upvotes in its first 9 hours" in text_of(first)
    assert f"https://huggingface.co/papers/{HERON.arxiv_id}" in text_of(first)
    assert TIDAL.title in text_of(second)
    assert buttons(first)[0] == f"rate:like:{HERON.paper_id}"
    assert await deliver_alerts(server.bot, NOW + timedelta(hours=1)) == 0
    assert await deliver_alerts(server.bot, NOW + timedelta(hours=25)) == 1  # the third
    assert await deliver_alerts(server.bot, NOW + timedelta(hours=60)) == 0
    assert len(server.answers()) == 3


@pytest.mark.usefixtures("found")
async def test_servers_without_an_alert_channel_get_no_alerts(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    await choose(server, threads="long")
    assert await deliver_alerts(server.bot, NOW) == 0
    assert server.answers() == []


@pytest.mark.usefixtures("found")
async def test_a_message_sent_before_a_kill_is_found_again(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await listening(filled, connect, most=1)

    def killed(*_: object) -> None:
        raise asyncio.CancelledError

    now = datetime.now(UTC)
    with monkeypatch.context() as patch:
        patch.setattr(server.bot.services.alerts, "sent", killed)
        with pytest.raises(asyncio.CancelledError):
            await deliver_alerts(server.bot, now)
    assert rows(server) == [(HERON.paper_id, None, "")]
    assert len(server.answers()) == 1
    assert await deliver_alerts(server.bot, now + timedelta(minutes=1)) == 0
    assert len(server.answers()) == 1
    assert rows(server) == [(HERON.paper_id, int(server.answers()[0]["id"]), "")]


@pytest.mark.usefixtures("found")
async def test_an_alert_that_failed_to_send_is_sent_later(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await listening(filled, connect, most=1)
    now = datetime.now(UTC)

    async def unreachable(*_: object, **__: object) -> None:
        raise OSError("network is unreachable")

    with monkeypatch.context() as patch:
        patch.setattr("discord.abc.Messageable.send", unreachable)
        assert await deliver_alerts(server.bot, now) == 0
    assert rows(server) == [(HERON.paper_id, None, "")]
    assert await deliver_alerts(server.bot, now + timedelta(hours=1)) == 1
    assert len(server.answers()) == 1


@pytest.mark.usefixtures("found")
async def test_an_alert_that_cannot_be_sent_is_given_up_with_its_reason(
    filled: Library, connect: Connect
) -> None:
    server = await listening(filled, connect, most=1, everybody_may=EVERYTHING & ~SEND)
    assert await deliver_alerts(server.bot, NOW) == 0
    ((paper, message, reason),) = rows(server)
    assert (paper, message) == (HERON.paper_id, None)
    assert reason.startswith("Discord says: ")
    assert await deliver_alerts(server.bot, NOW + timedelta(hours=1)) == 0


async def test_an_alert_that_is_too_old_or_lost_its_channel_is_given_up(
    filled: Library, connect: Connect, found: list[Alert]
) -> None:
    server = await listening(filled, connect, most=2)
    box, guild, general = (
        server.bot.services.alerts,
        int(server.fake.guild),
        int(server.fake.general),
    )
    found.clear()
    box.add(guild, general, [("arxiv:1", {"description": "x"})], most=9, now=NOW)
    await deliver_alerts(server.bot, NOW + timedelta(hours=13))
    box.add(guild, general, [("arxiv:2", {"description": "x"})], most=9, now=NOW)
    await choose(server, alert_channel=None)
    await deliver_alerts(server.bot, NOW)
    assert [row[2] for row in rows(server)] == [
        "it could not be sent in time",
        "alerts were switched off or moved",
    ]
    assert server.answers() == []


async def test_a_title_pings_nobody(filled: Library, connect: Connect, found: list[Alert]) -> None:
    server = await listening(filled, connect)
    found[:] = [replace(FOUND[0], paper=replace(HERON, title="@everyone <@1> http://x.example"))]
    await deliver_alerts(server.bot, NOW)
    (message,) = server.answers()
    assert message["mentions"] == []
    assert not message["mention_everyone"]
    assert "<@1>" not in json.dumps(message["embeds"])
