"""The commands are registered with Discord only when they changed."""

from typing import Any

import discord
from discord import app_commands

from bot.gateway.command_sync import BotStateStore, sync_commands
from rag.library import Library


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
