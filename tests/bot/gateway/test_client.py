"""What people meet in Discord: commands, mentions, replies, threads."""

from pathlib import Path

from discord import app_commands

from bot.gateway.runner import PERMISSIONS, invite_link
from rag.library import Library
from tests.discord_server import Connect

QUESTION = "how accurate is HeronNet compared with human counters?"
QUIET_SECONDS = 0.4  # in which an answer would have come


async def test_the_readme_names_every_command_and_just_the_permissions_needed(
    filled: Library, connect: Connect
) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    server = await connect(filled)
    for command in server.bot.tree.get_commands():
        if isinstance(command, app_commands.ContextMenu):
            assert f"**{command.name}**" in readme
            continue
        assert isinstance(command, app_commands.Command)
        options = [p.name if p.required else f"[{p.name}]" for p in command.parameters]
        assert f"`{' '.join([f'/{command.name}', *options])}`" in readme
    assert f"permissions={PERMISSIONS.value}`" in readme
    assert f"permissions={PERMISSIONS.value}" in invite_link(1)
