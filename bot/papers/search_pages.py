"""Search results, page by page. All that a button needs stands in its custom_id: it outlives us."""

import re
from typing import Any, Self

import discord

from bot.access.checks import admit
from bot.components.persistent import Lasting
from bot.executor import Desk
from bot.render.papers import SEARCH_PAGE, search_embed
from rag.query.request import clean_question

MAX_SEARCH = 80  # characters; with the page they have to fit into the 100 of a custom_id
FOUND = 25  # papers of a search: what comes behind them has little to do with it
LOOKS = {"back": "◀ Nearer ones", "on": "More ▶"}


class PageButton(
    Lasting,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=r"search:(?P<way>back|on):(?P<page>\d{1,3}):(?P<text>(?s:.+))",
):
    """A button that any process of the bot understands, whichever one made it."""

    def __init__(self, way: str, page: int, text: str) -> None:
        custom_id = f"search:{way}:{page}:{text}"
        super().__init__(discord.ui.Button(custom_id=custom_id, label=LOOKS[way]))
        self.page = page
        self.text = text

    @classmethod
    def read(cls, match: re.Match[str], /) -> Self:
        """See Lasting."""
        return cls(match["way"], int(match["page"]), match["text"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Turn the page for whoever searched; others get the page for themselves alone."""
        try:
            admit(interaction)
            if _is_theirs(interaction):
                await interaction.response.defer()
            else:
                await interaction.response.defer(thinking=True, ephemeral=True)
            embed, view = await search_page(interaction.client.desk, self.text, self.page)
            await interaction.edit_original_response(embed=embed, view=view)
        except Exception as error:  # a person always gets a reply
            await interaction.client.tell_error(interaction, error)


async def search_page(
    desk: Desk, text: str, page: int
) -> tuple[discord.Embed, discord.ui.View | None]:
    """Return a page of what is found and its buttons. Raises QuestionError."""
    hits = await desk.run(desk.library.retriever.search, clean_question(text), top_k=FOUND)
    coverage = await desk.run(desk.library.catalog.coverage)
    pages = max(1, -(-len(hits) // SEARCH_PAGE))
    page = min(page, pages - 1)
    shown = hits[page * SEARCH_PAGE : (page + 1) * SEARCH_PAGE]
    return search_embed(text, shown, coverage, page=page, pages=pages), _view(text, page, pages)


def _view(text: str, page: int, pages: int) -> discord.ui.View | None:
    """Return the buttons to the pages that there are."""
    if pages == 1:
        return None
    view = discord.ui.View(timeout=None)
    if page > 0:
        view.add_item(PageButton("back", page - 1, text))
    if page + 1 < pages:
        view.add_item(PageButton("on", page + 1, text))
    return view


def _is_theirs(interaction: discord.Interaction[Any]) -> bool:
    """Return whether the results belong to whoever pressed."""
    message = interaction.message
    searched = message.interaction_metadata if message else None
    return searched is not None and searched.user.id == interaction.user.id
