"""The commands are registered with Discord only when they changed."""

from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.gateway.command_registration import BotStateStore, sync_commands
from rag.library import Library
from tests.discord_server import Connect, joined, judged


async def test_commands_are_synced_only_when_they_changed(
    filled: Library, connect: Connect
) -> None:
    first = await connect(filled)
    await first.bot.close()
    second = await connect(filled, token="another.token")
    synced = [entry for entry in second.fake.log if "/commands" in entry[0]]
    assert len(synced) == 1  # another fake, so another application
    names = {command.name for command in second.bot.tree.get_commands()}
    assert names == {
        "alerts", "ask", "catchup", "compare", "daily", "explain", "forget", "help", "paper",
        "save", "saved", "search", "setup", "status", "subscribe", "subscriptions", "thread",
        "trending", "trends", "unsubscribe", "weekly", "why", "Ask about this",
        "Explain this paper",
    }  # fmt: skip


async def test_the_readme_names_every_command_with_its_options(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## In Discord")[2].partition("\n## ")[0]
    for command in server.bot.tree.get_commands():
        if isinstance(command, app_commands.ContextMenu):
            assert f"**{command.name}**" in table
            continue
        assert isinstance(command, app_commands.Command)
        options = [p.name if p.required else f"[{p.name}]" for p in command.parameters]
        assert f"`{' '.join([f'/{command.name}', *options])}`" in table


@pytest.mark.parametrize("always", [False, True])
async def test_known_commands_are_synced_again_only_on_request(
    filled: Library, always: bool
) -> None:
    async with judged() as fake:
        async with joined(fake, filled):
            pass
        async with joined(fake, filled, bot_options={"always_sync": always}):
            pass
        assert sum("/commands" in entry[0] for entry in fake.log) == 1 + always


class CountingTree(app_commands.CommandTree[Any]):
    """A command tree that counts its syncs and reaches no Discord."""

    syncs = 0

    async def sync(self, *, guild: discord.abc.Snowflake | None = None) -> Any:
        self.syncs += 1


def make_tree() -> CountingTree:
    return CountingTree(discord.Client(intents=discord.Intents.none()))


def add_command(tree: CountingTree, name: str) -> None:
    async def callback(interaction: discord.Interaction) -> None: ...

    tree.add_command(app_commands.Command(name=name, description="Something.", callback=callback))


async def test_unchanged_commands_are_not_registered_again(library: Library) -> None:
    state, tree = BotStateStore(library.catalog.database), make_tree()
    add_command(tree, "first")
    for _ in range(3):
        await sync_commands(tree, state, always=False)
    assert tree.syncs == 1
    add_command(tree, "second")
    await sync_commands(tree, state, always=False)
    assert tree.syncs == 2
    await sync_commands(tree, state, always=True)
    assert tree.syncs == 3


def test_a_stored_value_replaces_the_earlier_one(library: Library) -> None:
    state = BotStateStore(library.catalog.database)
    assert state.get("x") is None
    state.set("x", "1")
    state.set("x", "2")
    assert state.get("x") == "2"
