"""What can be done with an answer: its buttons, the reason of a thumb down, /why."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.checks import admit, count
from bot.answers.buttons import AGAIN, DISLIKE, LIKE, SIMILAR, SOURCES, STOP, left_view
from bot.answers.receipts import Kept, paper_ids, receipt_of
from bot.answers.recovery import left_embeds
from bot.answers.reply_target import InteractionReply
from bot.components.modals import Form, sent_form
from bot.gateway.client import PaperboyBot
from bot.json_rows import Row
from bot.render.answer import ended
from bot.render.papers import similar_embed
from bot.render.receipt import receipt_embed
from rag.errors import PaperboyError
from rag.query.request import MAX_QUESTION, clean_question
from rag.records import Question

Press = discord.Interaction[PaperboyBot]

SIMILAR_PAPERS = 5
REASON = "reason"  # the form of a thumb down, and its field
MAX_REASON = 1_000  # characters
THANKS = "Thank you, I have noted that."


class GoneError(PaperboyError):
    """Nothing is known of an answer any more."""

    def __init__(self) -> None:
        super().__init__(
            "I no longer know what that answer was made from (receipts are kept for a while, "
            "unless somebody has them forgotten): please ask again."
        )


class NotYoursError(PaperboyError):
    """A button belongs to somebody else."""


class Answers(commands.Cog):
    """Hears the buttons under answers, whichever process of the bot put them there."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.actions = {
            STOP: self._stop,
            SOURCES: self._sources,
            SIMILAR: self._similar,
            AGAIN: self._again,
            LIKE: self._like,
            DISLIKE: self._dislike,
        }

    @commands.Cog.listener()
    async def on_answer_button(self, interaction: Press, action: str, asker: int) -> None:
        """Do what a button says. One whose answer is forgotten goes, with the others."""
        try:
            if action in (STOP, AGAIN):
                _require_asker(interaction, asker, action)
            message = interaction.message
            if message is None or (kept := await self._kept(message.id)) is None:
                embeds = [ended(embed) for embed in message.embeds] if message else []
                await interaction.response.edit_message(embeds=embeds, view=None)
                raise GoneError
            await self.actions[action](interaction, kept)
        except Exception as error:  # a person always gets a reply
            await self.bot.tell_error(interaction, error)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Note the reason of a thumb down."""
        if (sent := sent_form(interaction, REASON)) is None:
            return
        message, fields = sent
        try:
            await interaction.response.defer(ephemeral=True, thinking=True)
            await self._note(message, interaction, liked=False, reason=fields[REASON].strip())
            await interaction.edit_original_response(content=THANKS)
        except Exception as error:
            await self.bot.tell_error(interaction, error)

    @app_commands.command()
    @app_commands.describe(question="Another question than the last one answered here.")
    async def why(
        self,
        interaction: discord.Interaction,
        question: app_commands.Range[str, 1, MAX_QUESTION] | None = None,
    ) -> None:
        """Show what the last answer here was made from, or what one to a question would be."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        desk = self.bot.desk
        if question:
            receipt = receipt_of(await desk.ask(Question(text=clean_question(question))))
        else:
            await self.bot.answering.settled()
            last = await desk.run(self.bot.receipts.last_in, interaction.channel_id or 0)
            if last is None or last.receipt is None:
                raise NothingHereError
            receipt = last.receipt
        await interaction.edit_original_response(embed=await self._receipt(receipt))

    async def _kept(self, message: int) -> Kept | None:
        """Return what is known of an answer; where somebody was quick, wait until it is noted."""
        of, run = self.bot.receipts.of, self.bot.desk.run
        kept = await run(of, message)
        if kept and kept.receipt:
            return kept
        await self.bot.answering.settled()
        return await run(of, message)

    async def _stop(self, interaction: Press, kept: Kept) -> None:
        if self.bot.answering.stop_one(kept.message):
            await interaction.response.defer()  # the message itself will say so
        elif kept.unfinished:  # an earlier process wrote it
            embed, view = left_embeds(kept)[0], left_view(kept)
            await interaction.response.edit_message(embed=embed, view=view)
            await self.bot.desk.keep(self.bot.receipts.finish, kept.message)
        else:
            await interaction.response.defer()  # it was finished meanwhile

    async def _sources(self, interaction: Press, kept: Kept) -> None:
        if kept.receipt is None:
            raise GoneError
        embed = await self._receipt(kept.receipt)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    async def _similar(self, interaction: Press, kept: Kept) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        desk = self.bot.desk
        neighbours = desk.library.retriever.neighbours
        hits = await desk.run(neighbours, kept.sources, top_k=SIMILAR_PAPERS)
        await interaction.edit_original_response(embed=similar_embed(hits))

    async def _again(self, interaction: Press, kept: Kept) -> None:
        admit(interaction)
        count(interaction)
        reply = await InteractionReply.defer(interaction)
        asked, desk = kept.inquiry, self.bot.desk
        wanted = [paper_id for paper_id in (asked.paper, asked.keep_to) if paper_id]
        papers = await desk.run(desk.library.catalog.get, wanted)
        if len(papers) < len(set(wanted)):  # it goes by another id since its arXiv id is known
            raise GoneError
        await self.bot.answering.answer(asked, reply, show_question=True)

    async def _like(self, interaction: Press, kept: Kept) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._note(kept.message, interaction, liked=True)
        await interaction.edit_original_response(content=THANKS)

    async def _dislike(self, interaction: Press, kept: Kept) -> None:
        form = Form(REASON, kept.message, title="What was wrong with it?")
        form.ask(
            "Your reason, if you like to give one",
            discord.ui.TextInput(
                custom_id=REASON,
                style=discord.TextStyle.paragraph,
                required=False,
                max_length=MAX_REASON,
            ),
        )
        await interaction.response.send_modal(form)
        await self._note(kept.message, interaction, liked=False)  # with or without a reason

    async def _note(
        self, message: int, interaction: discord.Interaction, *, liked: bool, reason: str = ""
    ) -> None:
        await self.bot.desk.keep(
            self.bot.feedback.give,
            message,
            person=interaction.user.id,
            liked=liked,
            reason=reason,
        )

    async def _receipt(self, receipt: Row) -> discord.Embed:
        desk = self.bot.desk
        papers = await desk.run(desk.library.catalog.get, paper_ids(receipt))
        return receipt_embed(receipt, papers)


class NothingHereError(PaperboyError):
    """No answer was given in this channel, or none that is remembered."""

    def __init__(self) -> None:
        super().__init__("I remember no answer of mine in this channel: ask me something first.")


def _require_asker(interaction: discord.Interaction, asker: int, action: str) -> None:
    """Raise NotYoursError for others; who may delete the message may also stop it."""
    if interaction.user.id == asker:
        return
    if action == STOP and interaction.permissions.manage_messages:
        return
    do = "stop this answer" if action == STOP else "ask this again"
    raise NotYoursError(f"only the person who asked can {do}: ask a question of your own.")


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(Answers(bot))
