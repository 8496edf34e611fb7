"""/help and /status: what the bot can do, and how it is."""

from datetime import UTC, datetime

import discord
from discord import app_commands
from discord.ext import commands

from bot.components.membership import is_member
from bot.conversation.onboarding import example_question
from bot.conversation.policy import NO_MESSAGE_CONTENT
from bot.gateway.client import PaperboyBot
from bot.gateway.command_tree import takes_a_server, usage_of
from bot.render.safe_text import EMBED_FIELD, plain, plain_within
from rag.full_text.records import describe_counts
from rag.full_text.store import count_texts
from rag.records import Coverage

MENTION = ", mention me, or write to me alone"
REPLY = "Reply to an answer to continue from it."
NOT_A_MEMBER = (
    "I am not a member here, so I hear neither mentions nor replies and start no threads: `/ask` "
    "also continues from my last answer to you."
)
COLOUR = discord.Colour.blurple()


class Help(commands.Cog):
    """The commands /help and /status."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services

    @app_commands.command()
    async def help(self, interaction: discord.Interaction) -> None:
        """Say what the bot can do."""
        is_here = is_member(interaction)
        may_manage = interaction.permissions.manage_guild and is_here
        lines = [
            f"`{f'/{command.name} {usage_of(command)}'.rstrip()}`: {command.description}"
            for command in sorted(self.bot.tree.get_commands(), key=lambda c: c.qualified_name)
            if isinstance(command, app_commands.Command)
            and (may_manage or command.default_permissions is None)
            and (is_here or not takes_a_server(command))
        ]
        menu = " and ".join(
            f"“{command.name}”"
            for command in self.bot.tree.get_commands(type=discord.AppCommandType.message)
        )
        coverage, question = await self.services.executor.read(self._coverage_and_example)
        parts = [
            "I answer questions about Hugging Face's Daily Papers from their abstracts. Each "
            "sentence of an answer has the number of its source, and where no paper says it, I "
            f"say so. I have read {plain(str(coverage))}.",
            f"**Ask** with `/ask`{MENTION if is_here else ''}, for example “{plain(question)}” "
            f"{REPLY if is_here else NOT_A_MEMBER} The buttons below an answer show what it was "
            "made from and take your opinion of it.",
            "\n".join(lines),
            f"In the menu of any message, under Apps: {menu}.",
        ]
        if is_here and not self.bot.intents.message_content:
            parts.append(NO_MESSAGE_CONTENT)
        embed = discord.Embed(title="Paperboy", description="\n\n".join(parts), colour=COLOUR)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    def _coverage_and_example(self) -> tuple[Coverage, str]:
        """Return what was read and a question that it can answer."""
        catalog = self.services.executor.library.catalog
        return catalog.coverage(), example_question(catalog)

    @app_commands.command()
    async def status(self, interaction: discord.Interaction) -> None:
        """Say what has been read, whether the model runs, and who waits."""
        await interaction.response.defer(ephemeral=True)
        coverage = await self.services.executor.read(
            self.services.executor.library.catalog.coverage
        )
        embed = discord.Embed(title="Status", colour=COLOUR)
        embed.add_field(name="Papers", value=str(coverage), inline=False)
        database = self.services.executor.library.catalog.database
        encoded = await self.services.executor.read(
            self.services.executor.library.index.sentence_counts
        )
        if encoded.due:
            value = f"{encoded}; the rest follow while nobody asks"
            embed.add_field(name="Sentence vectors", value=value, inline=False)
        whole = describe_counts(*await self.services.executor.read(count_texts, database))
        embed.add_field(name="Whole papers", value=whole, inline=False)
        embed.add_field(name="Model", value=plain_within(self._model(), EMBED_FIELD), inline=False)
        liked, disliked = await self.services.executor.read(self.services.feedback.counts)
        embed.add_field(name="Answers judged", value=f"👍 {liked} · 👎 {disliked}", inline=False)
        up = datetime.now(UTC) - self.bot.started_at
        embed.add_field(name="Running for", value=str(up).partition(".")[0])
        await interaction.edit_original_response(embed=embed)

    def _model(self) -> str:
        writer = self.services.executor.qa.writer
        if writer is None:
            return "none: answers are quoted sentences"
        if writer.problem:
            return f"not running: {writer.problem}"
        written = min(len(writer.queue), writer.queue.at_once())
        waiting = len(writer.queue) - written
        if waiting:
            people = f"{waiting} wait for their answer"
        elif written:
            people = f"{written} {'answer is' if written == 1 else 'answers are'} being written"
        else:
            people = "nobody waits"
        return f"{writer.name or self.services.model_name}; {people}"


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Help(bot))
