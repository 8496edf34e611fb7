"""/subscribe, /subscriptions, /unsubscribe and digests over the wire."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.subscriptions.records import Delivery, Rhythm, Subscription
from bot.subscriptions.service import DigestOptions
from rag.library import Library
from tests.clock import SettableClock
from tests.discord_fake.permissions import (
    EMBED_LINKS,
    EVERYTHING,
    MANAGE_GUILD,
    SEND,
    denying,
)
from tests.discord_server import Connect, Server, buttons, joined, judged, text_of

NOON = datetime(2025, 2, 6, 12, tzinfo=UTC)  # the day after TIDAL was featured


def options(clock: SettableClock, **more: Any) -> dict[str, Any]:
    return {"digests": DigestOptions(clock=clock, round_seconds=0.05, **more)}


async def used(interaction: Any) -> dict[str, Any]:
    """Return the message that answers an interaction, once it says something."""
    await interaction.wait_ack()
    message: dict[str, Any] = await interaction_message(interaction)
    return message


async def interaction_message(interaction: Any) -> Any:
    for _ in range(500):
        message = interaction.original
        if message and (message["embeds"] or message["content"] or message["components"]):
            return message
        await asyncio.sleep(0.01)
    pytest.fail("no answer")


async def outcome(server: Server, number: int = 1) -> Delivery:
    """Return what became of a subscription's first digest, once that is known."""

    def ended() -> Delivery | None:
        rows = server.bot.services.subscriptions.outbox.rows(number)
        return next((row for row in rows if row.state in ("sent", "failed", "skipped")), None)

    return await server.fake.until(ended, 10)


def digests(server: Server, channel: str | None = None) -> list[dict[str, Any]]:
    """Return the digests that the bot has sent."""
    return [
        m for m in server.answers()
        if any(one.startswith("digest:discuss") for one in buttons(m))
        and channel in (None, m["channel_id"])
    ]  # fmt: skip


@pytest.mark.slow
async def test_a_subscription_by_direct_message_from_command_to_digest(
    filled: Library, connect: Connect
) -> None:
    clock = SettableClock(NOON - timedelta(hours=5))
    server = await connect(filled, bot_options=options(clock))
    fake = server.fake
    made = await used(
        await fake.slash("bob", "subscribe", time="1pm", timezone="europe/berlin",
                         topics="long contexts", count=3)
    )  # fmt: skip
    assert made["flags"] & 64
    text = text_of(made)
    assert text.startswith("Subscribed\nWhere: direct message\nWhen: every day at 13:00 (Europe/B")
    assert "up to 3 papers, on “long contexts”" in text
    assert f"Next: <t:{int(NOON.timestamp())}:F>" in text
    await asyncio.sleep(0.2)
    assert digests(server) == []
    clock.now = NOON
    assert (await outcome(server)).state == "sent"
    (message,) = digests(server)
    assert "recipients" in fake.channels[message["channel_id"]]
    assert "Daily Papers of Wednesday, 2025-02-05" in text_of(message)
    await fake.drop(op=9)  # a reconnect and a second READY begin nothing anew
    await fake.until(lambda: fake.identifies == 2, 10)
    await asyncio.sleep(0.3)
    assert len(digests(server)) == 1
    shown = await used(await fake.slash("bob", "subscriptions"))
    assert "Last: sent <t:" in text_of(shown)


async def test_only_managers_of_the_server_subscribe_a_channel(
    filled: Library, connect: Connect
) -> None:
    server = await connect(
        filled, bot_options=options(SettableClock(NOON)), everybody_may=EVERYTHING & ~MANAGE_GUILD
    )
    fake = server.fake
    refused = await fake.slash("bob", "subscribe", where="this channel")
    told = (await refused.wait_ack())["data"]
    assert text_of(told) == "Only those who manage this server may do that: ask one of them."
    asked = await fake.slash("alice", "subscribe", where="this channel", time="12:00", every="week",
                             weekday=2)  # fmt: skip
    made = await used(asked)
    assert f"Where: <#{fake.general}>\nWhen: every Wednesday at 12:00 (UTC)" in text_of(made)
    theirs = await used(await fake.slash("bob", "subscriptions"))
    assert "There is no subscription yet" in text_of(theirs)
    pressed = await fake.click("bob", made, "subscription:remove:1")
    told = (await pressed.wait_ack())["data"]
    assert text_of(told).startswith("Only whoever gets it may change it")
    assert server.bot.services.subscriptions.store.all()


