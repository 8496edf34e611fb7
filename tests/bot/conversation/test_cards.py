"""Cards, alerts and digests are about their papers though somebody removed their embeds."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.alerts import deliver
from bot.alerts.detect import Alert
from rag.library import Library
from rag.pipeline import WIDENED
from tests.bot.cogs.test_answer_buttons import shown
from tests.bot.conversation.test_shown_lists import stored
from tests.bot.subscriptions.test_subscriptions import (
    NOON,
    digests,
    options,
    outcome,
    subscribed,
    used,
)
from tests.clock import SettableClock
from tests.discord_server import (
    Connect,
    Server,
    buttons,
    choose,
    deliver_alerts,
    finished,
    joined,
    judged,
    text_of,
)
from tests.papers import HERON, TIDAL

Show = Callable[[Server], Awaitable[dict[str, Any]]]


async def by_command(server: Server) -> dict[str, Any]:
    return await shown(server, await server.fake.slash("alice", "paper", title=HERON.title))


async def by_link(server: Server) -> dict[str, Any]:
    await choose(server, link_cards=True)
    said = await server.fake.say("alice", f"https://arxiv.org/abs/{HERON.arxiv_id}")
    return await server.fake.until(lambda: server.reply_to(said))


async def by_alert(server: Server) -> dict[str, Any]:
    await choose(server, alert_channel=int(server.fake.general))
    with pytest.MonkeyPatch.context() as patch:
        found = [Alert(HERON, 61, 9, 9, 22, 800, 4.0)]
        patch.setattr(deliver, "taking_off", lambda catalog, now: found)
        assert await deliver_alerts(server.bot, datetime.now(UTC)) == 1
    return server.answers()[-1]


SHOW: tuple[Show, ...] = (by_command, by_link, by_alert)


async def without_embed(server: Server, show: Show) -> dict[str, Any]:
    """Return the card after somebody removed its embed."""
    card = await show(server)
    await stored(server, card)
    await server.fake.remove_embeds(card)
    return card


@pytest.mark.parametrize("show", SHOW)
async def test_a_reply_and_a_thread_are_about_the_paper_also_after_a_restart(
    filled: Library, show: Show
) -> None:
    async with judged() as fake:
        async with joined(fake, filled) as server:
            card = await without_embed(server, show)
            answer = await server.say("bob", "who wrote this paper?", reply_to=card)
            assert "A. One" in text_of(answer)
        thread = await fake.start_thread("bob", card)
        async with joined(fake, filled) as server:
            answer = await server.say("carol", "how long does training take?", reply_to=card)
            assert "3 hours" in text_of(answer)
            answer = await server.say("bob", "how long does training take?", channel=thread)
            assert "3 hours" in text_of(answer)
            wider = await server.say("bob", "which errors do bakers find?", channel=thread)
            assert WIDENED in text_of(wider)


@pytest.mark.parametrize("show", SHOW)
async def test_the_menu_of_a_card_knows_its_paper(
    filled: Library, connect: Connect, show: Show
) -> None:
    server = await connect(filled)
    fake, card = server.fake, await without_embed(server, show)
    chosen = await fake.menu("bob", "Explain this paper", card)
    await chosen.wait_ack()
    answer = await fake.until(lambda: finished(chosen.original), 10)
    assert "We present HeronNet" in text_of(answer)
    chosen = await fake.menu("bob", "Ask about this", card)
    assert len((await chosen.wait_ack())["data"]["components"]) == 1  # the question alone
    sent = await fake.submit("bob", chosen, question="how long does training take?")
    await sent.wait_ack()
    answer = await fake.until(lambda: finished(sent.original), 10)
    assert "3 hours" in text_of(answer)
    if rating := [one for one in buttons(card) if one.startswith("rate:save")]:
        rated = await shown(server, await fake.click("bob", card, rating[0]))
        assert "It is on your list" in text_of(rated)


async def test_this_paper_is_the_one_of_the_last_card(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    await server.say("alice", f"{server.fake.mention} how many tokens does Tidal Attention keep?")
    await without_embed(server, by_command)
    answer = await server.ask("who wrote this paper?")
    assert "A. One" in text_of(answer)


async def test_a_card_does_not_hide_the_list_before_it(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    listed = await shown(server, await server.fake.slash("alice", "search", text="counting birds"))
    await stored(server, listed, 2)
    await stored(server, await by_command(server))
    asked = await server.ask("what is number 2 about?")
    (paper,) = filled.catalog.get(
        [server.bot.services.conversations.listed(int(listed["id"]))[1]]
    ).values()
    assert paper.title in text_of(asked)


async def test_an_alert_without_its_embed_is_not_sent_again(
    filled: Library, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await connect(filled)
    await by_command(server)  # has the same buttons, and is no alert
    alert = await by_alert(server)
    await server.fake.remove_embeds(alert)
    with filled.catalog.database.transaction() as db:  # as if killed before it was recorded
        db.execute("UPDATE alerts SET message = NULL")
    assert await deliver_alerts(server.bot, datetime.now(UTC) + timedelta(minutes=1)) == 0
    (row,) = filled.catalog.database.connection.execute("SELECT message FROM alerts").fetchall()
    assert row["message"] == int(alert["id"])


async def test_a_digest_without_its_embed_offers_its_papers(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, bot_options=options(SettableClock(NOON)))
    fake = server.fake
    await subscribed(server)
    assert (await outcome(server)).state == "sent"
    (digest,) = digests(server)
    await fake.remove_embeds(digest)
    (discuss,) = [one for one in buttons(digest) if one.startswith("digest:discuss")]
    offered = await used(await fake.click("bob", digest, discuss))
    (menu,) = offered["components"][0]["components"]
    assert [option["value"] for option in menu["options"]] == [TIDAL.paper_id]
    chosen = await fake.select("bob", offered, "subscription:menu:pick", TIDAL.paper_id)
    await chosen.wait_ack()
    await fake.until(lambda: "We discuss it in <#" in offered["content"])
    card = server.answers()[-1]
    await fake.remove_embeds(card)
    answer = await server.say("bob", "how many tokens does it keep?", channel=card["id"])
    assert "one token in eight" in text_of(answer)
    chosen = await fake.menu("bob", "Explain this paper", digest)
    await chosen.wait_ack()
    assert "Long contexts" in text_of(await fake.until(lambda: finished(chosen.original), 10))
