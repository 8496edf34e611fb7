"""Questions about the commands are answered from the command tree. Over the wire."""

import discord
import pytest
from discord import app_commands

from bot.gateway.command_tree import commands_of
from rag.library import Library
from tests.discord_server import Connect, text_of
from tests.papers import LOOM


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("what does /search do?", "search"),
        ("what are the options of </subscribe:77>?", "subscribe"),
        ("/saved", "saved"),
        ("wie funktioniert /compare?", "compare"),
        ("please explain </explain:5> to me", "explain"),
        ("how do I use /forget", "forget"),
    ],
)
async def test_a_command_that_is_named_is_described(
    filled: Library, connect: Connect, words: str, name: str
) -> None:
    server = await connect(filled)
    command = server.bot.tree.get_command(name)
    assert isinstance(command, app_commands.Command)
    said = text_of(await server.say("alice", f"{server.fake.mention} {words}")).replace("\\", "")
    asked = text_of(await server.ask(words)).replace("\\", "")
    for answer in (said, asked):
        assert f"/{name}" in answer
        assert command.description in answer
        for parameter in command.parameters:
            assert f"{parameter.display_name}: {parameter.description}" in answer
        assert "From the catalogue" not in answer


async def test_a_command_beside_a_paper_is_no_question_about_it(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    asked = f"{server.fake.mention} /search showed me Loom: by how much does it cut the drift?"
    assert "2 ms" in text_of(await server.say("alice", asked))


@pytest.mark.parametrize(
    "words", ["pls forget all about me", "erase my data", "efface mes données"]
)
async def test_who_wants_to_be_forgotten_is_told_how(
    filled: Library, connect: Connect, words: str
) -> None:
    server = await connect(filled)
    await server.ask("what is Loom?")
    answer = text_of(await server.say("alice", f"{server.fake.mention} {words}"))
    assert "/forget" in answer
    assert any(so_far in answer for so_far in ("not deleted anything yet", "encore rien supprimé"))
    assert LOOM.title not in answer


def test_groups_are_described_with_their_commands() -> None:
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    group = app_commands.Group(name="birds", description="Birds.")

    @group.command(description="Count them.")
    @app_commands.describe(where="In which marsh.")
    async def count(interaction: discord.Interaction, where: str, kind: str = "") -> None: ...

    tree.add_command(group)
    whole, one = commands_of(tree)
    assert whole.text == "/birds: Birds.\n  count: Count them."
    assert one.text.startswith("/birds count where [kind]: Count them.\n  where: In which marsh.")