@pytest.mark.parametrize(
    ("typed", "words"),
    [({"time": "25:00"}, "“25:00” is no time of day: write it like 9:00 or 18:30."),
     ({"timezone": "Mars/Base"}, "“Mars/Base” is not a time zone that I know"),
     ({"topics": "x" * 90}, "That is too much: up to 15 of them")],
)  # fmt: skip
async def test_invalid_input_is_explained_with_its_cure(
    filled: Library, connect: Connect, typed: dict[str, Any], words: str
) -> None:
    server = await connect(filled, bot_options=options(SettableClock(NOON)))
    asked = await server.fake.slash("bob", "subscribe", **typed)
    assert text_of(await used(asked)).startswith(words)


async def test_time_zones_and_subscriptions_are_suggested(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, bot_options=options(SettableClock(NOON)))
    fake = server.fake
    typed = await fake.autocomplete("bob", "subscribe", "timezone", timezone="berl")
    choices = (await typed.wait_ack())["data"]["choices"]
    assert choices == [{"name": "Europe/Berlin", "value": "Europe/Berlin"}]
    typed = await fake.autocomplete("bob", "subscribe", "timezone", timezone="cst")
    choices = (await typed.wait_ack())["data"]["choices"]
    assert [one["value"] for one in choices] == [
        "America/Chicago", "Asia/Shanghai", "America/Havana"
    ]  # fmt: skip
    for topic in ("robots", "herons"):
        await used(await fake.slash("bob", "subscribe", topics=topic))
    typed = await fake.autocomplete("bob", "unsubscribe", "subscription", subscription="her")
    (choice,) = (await typed.wait_ack())["data"]["choices"]
    assert choice == {"name": "2: to you, every day at 09:00 (UTC) herons", "value": "2"}
    several = await used(await fake.slash("bob", "unsubscribe"))
    assert text_of(several) == "Choose which one: there are several."
    gone = await used(await fake.slash("bob", "unsubscribe", subscription="2"))
    assert text_of(gone).startswith("Removed\n")
    assert [one.id for one in server.bot.services.subscriptions.store.all()] == [1]
    await used(await fake.slash("bob", "unsubscribe"))
    nothing = await used(await fake.slash("bob", "unsubscribe"))
    assert text_of(nothing) == "There is nothing to remove: you have no subscription."


@pytest.mark.parametrize(
    ("locale", "zone"), [("de", "Europe/Berlin"), ("ja", "Asia/Tokyo"), ("pl", "Europe/Warsaw")]
)
async def test_the_zone_of_the_askers_language_is_offered_first(
    filled: Library, connect: Connect, locale: str, zone: str
) -> None:
    server = await connect(filled, bot_options=options(SettableClock(NOON)))
    server.fake.locales["bob"] = locale
    for typed in ("", "e"):
        asked = await server.fake.autocomplete("bob", "subscribe", "timezone", timezone=typed)
        choices = (await asked.wait_ack())["data"]["choices"]
        assert len(choices) == 25
        if not typed or zone.startswith("Europe"):
            assert choices[0] == {"name": zone, "value": zone}


@pytest.mark.parametrize(
    ("typed", "when", "note"),
    [
        ({"time": "8:10 p.m.", "timezone": "new york"}, "20:10 (America/New_York)", ""),
        ({"time": "half past seven in the evening"}, "every day at 19:30 (UTC)", ""),
        ({"time": "0745", "timezone": "Kenya"}, "every day at 07:45 (Africa/Nairobi)", ""),
        ({"time": "7 o'clock"}, "every day at 07:00 (UTC)", "read as 07:00: write 19:00 if you"),
        ({"time": "9am MST"}, "09:00 (America/Denver)", "“MST” is read as America/Denver, whose"),
        ({"timezone": "BST"}, "09:00 (Europe/London)", "or Asia/Dhaka if you mean that."),
        ({"timezone": "CST"}, "09:00 (America/Chicago)", "write UTC-6 for the same time all year"),
        ({"timezone": "UTC-3"}, "every day at 09:00 (UTC-3)", ""),
        ({"timezone": "CET"}, "every day at 09:00 (CET)", ""),
        ({"time": "7:00 Oslo", "timezone": "Oslo"}, "07:00 (Europe/Oslo)", ""),
        (
            {"time": "7:00 JST", "timezone": "Rome"},
            "every day at 07:00 (Asia/Tokyo)",
            "“7:00 JST” has a time zone of its own, which counts instead of “Rome”.",
        ),
    ],
)
async def test_times_and_zones_are_read_as_people_write_them(
    filled: Library, connect: Connect, typed: dict[str, str], when: str, note: str
) -> None:
    server = await connect(filled, bot_options=options(SettableClock(NOON)))
    text = text_of(await used(await server.fake.slash("bob", "subscribe", **typed)))
    text = text.replace("\\", "")
    assert when in text
    assert note in text
    assert bool(note) == ("Note: " in text)


