"""Forms (Discord's modals) that can be submitted after a restart of the bot.

discord.py forgets open forms when its process ends, and what users typed would be lost. So the cogs
listen for submitted forms themselves and recognise theirs by the custom_id.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import discord

TEXT_INPUT = 4  # Discord's number for this type of component


class Form(discord.ui.Modal):
    """A form of text fields; its custom_id is `<kind>:<subject>`.

    `subject` is the id of what the form is about: a message or a subscription.
    """

    def __init__(self, kind: str, subject: int, *, title: str) -> None:
        super().__init__(title=title, custom_id=f"{kind}:{subject}")

    def add_field(self, label: str, field: discord.ui.TextInput[Any]) -> None:
        """Add a field below a label of at most 45 characters."""
        self.add_item(discord.ui.Label(text=label, component=field))


def submitted_form(
    interaction: discord.Interaction, kind: str
) -> tuple[int, dict[str, str]] | None:
    """Return the subject and the fields if this is a submitted form of this kind, else None."""
    data: Mapping[str, Any] = interaction.data or {}
    if interaction.type is not discord.InteractionType.modal_submit:
        return None
    found, _, subject = str(data.get("custom_id", "")).partition(":")
    if found != kind or not subject.isdecimal():
        return None
    return int(subject), dict(_fields(data.get("components", ())))


def _fields(components: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield (custom_id, text) of the text fields, at any depth."""
    for component in components:
        if component.get("type") == TEXT_INPUT:
            yield component["custom_id"], component.get("value") or ""
        yield from _fields(component.get("components", ()))
        if inner := component.get("component"):
            yield from _fields([inner])
