"""Settings of servers, and how often somebody may ask."""

import pytest

from bot.access.guild_settings import AccessDeniedError, Group, GuildSettings, GuildSettingsStore
from rag.library import Library

HERE, ELSEWHERE = 1, 2  # servers
ALICE, BOB, READERS = 11, 12, 21
CHANNEL, OTHER = 31, 32
QUESTION = "how accurate is HeronNet compared with human counters?"


def test_chosen_settings_survive_a_restart_and_others_follow_the_config(
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


def test_which_users_may_ask_in_which_channels(library: Library) -> None:
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
