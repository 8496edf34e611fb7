"""How often users may ask."""

import pytest

from bot.access.guild_settings import GuildSettings
from bot.access.rate_limits import HOUR, MAX_COUNTS, RateLimits, TooManyQuestionsError
from bot.services import build_services
from rag.library import Library
from tests.discord_server import Connect, choose
from tests.papers import QUESTION

ALICE, BOB = 11, 12
HERE, ELSEWHERE = 1, 2  # servers


def test_users_and_servers_have_a_limit_per_hour() -> None:
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


def test_the_number_of_counted_users_is_limited() -> None:
    limits = RateLimits()
    for person in range(MAX_COUNTS + 50):
        limits.take(None, person, GuildSettings())
    assert len(limits._counts) == MAX_COUNTS


@pytest.mark.slow
async def test_rate_limits_survive_a_restart(filled: Library, connect: Connect) -> None:
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


def test_a_question_from_before_a_restart_counts_for_its_hour() -> None:
    now = 10_000.0
    limits, settings = RateLimits(clock=lambda: now), GuildSettings(person_per_hour=1)
    limits.recall(HERE, ALICE, settings, asked_at=now - HOUR / 2)
    with pytest.raises(TooManyQuestionsError, match="in 30 minutes"):
        limits.take(HERE, ALICE, settings)
    now += HOUR / 2 + 1
    limits.take(HERE, ALICE, settings)
