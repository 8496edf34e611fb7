"""Settings of servers, and how often somebody may ask."""

import pytest

from bot.access.guild_settings import AccessDeniedError, Group, GuildSettings, GuildSettingsStore
from bot.access.rate_limits import HOUR, MAX_COUNTS, RateLimits, TooManyQuestionsError
from bot.serving import build_services
from rag.library import Library
from tests.discord_server import Connect, choose, text_of

HERE, ELSEWHERE = 1, 2  # servers
ALICE, BOB, READERS = 11, 12, 21
CHANNEL, OTHER = 31, 32
QUESTION = "how accurate is HeronNet compared with human counters?"


def test_what_is_chosen_survives_a_restart_and_the_rest_follows_the_config(
    library: Library,
) -> None:
    database = library.catalog.database
    servers = GuildSettingsStore(database)
    chosen = servers.change(HERE, ask_channels={CHANNEL}, allowed=Group(roles=frozenset([READERS])))
    servers.change(HERE, link_cards=True)
    again = GuildSettingsStore(database, GuildSettings(person_per_hour=5))
    assert again.of(HERE).ask_channels == chosen.ask_channels == {CHANNEL}
    assert again.of(HERE).allowed.roles == {READERS}
    assert again.of(HERE).link_cards
    assert again.of(HERE).person_per_hour == 5
    assert again.of(ELSEWHERE) == again.of(None) == again.defaults
    again.forget(HERE)
    assert GuildSettingsStore(database).of(HERE) == GuildSettings()


def test_who_may_ask_where(library: Library) -> None:
    servers = GuildSettingsStore(library.catalog.database, denied=[BOB, ELSEWHERE])
    servers.check_access(HERE, ALICE, [], [CHANNEL])
    servers.check_access(None, ALICE, [], [CHANNEL])
    for server, person in ((HERE, BOB), (None, BOB), (ELSEWHERE, ALICE)):
        with pytest.raises(AccessDeniedError, match="ask whoever runs this bot"):
            servers.check_access(server, person, [], [CHANNEL])
    servers.change(HERE, allowed=Group(roles=frozenset([READERS])), channels={CHANNEL})
    servers.check_access(HERE, ALICE, [READERS], [CHANNEL])
    servers.check_access(HERE, ALICE, [READERS], [OTHER, CHANNEL])  # a thread of that channel
    with pytest.raises(AccessDeniedError, match="may not answer you"):
        servers.check_access(HERE, ALICE, [], [CHANNEL])
    with pytest.raises(AccessDeniedError, match="in other channels"):
        servers.check_access(HERE, ALICE, [READERS], [OTHER])
    servers.change(HERE, ask_channels={OTHER})  # an ask-channel is one to answer in
    servers.check_access(HERE, ALICE, [READERS], [OTHER])
    servers.change(HERE, denied=Group(people=frozenset([ALICE])))
    with pytest.raises(AccessDeniedError):
        servers.check_access(HERE, ALICE, [READERS], [CHANNEL])


def test_so_many_questions_an_hour() -> None:
    now = 1_000.0
    limits = RateLimits(clock=lambda: now)
    settings = GuildSettings(person_per_hour=2, server_per_hour=3)
    for _ in range(2):
        limits.take(HERE, ALICE, settings)
    now += HOUR / 2
    with pytest.raises(TooManyQuestionsError, match=r"asked 2 .* in 30 minutes") as told:
        limits.take(HERE, ALICE, settings)
    assert not told.value.already_told
    with pytest.raises(TooManyQuestionsError) as told:
        limits.take(HERE, ALICE, settings)
    assert told.value.already_told
    limits.take(ELSEWHERE, ALICE, settings)
    limits.take(None, ALICE, settings)
    limits.take(HERE, BOB, settings)
    with pytest.raises(TooManyQuestionsError, match="3 questions were asked in this server"):
        limits.take(HERE, BOB, settings)
    now += HOUR / 2 + 1
    limits.take(HERE, ALICE, settings)
    unlimited = GuildSettings(person_per_hour=0, server_per_hour=0)
    for _ in range(50):
        limits.take(HERE, ALICE, unlimited)


