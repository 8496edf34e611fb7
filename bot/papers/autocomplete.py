"""Suggests papers while a user types."""

from typing import Any

import discord
from discord import app_commands

from bot.executor import Executor
from bot.render.safe_text import CHOICE
from rag.records import Paper
from rag.store.lookup import suggest_papers
from rag.text.names import name_missing_from_title
from rag.text.shorten import shorten

MAX_SUGGESTIONS = 25  # Discord's limit


async def paper_choices(
    interaction: discord.Interaction[Any], typed: str
) -> list[app_commands.Choice[str]]:
    """Return papers whose title or system name contains what was typed."""
    executor: Executor = interaction.client.services.executor
    papers = await executor.read(
        suggest_papers, executor.library.catalog, typed, limit=MAX_SUGGESTIONS
    )
    return [
        app_commands.Choice(
            name=shorten(_label(p, typed.strip()), CHOICE), value=_value(p.paper_id, p.title)
        )
        for p in papers
    ]


def _label(paper: Paper, typed: str) -> str:
    """Return the title, after the name of the system if that is what was typed."""
    name = name_missing_from_title(paper)
    is_typed = bool(typed and name) and name.casefold().startswith(typed.casefold())
    return f"{name}: {paper.title}" if is_typed else paper.title


def _value(paper_id: str, title: str) -> str:
    """Return the id, or the beginning of the title if the id is too long for Discord."""
    return paper_id if len(paper_id) <= CHOICE else title[:CHOICE]
