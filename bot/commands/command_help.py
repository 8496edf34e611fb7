"""The commands of the terminal as people read about them, from what `--help` shows."""

from collections.abc import Iterator
from typing import Any

from rag.query.command_guide import CommandHelp

MAX_DESCRIPTION = 300  # characters


def commands_in(group: Any, name: str = "paperboy") -> Iterator[CommandHelp]:
    """Yield the commands of a group of typer's, and those of the groups in it."""
    for own_name, command in group.commands.items():
        full_name = f"{name} {own_name}"
        description = command.get_short_help_str(MAX_DESCRIPTION)
        if members := getattr(command, "commands", None):
            options = tuple((n, c.get_short_help_str(MAX_DESCRIPTION)) for n, c in members.items())
            yield CommandHelp(full_name, "", description, options)
            yield from commands_in(command, full_name)
            continue
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        usage = " ".join(p.name if p.required else f"[{p.name}]" for p in arguments)
        options = tuple((_typed(p), (p.help or "").replace("\\[", "[")) for p in command.params)
        yield CommandHelp(full_name, usage, description, options)


def _typed(parameter: Any) -> str:
    """Return a parameter as people type it."""
    if parameter.param_type_name == "argument":
        return str(parameter.name)
    return ", ".join(parameter.opts)
