"""Rating papers in Discord: a menu under a digest, and three buttons for one paper.

A message has room for five rows of buttons and a digest may hold more papers, so the digest gets a
menu, and whoever chooses a paper from it gets its buttons for themselves alone. All that the
components need stands in their custom_ids: they outlive the process.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, Self

import discord

from bot.access.checks import check_access
from bot.components.error_reply import reply_with_error
from bot.components.persistent import PersistentItem
from bot.digest.records import Digest
from bot.render.answer import paper_line
from bot.render.papers import COLOUR
from bot.render.text import CHOICE, shorten
from bot.taste.paper_keys import key_of, paper_of_key
from bot.taste.ratings import Kind
from rag.records import Paper

MENU = 25  # papers that Discord lets one menu hold
MENUS = 4  # of the five rows of a message: one is left for buttons
MOST_IN_MENU = MENU * MENUS
KINDS: dict[Kind, str] = {"like": "👍", "save": "🔖", "dislike": "👎"}
STATES: dict[Kind, str] = {
    "like": "👍 You like it.",
    "save": "🔖 It is on your list: /saved shows it.",
    "dislike": "👎 You want to see less like it.",
}
NO_STATE = "👍 more like this · 🔖 save it for later · 👎 less like this"
Press = discord.Interaction[Any]  # with a PaperboyBot for its client


def rating_view(digest: Digest) -> discord.ui.View | None:
    """Return the menu "Rate or save a paper" for the papers of a digest; None without papers."""
    papers = [entry.paper for entry in digest.ranked]
    return choice_view(papers) if papers else None


def choice_view(papers: Collection[Paper]) -> discord.ui.View:
    """Return menus with these papers, as many as there is room for."""
    view = discord.ui.View(timeout=None)
    known = list({key_of(paper.paper_id): paper for paper in papers}.values())[:MOST_IN_MENU]
    for number, start in enumerate(range(0, len(known), MENU)):
        view.add_item(PaperMenu(number, known[start : start + MENU]))
    return view


def paper_view(paper: Paper, given: Collection[Kind] = ()) -> discord.ui.View:
    """Return 👍 🔖 👎 for a paper; those that were `given` are lit."""
    return buttons_of(key_of(paper.paper_id), given)


def buttons_of(key: str, given: Collection[Kind] = ()) -> discord.ui.View:
    """Return the same for the paper with this key."""
    view = discord.ui.View(timeout=None)
    for kind in KINDS:
        view.add_item(RateButton(kind, key, is_given=kind in given))
    return view


def button_id(kind: Kind, key: str) -> str:
    """Return the custom_id of a button."""
    return f"rate:{kind}:{key}"


def rated_embed(paper: Paper, given: Collection[Kind]) -> discord.Embed:
    """Return the paper's line and what the person thinks of it."""
    states = " ".join(words for kind, words in STATES.items() if kind in given)
    text = f"{paper_line(paper)}\n{states or NO_STATE}"
    return discord.Embed(description=text, colour=COLOUR)


class PaperMenu(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Select[Any]],
    template=r"rate:choose:(?P<number>\d)",
):
    """A menu of papers; the one that is chosen is shown to the person with its buttons."""

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

    async def callback(self, interaction: Press) -> None:
        """Show the paper's buttons to whoever chose it."""
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
    """One of 👍 🔖 👎; pressed again, it takes the rating back."""

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
        return cls(match["kind"], match["key"])  # type: ignore[arg-type]  # the template's words

    async def callback(self, interaction: Press) -> None:
        """Keep the rating."""

        def turn(user_id: int, guild_id: int) -> tuple[Paper, Collection[Kind]]:
            paper = paper_of_key(interaction.client.services.executor.library.catalog, self.key)
            ratings = interaction.client.services.ratings
            return paper, ratings.turn(user_id, guild_id, paper.paper_id, self.kind)

        await _show(interaction, turn)


async def _show(
    interaction: Press, change: Callable[[int, int], tuple[Paper, Collection[Kind]]]
) -> None:
    """Do what was asked for and show how the person's ratings stand, to nobody else."""
    try:
        check_access(interaction, interaction.client.services.guild_settings)
        message = interaction.message
        if message and message.flags.ephemeral:  # the person's own buttons: they change
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