async def test_a_changed_time_is_noted_too(filled: Library, connect: Connect) -> None:
    server = await connect(filled, bot_options=options(SettableClock(NOON)))
    fake = server.fake
    made = await used(await fake.slash("bob", "subscribe", topics="robots"))
    form = await fake.click("bob", made, "subscription:change:1")
    await form.wait_ack()
    fields = {"topics": "", "authors": "", "organisations": "", "count": "5"}
    sent = await fake.submit("bob", form, when="weekly tue nine EST", **fields)
    text = text_of(await used(sent)).replace("\\", "")
    assert "every Tuesday at 09:00 (America/New_York)" in text
    assert "Note: “nine” is read as 09:00: write 21:00 if you mean that. “EST” is read as" in text
    unclear = await fake.submit("bob", form, when="daily 9 IST", **fields)
    assert text_of(await used(unclear)) == (
        "“IST” may mean several time zones: write Asia/Kolkata, Asia/Jerusalem or Europe/Dublin."
    )


async def test_pause_change_resume_and_remove_work_after_a_restart(filled: Library) -> None:
    clock = SettableClock(NOON)
    async with judged() as fake:
        async with joined(fake, filled, bot_options=options(clock)) as server:
            for topic in ("robots", "herons"):
                await used(await fake.slash("bob", "subscribe", topics=topic))
            listed = await used(await fake.slash("bob", "subscriptions"))
        async with joined(fake, filled, bot_options=options(clock)) as server:
            store = server.bot.services.subscriptions.store
            chosen = await fake.select("bob", listed, "subscription:menu:choose", "2")
            await chosen.wait_ack()
            await fake.until(lambda: "herons" in text_of(listed))
            await (await fake.click("bob", listed, "subscription:pause:2")).wait_ack()
            await fake.until(lambda: "Next: paused" in text_of(listed))
            form = await fake.click("bob", listed, "subscription:change:2")
            await form.wait_ack()
            sent = await fake.submit(
                "bob", form, when="weekly friday 18:30 America/New_York", topics="cranes, herons",
                authors="", organisations="Marsh Lab", count="5, 20",
            )  # fmt: skip
            assert "every Friday at 18:30 (America/New\\_York)" in text_of(
                await used(sent)
            ) or "every Friday at 18:30 (America/New_York)" in text_of(await used(sent))
            changed = store.get(2)
            assert changed.rhythm == Rhythm("week", 18, 30, "America/New_York", 4)
            assert changed.wish.topics == ("cranes", "herons")
            assert (changed.wish.count, changed.wish.min_upvotes) == (5, 20)
            assert changed.paused
            wrong = await fake.submit(
                "bob", form, when="at teatime", topics="", authors="", organisations="", count="5"
            )
            told = text_of(await used(wrong))
            assert told.startswith("“teatime” is not a time zone that I know")
            await (await fake.click("bob", listed, "subscription:resume:2")).wait_ack()
            await fake.until(lambda: "Next: <t:" in text_of(listed))
            await (await fake.click("bob", listed, "subscription:remove:2")).wait_ack()
            await fake.until(lambda: text_of(listed).startswith("Removed"))
            assert [one.id for one in store.all()] == [1]
            kept = await used(await fake.slash("bob", "forget"))
            assert "1 subscription" in kept["content"]
            await (await fake.click("bob", kept, "forget:yes")).wait_ack()
            await fake.until(lambda: store.all() == [])