def test_only_so_many_people_are_counted_at_once() -> None:
    limits = RateLimits()
    for person in range(MAX_COUNTS + 50):
        limits.take(None, person, GuildSettings())
    assert len(limits._counts) == MAX_COUNTS


async def test_b9_who_asks_too_often_hears_it_once_and_others_are_served(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    await choose(server, person_per_hour=2)
    first = await server.say("alice", f"{fake.mention} {QUESTION}")
    await server.say("alice", QUESTION, reply_to=first)
    told = await server.say("alice", f"{fake.mention} {QUESTION}")
    assert text_of(told) == (
        "You have asked 2 questions within an hour, which is all I can do for one person: "
        "ask me again in 60 minutes, please."
    )
    for _ in range(5):
        await fake.say("alice", f"{fake.mention} {QUESTION}")
    asked = await fake.slash("alice", "ask", question=QUESTION)
    callback = await asked.wait_ack()
    assert "You have asked 2 questions" in text_of(callback["data"])
    assert callback["data"]["flags"] == 64  # only she sees it
    assert "94.2%" in text_of(await server.say("bob", f"{fake.mention} {QUESTION}"))
    assert len(server.answers()) == 5


async def test_limits_outlive_the_process(filled: Library, connect: Connect) -> None:
    first = await connect(filled)
    await choose(first, person_per_hour=2)
    answer = await first.say("alice", f"{first.fake.mention} {QUESTION}")
    await first.say("alice", QUESTION, reply_to=answer)
    guild, alice = int(first.fake.guild), int(first.fake.users["alice"]["id"])
    await first.bot.services.in_flight.settled()
    await first.bot.close()
    again = build_services(first.bot.services.executor)
    settings = again.guild_settings.of(guild)
    with pytest.raises(TooManyQuestionsError, match="You have asked 2 questions"):
        again.rate_limits.take(guild, alice, settings)
    again.rate_limits.take(guild, BOB, settings)
    again.rate_limits.take(None, alice, settings)


def test_a_question_of_before_counts_until_its_hour_is_over() -> None:
    now = 10_000.0
    limits, settings = RateLimits(clock=lambda: now), GuildSettings(person_per_hour=1)
    limits.recall(HERE, ALICE, settings, asked_at=now - HOUR / 2)
    with pytest.raises(TooManyQuestionsError, match="in 30 minutes"):
        limits.take(HERE, ALICE, settings)
    now += HOUR / 2 + 1
    limits.take(HERE, ALICE, settings)


async def test_who_is_left_out_may_still_have_everything_forgotten(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    await server.ask(QUESTION, user="bob")
    await choose(server, denied=Group(people=frozenset([int(fake.users["bob"]["id"])])))
    forget = await fake.slash("bob", "forget")
    confirm = await fake.until(lambda: (m := forget.original) and m["content"] and m, 5)
    assert "1 question" in confirm["content"]
    await fake.click("bob", confirm, "forget:yes")
    await fake.until(lambda: "Removed: 1 question" in confirm["content"], 5)


async def test_who_is_left_out_is_told_so_alone(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    await choose(server, denied=Group(people=frozenset([int(fake.users["bob"]["id"])])))
    for command, options in (
        ("ask", {"question": QUESTION}), ("search", {"text": "birds"}), ("daily", {}),
    ):  # fmt: skip
        asked = await fake.slash("bob", command, **options)
        data = (await asked.wait_ack())["data"]
        assert "I may not answer you in this server" in text_of(data)
        assert data["flags"] == 64
    typed = await fake.autocomplete("bob", "paper", "title", title="heron")
    assert (await typed.wait_ack())["data"]["choices"] == []
    told = await fake.slash("bob", "help")
    assert "I have read 4 papers" in text_of((await told.wait_ack())["data"])
    assert "94.2%" in text_of(await server.ask(QUESTION))
