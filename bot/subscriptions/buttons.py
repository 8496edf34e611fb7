"""Buttons of digests and subscriptions. All they need stands in their custom_id: they outlive us.

Each press becomes an event that the cog hears: (interaction, action, value).
"""

import re
from collections.abc import Sequence
from typing import Any, Self

import discord

from bot.components.persistent import PersistentItem
from bot.render.text import CHOICE, shorten
from rag.records import Paper

PRESSED = "subscription_button"
DISCUSS, PICK = "discuss", "pick"  # actions under a digest
PAUSE, RESUME, CHANGE, REMOVE = "pause", "resume", "change", "remove"  # of a subscription
CHOOSE = "choose"  # a subscription from a menu
MOST_OPTIONS = 25  # of a menu

_LOOKS: dict[str, dict[str, Any]] = {
    PAUSE: {"label": "Pause"},
    RESUME: {"label": "Resume", "style": discord.ButtonStyle.primary},
    CHANGE: {"label": "Change …"},
    REMOVE: {"label": "Remove", "style": discord.ButtonStyle.danger},
}
_NAME = re.compile(r"digest:discuss:([0-9a-f]+-\d+)")


class SubscriptionButton(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=rf"subscription:(?P<action>{'|'.join(_LOOKS)}):(?P<number>\d+)",
):
    """Changes one subscription; the cog checks whose it is."""

    def __init__(self, action: str, number: int) -> None:
        custom_id = f"subscription:{action}:{number}"
        super().__init__(discord.ui.Button(custom_id=custom_id, **_LOOKS[action]))
        self.action = action
        self.number = number

    @classmethod
    def from_match(cls, match: re.Match[str], /) -> Self:
        """See PersistentItem."""
        return cls(match["action"], int(match["number"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        """Tell the cog."""
        interaction.client.dispatch(PRESSED, interaction, self.action, str(self.number))


class DiscussButton(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=_NAME.pattern.replace("(", "(?P<name>", 1),
):
    """Offers a thread about a paper of the message; its custom_id also tells one from another."""

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
        """Tell the cog."""
        interaction.client.dispatch(PRESSED, interaction, DISCUSS, self.name)


class SubscriptionMenu(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Select[Any]],
    template=rf"subscription:menu:(?P<action>{PICK}|{CHOOSE})",
):
    """A menu whose choice is a paper's id or a subscription's number."""

    def __init__(
        self, action: str, placeholder: str = "", options: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Show the options, each as (what is shown, value)."""
        super().__init__(
            discord.ui.Select(
                custom_id=f"subscription:menu:{action}",
                placeholder=placeholder,
                options=[
                    discord.SelectOption(label=shorten(label, CHOICE) or "-", value=value)
                    for label, value in options[:MOST_OPTIONS]
                ],
            )
        )
        self.action = action

    @classmethod
    def from_match(cls, match: re.Match[str], /) -> Self:
        """See PersistentItem."""
        return cls(match["action"])

    async def callback(self, interaction: discord.Interaction) -> None:
        """Tell the cog."""
        interaction.client.dispatch(PRESSED, interaction, self.action, self.item.values[0])


ITEMS = (SubscriptionButton, DiscussButton, SubscriptionMenu)


def names_in(message: discord.Message) -> set[str]:
    """Return the names of the digest messages that a message is: one, or none."""
    ids = (
        getattr(child, "custom_id", None) or ""
        for row in message.components
        for child in getattr(row, "children", ())
    )
    return {match[1] for one in ids if (match := _NAME.fullmatch(one))}


def paper_menu(papers: Sequence[Paper]) -> discord.ui.View:
    """Return a menu of the papers of a message, by their number in it."""
    view = discord.ui.View(timeout=None)
    options = [(paper.title, paper.paper_id[:CHOICE]) for paper in papers]
    return view.add_item(SubscriptionMenu(PICK, "Which paper?", list(dict.fromkeys(options))))
