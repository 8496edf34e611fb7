"""Forms (Discord's modals). What a form needs stands in its custom_id and fields: it outlives us.

discord.py forgets an open form when its process ends, so that what people type into it would be
lost. So the cogs listen to what is sent themselves, and know their forms by the custom_id.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import discord

TEXT_INPUT = 4  # Discord's number for that kind of component


class Form(discord.ui.Modal):
    """A form of text fields; `custom_id` is `<kind>:<message>`."""

    def __init__(self, kind: str, message: int, *, title: str) -> None:
        super().__init__(title=title, custom_id=f"{kind}:{message}")

    def ask(self, text: str, field: discord.ui.TextInput[Any]) -> None:
        """Add a field with a label above it, at most 45 characters."""
        self.add_item(discord.ui.Label(text=text, component=field))


def sent_form(interaction: discord.Interaction, kind: str) -> tuple[int, dict[str, str]] | None:
    """Return the message and the fields of a form of this kind that somebody sent; else None."""
    data: Mapping[str, Any] = interaction.data or {}
    if interaction.type is not discord.InteractionType.modal_submit:
        return None
    found, _, message = str(data.get("custom_id", "")).partition(":")
    if found != kind or not message.isdecimal():
        return None
    return int(message), dict(_fields(data.get("components", ())))


def _fields(components: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield (custom_id, text) of the text fields, whatever they are wrapped in."""
    for component in components:
        if component.get("type") == TEXT_INPUT:
            yield component["custom_id"], component.get("value") or ""
        yield from _fields(component.get("components", ()))
        if inner := component.get("component"):
            yield from _fields([inner])
