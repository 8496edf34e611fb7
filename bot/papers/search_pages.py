"""Pages of search results; the buttons keep working after a restart of the bot."""

import re
from typing import Any, Self

import discord

from bot.access.checks import check_access
from bot.components.error_reply import reply_with_error
from bot.components.persistent import PersistentItem
from bot.components.removed_embeds import are_removed
from bot.conversation.shown_lists import ShownLists
from bot.executor import Executor
from bot.render.papers import SEARCH_PAGE, search_embed
from rag.query.request import clean_question

MAX_SEARCH = 80  # characters; with the page number they must fit into the 100 of a custom_id
MAX_RESULTS = 25  # papers; later ones are hardly relevant
LABELS = {"back": "◀ Nearer ones", "on": "More ▶"}


class PageButton(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"search:(?P<direction>back|on):(?P<page>\d{1,3}):(?P<text>(?s:.+))",
):
    """Shows a page of the results of `text`."""

    def __init__(self, direction: str, page: int, text: str) -> None:
        custom_id = f"search:{direction}:{page}:{text}"
        super().__init__(discord.ui.Button(custom_id=custom_id, label=LABELS[direction]))
        self.page = page
        self.text = text

    @classmethod
    def from_match(cls, match: re.Match[str], /) -> Self:
        """See PersistentItem."""
        return cls(match["direction"], int(match["page"]), match["text"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Turn the page for the user who searched; others get the page as an ephemeral message.

        So does that user if somebody removed the embed with the page.
        """
        try:
            check_access(interaction, interaction.client.services.guild_settings)
            if _is_theirs(interaction):
                await interaction.response.defer()
            else:
                await interaction.response.defer(thinking=True, ephemeral=True)
            services = interaction.client.services
            await show_search_page(
                interaction, services.executor, services.shown_lists, self.text, self.page
            )
        except Exception as error:  # users always get a reply
            await reply_with_error(interaction, error)


async def show_search_page(
    interaction: discord.Interaction[Any],
    executor: Executor,
    shown_lists: ShownLists,
    text: str,
    page: int,
) -> None:
    """Edit the deferred reply to show a page of the results. Raises QuestionError."""
    with executor.library.turns.answering():
        hits = await executor.read(
            executor.library.retriever.search, clean_question(text), top_k=MAX_RESULTS
        )
    coverage = await executor.read(executor.library.catalog.coverage)
    pages = max(1, -(-len(hits) // SEARCH_PAGE))
    page = min(page, pages - 1)
    shown = hits[page * SEARCH_PAGE : (page + 1) * SEARCH_PAGE]
    embed = search_embed(text, shown, coverage, page=page, pages=pages)
    message = await interaction.edit_original_response(embed=embed, view=_view(text, page, pages))
    # The numbers count through all pages, so those of the pages before belong to the list, too.
    papers = [hit.paper for hit in hits[: (page + 1) * SEARCH_PAGE]]
    await shown_lists.remember_reply(interaction, message, papers)


def _view(text: str, page: int, pages: int) -> discord.ui.View | None:
    """Return the buttons to the pages before and after; None for a single page."""
    if pages == 1:
        return None
    view = discord.ui.View(timeout=None)
    if page > 0:
        view.add_item(PageButton("back", page - 1, text))
    if page + 1 < pages:
        view.add_item(PageButton("on", page + 1, text))
    return view


def _is_theirs(interaction: discord.Interaction[Any]) -> bool:
    """Return whether the user who clicked is the one who searched, and the page is still there."""
    message = interaction.message
    searched = message.interaction_metadata if message and not are_removed(message) else None
    return searched is not None and searched.user.id == interaction.user.id
