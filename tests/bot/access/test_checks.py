"""The check in front of commands and buttons: who may ask here, and how often."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.access.checks import check_access, count_question
from bot.access.guild_settings import AccessDeniedError, GuildSettingsStore
from bot.access.rate_limits import RateLimits, TooManyQuestionsError
from bot.migrations import MIGRATIONS
from rag.store.database import open_database

GUILD, CHANNEL, OTHER, USER = 1, 10, 11, 7


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[GuildSettingsStore]:
    database = open_database(tmp_path / "x.sqlite", [MIGRATIONS])
    yield GuildSettingsStore(database)
    database.close()


def interaction(channel: int = CHANNEL, guild: int | None = GUILD) -> Any:
    """Return what the checks look at; the user has no roles."""
    return SimpleNamespace(
        guild_id=guild, channel_id=channel, channel=None, user=SimpleNamespace(id=USER)
    )


def test_a_server_may_restrict_the_channels(settings: GuildSettingsStore) -> None:
    check_access(interaction(), settings)
    settings.change(GUILD, channels=[CHANNEL])
    check_access(interaction(), settings)
    with pytest.raises(AccessDeniedError, match="other channels"):
        check_access(interaction(OTHER), settings)
    check_access(interaction(OTHER, guild=None), settings)  # a direct message


def test_questions_are_counted_by_the_limit_of_the_server(settings: GuildSettingsStore) -> None:
    limits = RateLimits()
    settings.change(GUILD, person_per_hour=2)
    for _ in range(2):
        count_question(interaction(), settings, limits)
    with pytest.raises(TooManyQuestionsError, match="2 questions"):
        count_question(interaction(), settings, limits)
    count_question(interaction(guild=None), settings, limits)
