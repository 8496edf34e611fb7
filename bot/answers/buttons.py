"""The buttons under an answer. All that they need stands in their custom_id: they outlive us."""

import re
from typing import Any, Self

import discord

from bot.answers.receipts import StoredAnswer
from bot.components.persistent import PersistentItem
from rag.records import Answer

STOP, SOURCES, SIMILAR, AGAIN, LIKE, DISLIKE = (
    "stop", "sources", "similar", "again", "like", "dislike"
)  # fmt: skip
PRESSED = "answer_button"  # the event that a press becomes: (interaction, action, asker)

_LOOKS: dict[str, dict[str, Any]] = {
    STOP: {"label": "Stop", "style": discord.ButtonStyle.danger},
    SOURCES: {"label": "Sources"},
    SIMILAR: {"label": "Similar"},
    AGAIN: {"label": "Again"},
    LIKE: {"emoji": "👍"},
    DISLIKE: {"emoji": "👎"},
}


class AnswerButton(
    PersistentItem,
    discord.ui.DynamicItem[discord.ui.Button[Any]],
    template=rf"answer:(?P<action>{'|'.join(_LOOKS)}):(?P<asker>\d+)",
):
    """A button that any process of the bot understands, whichever one made it."""

    def __init__(self, action: str, asker: int) -> None:
        super().__init__(discord.ui.Button(custom_id=f"answer:{action}:{asker}", **_LOOKS[action]))
        self.action = action
        self.asker = asker

    @classmethod
    def read(cls, match: re.Match[str], /) -> Self:
        """See PersistentItem."""
        return cls(match["action"], int(match["asker"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        """Tell the cog that knows what to do."""
        interaction.client.dispatch(PRESSED, interaction, self.action, self.asker)


def view_of(asker: int, *actions: str) -> discord.ui.View:
    """Return these buttons as discord.py sends them; it keeps nothing of them."""
    view = discord.ui.View(timeout=None)
    for action in actions:
        view.add_item(AnswerButton(action, asker))
    return view


def writing_view(asker: int) -> discord.ui.View:
    """Return the buttons of an answer that is being written or waits for it."""
    return view_of(asker, STOP, SOURCES)


def finished_view(asker: int, answer: Answer) -> discord.ui.View:
    """Return the buttons of a finished answer."""
    return view_of(asker, *_actions(bool(answer.citations)))


def interrupted_view(kept: StoredAnswer) -> discord.ui.View:
    """Return the buttons of an answer that was left unfinished when the bot ended."""
    if kept.receipt is None:
        return view_of(kept.user_id, AGAIN)
    return view_of(kept.user_id, *_actions(bool(kept.sources)))


def _actions(cites: bool) -> list[str]:
    similar = [SIMILAR] if cites else []
    return [SOURCES, *similar, AGAIN, LIKE, DISLIKE]
