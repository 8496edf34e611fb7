"""A user's saved papers, page by page; the buttons keep working after a restart of the bot."""

import re
from typing import Any, Self

import discord

from bot.access.checks import check_access
from bot.components.error_reply import reply_with_error
from bot.components.persistent import PersistentItem
from bot.render.answer import paper_line
from bot.render.papers import COLOUR, GIST
from bot.render.parts import first_within
from bot.render.safe_text import EMBED_DESCRIPTION, plain
from bot.taste.paper_keys import key_of, papers_of_ids
from bot.taste.ratings import RatingStore
from rag.records import Paper
from rag.store.catalog import Catalog
from rag.text.sentences import gist
from rag.text.shorten import shorten

PAGE_SIZE = 5  # papers, as many as fit one row of buttons
# Characters of a title and of what it is about; the first pair for which there is room is used.
LENGTHS = ((200, GIST // 2), (80, GIST // 4), (80, 0))
NOTHING = "You have saved no paper yet: /save or 🔖 puts one on your list."
TURN, REMOVE = "page", "remove"
Click = discord.Interaction[Any]  # its client is a PaperboyBot, which is in a higher layer


class SavedButton(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=rf"saved:(?P<action>{TURN}|{REMOVE}):(?P<page>\d{{1,4}}):(?P<key>(?s:.*))",
):
    """Shows a page, or removes the paper with this key and shows the page again."""

    def __init__(self, action: str, page: int, key: str = "", *, label: str = "") -> None:
        custom_id = f"saved:{action}:{page}:{key}"
        super().__init__(discord.ui.Button(custom_id=custom_id, label=label or "?"))
        self.action = action
        self.page = page
        self.key = key

    @classmethod
    def from_match(cls, match: re.Match[str], /) -> Self:
        """See PersistentItem."""
        return cls(match["action"], int(match["page"]), match["key"])

    async def callback(self, interaction: Click) -> None:
        """Change the list if asked and show it; only its owner sees it."""
        services, user_id = interaction.client.services, interaction.user.id
        try:
            check_access(interaction, services.guild_settings)
            await interaction.response.defer()
            if self.action == REMOVE:
                await services.executor.write(remove, services.ratings, user_id, self.key)
            catalog = services.executor.library.catalog
            embed, view, papers = await services.executor.read(
                saved_page, catalog, services.ratings, user_id, self.page
            )
            message = await interaction.edit_original_response(embed=embed, view=view)
            await services.shown_lists.remember_reply(interaction, message, papers)
        except Exception as error:  # users always get a reply
            await reply_with_error(interaction, error)


def remove(ratings: RatingStore, user_id: int, key: str) -> None:
    """Remove a paper from a user's list."""
    for paper_id in ratings.saved(user_id):
        if key_of(paper_id) == key:
            ratings.take_back(user_id, 0, paper_id, "save")


def saved_page(
    catalog: Catalog, ratings: RatingStore, user_id: int, page: int = 0
) -> tuple[discord.Embed, discord.ui.View | None, list[Paper]]:
    """Return a page of a user's list (counted from 0), latest first, and its buttons.

    The papers are those of this page and the ones before, in the order of their numbers.
    """
    papers = list(papers_of_ids(catalog, ratings.saved(user_id)).items())
    if not papers:
        return discord.Embed(description=NOTHING, colour=COLOUR), None, []
    pages = -(-len(papers) // PAGE_SIZE)
    page = min(page, pages - 1)
    first = page * PAGE_SIZE
    shown = papers[first : first + PAGE_SIZE]
    lists = (
        "\n".join(_line(n, paper, *lengths) for n, (_, paper) in enumerate(shown, start=first + 1))
        for lengths in LENGTHS
    )
    body = first_within(lists, EMBED_DESCRIPTION)
    embed = discord.Embed(
        title=f"Your saved papers: {len(papers):,}", description=body, colour=COLOUR
    )
    embed.set_footer(text=f"Page {page + 1} of {pages}, the last saved first. Only you see this.")
    numbered = [paper for _, paper in papers[: first + PAGE_SIZE]]
    return embed, _view(shown, page, pages), numbered


def _line(n: int, paper: Paper, max_title: int, max_gist: int) -> str:
    about = plain(shorten(paper.tldr or gist(paper.abstract), max_gist)) if max_gist else ""
    return f"{n}. {paper_line(paper, max_title=max_title)}\n   {about}".rstrip()


def _view(shown: list[tuple[str, Paper]], page: int, pages: int) -> discord.ui.View:
    """Return a button to remove each paper, then those to the pages before and after."""
    view = discord.ui.View(timeout=None)
    for n, (paper_id, _) in enumerate(shown, start=page * PAGE_SIZE + 1):
        view.add_item(SavedButton(REMOVE, page, key_of(paper_id), label=f"Remove {n}"))
    if page > 0:
        view.add_item(SavedButton(TURN, page - 1, label="◀ Later ones"))
    if page + 1 < pages:
        view.add_item(SavedButton(TURN, page + 1, label="Earlier ones ▶"))
    return view
