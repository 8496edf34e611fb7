"""Components for rating papers: a menu under a digest, and three buttons for one paper.

A message has room for five rows of buttons and a digest may have more papers. So a digest gets a
menu, and a user who chooses a paper from it gets its buttons in an ephemeral message. All keep
working after a restart of the bot.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, Self

import discord

from bot.access.checks import check_access
from bot.components.error_reply import reply_with_error
from bot.components.persistent import PersistentItem
from bot.render.answer import paper_line
from bot.render.papers import COLOUR
from bot.render.safe_text import CHOICE
from bot.taste.paper_keys import key_of, paper_of_key
from bot.taste.ratings import Kind
from rag.digest.records import Digest
from rag.records import Paper
from rag.text.shorten import shorten

MENU_SIZE = 25  # options, Discord's limit
MAX_MENUS = 4  # of the five rows of a message; one remains for buttons
MAX_IN_MENUS = MENU_SIZE * MAX_MENUS
KINDS: dict[Kind, str] = {"like": "👍", "save": "🔖", "dislike": "👎"}
STATES: dict[Kind, str] = {
    "like": "👍 You like it.",
    "save": "🔖 It is on your list: /saved shows it.",
    "dislike": "👎 You want to see less like it.",
}
NO_STATE = "👍 more like this · 🔖 save it for later · 👎 less like this"
Click = discord.Interaction[Any]  # its client is a PaperboyBot, which is in a higher layer


def rating_view(digest: Digest) -> discord.ui.View | None:
    """Return the menu "Rate or save a paper" for the papers of a digest; None without papers."""
    papers = [entry.paper for entry in digest.ranked]
    return choice_view(papers) if papers else None


def choice_view(papers: Collection[Paper]) -> discord.ui.View:
    """Return menus with these papers, up to MAX_IN_MENUS."""
    view = discord.ui.View(timeout=None)
    known = list({key_of(paper.paper_id): paper for paper in papers}.values())[:MAX_IN_MENUS]
    for number, start in enumerate(range(0, len(known), MENU_SIZE)):
        view.add_item(PaperMenu(number, known[start : start + MENU_SIZE]))
    return view


def paper_view(paper: Paper, given: Collection[Kind] = ()) -> discord.ui.View:
    """Return 👍 🔖 👎 for a paper; those in `given` are highlighted."""
    return buttons_of(key_of(paper.paper_id), given)


def buttons_of(key: str, given: Collection[Kind] = ()) -> discord.ui.View:
    """Return 👍 🔖 👎 for the paper with this key."""
    view = discord.ui.View(timeout=None)
    for kind in KINDS:
        view.add_item(RateButton(kind, key, is_given=kind in given))
    return view


def button_id(kind: Kind, key: str) -> str:
    """Return the custom_id of a button."""
    return f"rate:{kind}:{key}"


def rated_embed(paper: Paper, given: Collection[Kind]) -> discord.Embed:
    """Return an embed with the paper and the user's ratings of it."""
    states = " ".join(words for kind, words in STATES.items() if kind in given)
    text = f"{paper_line(paper)}\n{states or NO_STATE}"
    return discord.Embed(description=text, colour=COLOUR)


class PaperMenu(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Select[Any]],
    template=r"rate:choose:(?P<number>\d)",
):
    """A menu of papers; choosing one shows its buttons to the user."""

    def __init__(self, number: int, papers: Iterable[Paper] = ()) -> None:
        options = [
            discord.SelectOption(label=shorten(p.title, CHOICE) or "-", value=key_of(p.paper_id))
            for p in papers
        ]
        select: discord.ui.Select[Any] = discord.ui.Select(
            custom_id=f"rate:choose:{number}", placeholder="Rate or save a paper", options=options
        )
        super().__init__(select)

    @classmethod
    def from_match(cls, match: re.Match[str], /) -> Self:
        """See PersistentItem."""
        return cls(int(match["number"]))

    async def callback(self, interaction: Click) -> None:
        """Show the buttons of the chosen paper to the user."""
        key = self.item.values[0]

        def read(user_id: int, guild_id: int) -> tuple[Paper, Collection[Kind]]:
            paper = paper_of_key(interaction.client.services.executor.library.catalog, key)
            return paper, interaction.client.services.ratings.of(user_id, guild_id, paper.paper_id)

        await _show(interaction, read)


class RateButton(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=rf"rate:(?P<kind>{'|'.join(KINDS)}):(?P<key>(?s:.+))",
):
    """One of 👍 🔖 👎; a second click takes the rating back."""

    def __init__(self, kind: Kind, key: str, *, is_given: bool = False) -> None:
        style = discord.ButtonStyle.success if is_given else discord.ButtonStyle.secondary
        super().__init__(
            discord.ui.Button(emoji=KINDS[kind], style=style, custom_id=button_id(kind, key))
        )
        self.kind = kind
        self.key = key

    @classmethod
    def from_match(cls, match: re.Match[str], /) -> Self:
        """See PersistentItem."""
        return cls(match["kind"], match["key"])  # type: ignore[arg-type]  # the kinds in the template

    async def callback(self, interaction: Click) -> None:
        """Store the rating, or take it back."""

        def toggle(user_id: int, guild_id: int) -> tuple[Paper, Collection[Kind]]:
            paper = paper_of_key(interaction.client.services.executor.library.catalog, self.key)
            ratings = interaction.client.services.ratings
            return paper, ratings.toggle(user_id, guild_id, paper.paper_id, self.kind)

        await _show(interaction, toggle)


async def _show(
    interaction: Click, change: Callable[[int, int], tuple[Paper, Collection[Kind]]]
) -> None:
    """Call `change` and show the user their ratings, in an ephemeral message."""
    try:
        check_access(interaction, interaction.client.services.guild_settings)
        message = interaction.message
        if message and message.flags.ephemeral:  # the user's own buttons: edit them
            await interaction.response.defer()
        else:
            await interaction.response.defer(ephemeral=True, thinking=True)
        user_id, guild_id = interaction.user.id, interaction.guild_id or 0
        paper, given = await interaction.client.services.executor.write(change, user_id, guild_id)
        await interaction.edit_original_response(
            embed=rated_embed(paper, given), view=paper_view(paper, given)
        )
    except Exception as error:  # users always get a reply
        await reply_with_error(interaction, error)