async def subscribed(server: Server, now: datetime = NOON, **fields: Any) -> Subscription:
    """Add a subscription of the channel that is due in this minute."""
    wanted = Subscription(**{
        "kind": "channel", "target": server.fake.general, "guild_id": int(server.fake.guild),
        "rhythm": Rhythm(hour=now.hour, minute=now.minute), **fields,
    })  # fmt: skip
    store = server.bot.services.subscriptions.store
    return await server.bot.services.executor.write(store.add, wanted, now - timedelta(minutes=2))


async def test_a_paper_of_a_digest_is_discussed_in_a_thread(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, bot_options=options(SettableClock(NOON)))
    fake = server.fake
    await subscribed(server)
    assert (await outcome(server)).state == "sent"
    (digest,) = digests(server)
    (button,) = [one for one in buttons(digest) if one.startswith("digest:discuss")]
    for _ in range(2):  # the second time it is the same thread
        offered = await used(await fake.click("bob", digest, button))
        (menu,) = offered["components"][0]["components"]
        assert [option["value"] for option in menu["options"]] == ["arxiv:2502.00002"]
        chosen = await fake.select("bob", offered, "subscription:menu:pick", "arxiv:2502.00002")
        await chosen.wait_ack()
        await fake.until(lambda m=offered: "We discuss it in <#" in m["content"])
    (thread,) = [one for one in fake.channels.values() if one["type"] == 11]
    assert thread["name"].startswith("Tidal Attention")
    answer = await server.say("bob", "how many tokens does it keep?", channel=thread["id"])
    assert "one token in eight" in text_of(answer)


@pytest.mark.parametrize(
    ("closed", "reason"),
    [(SEND, "I may not write there: give me View Channel, Send Messages and Embed Links"),
     (EMBED_LINKS, "I may not write there"), (None, "the channel is gone")],
)  # fmt: skip
async def test_d5_a_closed_or_deleted_channel_pauses_and_notifies_its_maker(
    filled: Library, connect: Connect, closed: int | None, reason: str
) -> None:
    clock = SettableClock(NOON - timedelta(minutes=1))
    server = await connect(filled, bot_options=options(clock))
    fake = server.fake
    channel = fake.add_channel("papers")
    other = fake.add_channel("other")
    maker = int(fake.users["alice"]["id"])
    for target in (channel, other):
        await subscribed(server, target=target, user_id=maker)
    if closed is None:
        del fake.channels[channel]
    else:
        fake.channels[channel]["permission_overwrites"] = denying(fake.guild, closed)
    clock.now = NOON
    ended = await outcome(server)
    assert ended.state == "failed"
    assert ended.reason.startswith(reason)
    paused = await fake.until(
        lambda: (one := server.bot.services.subscriptions.store.get(1)).paused and one
    )
    assert paused.reason == ended.reason
    assert (await outcome(server, 2)).state == "sent"
    assert len(digests(server, other)) == 1

    def told() -> list[dict[str, Any]]:
        return [m for m in server.answers() if "A digest is paused" in text_of(m)]

    (message,) = await fake.until(told, 5)
    assert "recipients" in fake.channels[message["channel_id"]]


async def test_d5_a_closed_direct_message_is_explained_in_the_server(
    filled: Library, connect: Connect
) -> None:
    clock = SettableClock(NOON)
    server = await connect(filled, bot_options=options(clock), closed_to_bot={"bob"})
    fake = server.fake
    await used(await fake.slash("bob", "subscribe", time="12:30"))
    clock.now = NOON + timedelta(minutes=30)
    assert (await outcome(server)).reason.startswith("your direct messages are closed to me")

    def told() -> list[dict[str, Any]]:
        return [m for m in server.answers() if "A digest is paused" in text_of(m)]

    (message,) = await fake.until(told, 5)
    assert message["channel_id"] == fake.general
    assert message["mentions"] == []
    fake.closed_to_bot.clear()
    refused = await fake.click("alice", message, "subscription:resume:1")
    assert "Only whoever gets it" in text_of(await used(refused))
    pressed = await used(await fake.click("bob", message, "subscription:resume:1"))
    assert "Next: <t:" in text_of(pressed)
    clock.now += timedelta(days=1)
    await fake.until(lambda: server.bot.services.subscriptions.outbox.rows()[-1].state == "sent", 5)
    assert len(digests(server)) == 1
