"""Buttons and menus of digests and subscriptions; they keep working after a restart of the bot.

Each click is dispatched to the cogs as an event: (interaction, action, value).
"""

import re
from collections.abc import Sequence
from typing import Any, Self

import discord

from bot.components.persistent import PersistentItem
from bot.render.safe_text import CHOICE
from rag.records import Paper
from rag.text.shorten import shorten

CLICKED = "subscription_button"
DISCUSS, PICK = "discuss", "pick"  # actions under a digest
PAUSE, RESUME, CHANGE, REMOVE = "pause", "resume", "change", "remove"  # actions on a subscription
CHOOSE = "choose"  # choose a subscription from a menu
MAX_OPTIONS = 25  # of a menu

_APPEARANCE: dict[str, dict[str, Any]] = {
    PAUSE: {"label": "Pause"},
    RESUME: {"label": "Resume", "style": discord.ButtonStyle.primary},
    CHANGE: {"label": "Change …"},
    REMOVE: {"label": "Remove", "style": discord.ButtonStyle.danger},
}
_DISCUSS_ID = re.compile(r"digest:discuss:([0-9a-f]+-\d+)")


class SubscriptionButton(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=rf"subscription:(?P<action>{'|'.join(_APPEARANCE)}):(?P<number>\d+)",
):
    """Changes one subscription; the cog checks that the user may."""

    def __init__(self, action: str, number: int) -> None:
        custom_id = f"subscription:{action}:{number}"
        super().__init__(discord.ui.Button(custom_id=custom_id, **_APPEARANCE[action]))
        self.action = action
        self.number = number

    @classmethod
    def from_match(cls, match: re.Match[str], /) -> Self:
        """See PersistentItem."""
        return cls(match["action"], int(match["number"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the click to the cog."""
        interaction.client.dispatch(CLICKED, interaction, self.action, str(self.number))


class DiscussButton(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=_DISCUSS_ID.pattern.replace("(", "(?P<name>", 1),
):
    """Offers a thread about a paper of the message; its custom_id also identifies the message."""

    def __init__(self, name: str) -> None:
        super().__init__(
            discord.ui.Button(label="Discuss a paper", custom_id=f"digest:discuss:{name}")
        )
        self.name = name

    @classmethod
    def from_match(cls, match: re.Match[str], /) -> Self:
        """See PersistentItem."""
        return cls(match["name"])

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the click to the cog."""
        interaction.client.dispatch(CLICKED, interaction, DISCUSS, self.name)


class SubscriptionMenu(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Select[Any]],
    template=rf"subscription:menu:(?P<action>{PICK}|{CHOOSE})",
):
    """A menu of papers (by id) or subscriptions (by number)."""

    def __init__(
        self, action: str, placeholder: str = "", options: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Show the options, each given as (label, value)."""
        super().__init__(
            discord.ui.Select(
                custom_id=f"subscription:menu:{action}",
                placeholder=placeholder,
                options=[
                    discord.SelectOption(label=shorten(label, CHOICE) or "-", value=value)
                    for label, value in options[:MAX_OPTIONS]
                ],
            )
        )
        self.action = action

    @classmethod
    def from_match(cls, match: re.Match[str], /) -> Self:
        """See PersistentItem."""
        return cls(match["action"])

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the click to the cog."""
        interaction.client.dispatch(CLICKED, interaction, self.action, self.item.values[0])


ITEMS = (SubscriptionButton, DiscussButton, SubscriptionMenu)


def names_in(message: discord.Message) -> set[str]:
    """Return the name of a digest message as a set; empty for other messages."""
    ids = (
        getattr(child, "custom_id", None) or ""
        for row in message.components
        for child in getattr(row, "children", ())
    )
    return {match[1] for custom_id in ids if (match := _DISCUSS_ID.fullmatch(custom_id))}


def paper_menu(papers: Sequence[Paper]) -> discord.ui.View:
    """Return a menu of the papers of a message."""
    view = discord.ui.View(timeout=None)
    options = [(paper.title, paper.paper_id[:CHOICE]) for paper in papers]
    return view.add_item(SubscriptionMenu(PICK, "Which paper?", list(dict.fromkeys(options))))
