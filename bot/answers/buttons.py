"""The buttons under an answer; they keep working after a restart of the bot."""

import re
from typing import Any, Self

import discord

from bot.answers.receipts import StoredAnswer
from bot.components.persistent import PersistentItem
from bot.render.answer import is_about_papers
from rag.records import Answer

STOP, MORE, READ, SOURCES, SIMILAR, AGAIN, LIKE, DISLIKE = (
    "stop", "more", "read", "sources", "similar", "again", "like", "dislike"
)  # fmt: skip
CLICKED = "answer_button"  # the event of a click: (interaction, action, asker)

_APPEARANCE: dict[str, dict[str, Any]] = {
    STOP: {"label": "Stop", "style": discord.ButtonStyle.danger},
    MORE: {"label": "More", "style": discord.ButtonStyle.primary},
    READ: {"label": "Read the paper", "style": discord.ButtonStyle.primary},
    SOURCES: {"label": "Sources"},
    SIMILAR: {"label": "Similar"},
    AGAIN: {"label": "Again"},
    LIKE: {"emoji": "👍"},
    DISLIKE: {"emoji": "👎"},
}


class AnswerButton(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=rf"answer:(?P<action>{'|'.join(_APPEARANCE)}):(?P<asker>\d+)",
):
    """A button that does `action`; `asker` is the id of the user who asked."""

    def __init__(self, action: str, asker: int) -> None:
        super().__init__(
            discord.ui.Button(custom_id=f"answer:{action}:{asker}", **_APPEARANCE[action])
        )
        self.action = action
        self.asker = asker

    @classmethod
    def from_match(cls, match: re.Match[str], /) -> Self:
        """See PersistentItem."""
        return cls(match["action"], int(match["asker"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        """Dispatch the click to the cog."""
        interaction.client.dispatch(CLICKED, interaction, self.action, self.asker)


def view_of(asker: int, *actions: str) -> discord.ui.View:
    """Return a view with these buttons; discord.py stores nothing about it."""
    view = discord.ui.View(timeout=None)
    for action in actions:
        view.add_item(AnswerButton(action, asker))
    return view


def writing_view(asker: int) -> discord.ui.View:
    """Return the buttons of an answer that is being written or read for, or in the queue."""
    return view_of(asker, STOP, SOURCES)


def finished_view(asker: int, answer: Answer) -> discord.ui.View:
    """Return the buttons of a finished answer."""
    if not is_about_papers(answer):
        return view_of(asker, LIKE, DISLIKE)
    is_unread = answer.silent_paper is not None
    return view_of(asker, *_actions(bool(answer.citations), answer.more, is_unread=is_unread))


def interrupted_view(stored: StoredAnswer) -> discord.ui.View:
    """Return the buttons of an answer that the end of the bot interrupted."""
    if stored.receipt is None:
        return view_of(stored.user_id, AGAIN)
    actions = _actions(bool(stored.sources), stored.more, is_unread=bool(stored.unread_paper))
    return view_of(stored.user_id, *actions)


def _actions(has_sources: bool, more: int, *, is_unread: bool) -> list[str]:
    similar = [SIMILAR] if has_sources else []
    # In place of Again, which would show the same; a row has room for five.
    if is_unread:
        return [READ, SOURCES, *similar, LIKE, DISLIKE]
    if more:
        return [MORE, SOURCES, *similar, LIKE, DISLIKE]
    return [SOURCES, *similar, AGAIN, LIKE, DISLIKE]
