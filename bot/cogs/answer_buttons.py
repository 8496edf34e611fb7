"""The buttons under an answer, the reason of a thumb down, and /why."""

from dataclasses import replace

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.checks import check_access, count_question
from bot.answers.buttons import (
    AGAIN,
    DISLIKE,
    LIKE,
    MORE,
    READ,
    SIMILAR,
    SOURCES,
    STOP,
    interrupted_view,
)
from bot.answers.message import InteractionReply, place_of
from bot.answers.receipts import Inquiry, StoredAnswer, paper_ids, receipt_of
from bot.answers.recovery import interrupted_embeds
from bot.components.error_reply import reply_with_error
from bot.components.membership import is_member
from bot.components.modals import Form, submitted_form
from bot.components.removed_embeds import are_removed, shown
from bot.conversation.mentions import ReadableText
from bot.gateway.client import PaperboyBot
from bot.json_rows import Row
from bot.render.answer import mark_interrupted
from bot.render.papers import similar_embed
from bot.render.receipt import receipt_embed
from rag.errors import PaperboyError
from rag.query.request import MAX_QUESTION, clean_question
from rag.records import Question

Click = discord.Interaction[PaperboyBot]

SIMILAR_PAPERS = 5
REASON = "reason"  # kind of the form of a thumb down, and the name of its field
MAX_REASON = 1_000  # characters
LAST_ANSWERS = 5  # of a channel, among which /why looks for one that is still there
THANKS = "Thank you, I have noted that."


class GoneError(PaperboyError):
    """The receipt of an answer is gone."""

    def __init__(self) -> None:
        super().__init__(
            "I no longer know what that answer was made from (receipts are kept for a while, "
            "unless somebody has them forgotten): please ask again."
        )


class BeingReadError(PaperboyError):
    """Somebody else pressed the button a moment ago."""

    def __init__(self) -> None:
        super().__init__("this paper is being read: wait for the answer, which comes here.")


class NotYoursError(PaperboyError):
    """A button belongs to another user."""


class NoAnswerHereError(PaperboyError):
    """No answer in this channel is stored."""

    def __init__(self) -> None:
        super().__init__("I remember no answer of mine in this channel: ask me something first.")


class AnswerButtons(commands.Cog):
    """Handles the buttons under answers, also those that a previous run sent."""

    def __init__(self, bot: PaperboyBot) -> None:
        self.bot = bot
        self.services = bot.services
        self.executor = bot.services.executor
        self._reading: set[int] = set()  # messages whose paper is being read
        self.actions = {
            STOP: self._stop,
            MORE: self._more,
            READ: self._read,
            SOURCES: self._sources,
            SIMILAR: self._similar,
            AGAIN: self._again,
            LIKE: self._like,
            DISLIKE: self._dislike,
        }

    @commands.Cog.listener()
    async def on_answer_button(self, interaction: Click, action: str, asker: int) -> None:
        """Do what a button says; if the answer is not stored any more, remove its buttons."""
        try:
            if action in (STOP, AGAIN):
                _require_asker(interaction, asker, action)
            if action != STOP:
                check_access(interaction, self.services.guild_settings)
            message = interaction.message
            if message is None or (stored := await self._stored(message)) is None:
                embeds = [mark_interrupted(embed) for embed in message.embeds] if message else []
                options = shown(embeds, removed=are_removed(message))
                await interaction.response.edit_message(view=None, **options)
                raise GoneError
            await self.actions[action](interaction, stored)
        except Exception as error:  # users always get a reply
            await reply_with_error(interaction, error)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Store the reason of a thumb down from its form."""
        if (form := submitted_form(interaction, REASON)) is None:
            return
        message_id, fields = form
        try:
            check_access(interaction, self.services.guild_settings)
            await interaction.response.defer(ephemeral=True, thinking=True)
            stored = await self.executor.read(self.services.receipts.get, message_id)
            if stored is None or not stored.is_in(interaction.channel_id):  # or the form is forged
                raise GoneError
            reason = fields.get(REASON, "").strip()[:MAX_REASON]
            await self._save_feedback(message_id, interaction, liked=False, reason=reason)
            await interaction.edit_original_response(content=THANKS)
        except Exception as error:
            await reply_with_error(interaction, error)

    @app_commands.command()
    @app_commands.describe(question="Another question than the last one answered here.")
    async def why(
        self,
        interaction: discord.Interaction,
        question: app_commands.Transform[str, ReadableText(MAX_QUESTION)] | None = None,
    ) -> None:
        """Show what the last answer here was made from, or what one to a question would be."""
        if question:
            count_question(interaction, self.services.guild_settings, self.services.rate_limits)
        await interaction.response.defer(ephemeral=True, thinking=True)
        if question:
            place = place_of(interaction.guild_id, is_member=is_member(interaction))
            asked = Question(text=clean_question(question), place=place)
            receipt = receipt_of(await self.executor.quote(asked))
        else:
            await self.services.in_flight.settled()
            receipt = await self._last_receipt(interaction)
        await interaction.edit_original_response(embed=await self._receipt_embed(receipt))

    async def _last_receipt(self, interaction: discord.Interaction) -> Row:
        """Return what the channel's last answer was made from, without those that were deleted."""
        channel_id, receipts = interaction.channel_id or 0, self.services.receipts
        record = self.services.answers.record
        for stored in await self.executor.read(receipts.last_in, channel_id, count=LAST_ANSWERS):
            message = stored.message_id, stored.channel_id
            is_own = stored.user_id == interaction.user.id
            if is_own or await record.is_there(*message, interaction):
                receipt = await record.receipt_to_show(stored, interaction)
                if receipt is not None:
                    return receipt
        raise NoAnswerHereError

    async def _stored(self, message: discord.Message) -> StoredAnswer | None:
        """Return the stored answer; if it is being stored at the moment, wait for that."""
        if await self.services.answers.record.is_retracted(message):
            return None
        message_id, receipts = message.id, self.services.receipts
        stored = await self.executor.read(receipts.get, message_id)
        if stored and stored.receipt:
            return stored
        await self.services.in_flight.settled()
        return await self.executor.read(receipts.get, message_id)

    async def _stop(self, interaction: Click, stored: StoredAnswer) -> None:
        if self.services.in_flight.stop_one(stored.message_id):
            await interaction.response.defer()  # the message itself will say so
        elif stored.unfinished:  # a previous run was writing it
            options = shown(
                interrupted_embeds(stored)[:1], removed=are_removed(interaction.message)
            )
            view = interrupted_view(stored)
            await interaction.response.edit_message(view=view, **options)
            await self.executor.write(self.services.receipts.finish, stored.message_id)
        elif interaction.message and not is_member(interaction):  # nobody else could say so
            embeds = [mark_interrupted(embed) for embed in interaction.message.embeds]
            view = interrupted_view(stored)
            await interaction.response.edit_message(embeds=embeds, view=view)
        else:
            await interaction.response.defer()  # it is finished by now

    async def _sources(self, interaction: Click, stored: StoredAnswer) -> None:
        is_follow_up = bool(stored.inquiry.earlier or stored.inquiry.heard_from)
        if is_follow_up:  # its earlier messages are fetched first
            await interaction.response.defer(ephemeral=True, thinking=True)
        receipt = await self.services.answers.record.receipt_to_show(stored, interaction)
        if receipt is None:
            raise GoneError
        embed = await self._receipt_embed(receipt)
        if is_follow_up:
            await interaction.edit_original_response(embed=embed)
        else:
            await interaction.response.send_message(embed=embed, ephemeral=True)

    async def _similar(self, interaction: Click, stored: StoredAnswer) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        neighbours = self.executor.library.retriever.neighbours
        hits = await self.executor.read(neighbours, stored.sources, top_k=SIMILAR_PAPERS)
        message = await interaction.edit_original_response(embed=similar_embed(hits))
        papers = [hit.paper for hit in hits]
        await self.services.shown_lists.remember_reply(interaction, message, papers)

    async def _again(self, interaction: Click, stored: StoredAnswer) -> None:
        await self._ask(interaction, stored.inquiry)

    async def _more(self, interaction: Click, stored: StoredAnswer) -> None:
        """Show the papers that follow those of a list; anybody may ask for them."""
        inquiry = stored.inquiry
        shown = (*inquiry.shown, *stored.sources)
        name = interaction.user.display_name if interaction.guild_id else ""
        asked = (stored.message_id, stored.user_id, stored.event_id)
        heard_from = (*inquiry.heard_from, *(source for source in asked if source))
        await self._ask(interaction, replace(inquiry, shown=shown, by=name, heard_from=heard_from))

    async def _read(self, interaction: Click, stored: StoredAnswer) -> None:
        """Read the paper whose abstract does not say it; anybody may ask for that."""
        if stored.message_id in self._reading:
            raise BeingReadError
        if stored.unread_paper is None:  # the message shows the answer by now
            await interaction.response.defer()
            return
        services = self.services
        count_question(interaction, services.guild_settings, services.rate_limits)
        self._reading.add(stored.message_id)
        try:
            await self._require_papers(stored.inquiry)
            await interaction.response.defer()
            reply = InteractionReply.to_button(interaction, stored)
            embeds = interaction.message.embeds if interaction.message else []
            is_titled = bool(embeds and embeds[0].title)
            answer = services.answers.answer_from_paper
            await answer(stored.inquiry, reply, show_question=is_titled)
        finally:
            self._reading.discard(stored.message_id)

    async def _ask(self, interaction: Click, inquiry: Inquiry) -> None:
        """Ask a stored question again, as a question of the user who clicked."""
        services = self.services
        check_access(interaction, services.guild_settings)
        count_question(interaction, services.guild_settings, services.rate_limits)
        await self._require_papers(inquiry)
        async with services.answers.expecting(interaction, inquiry.question):
            reply = await InteractionReply.defer(interaction)
            await services.answers.answer(inquiry, reply, show_question=True)

    async def _require_papers(self, inquiry: Inquiry) -> None:
        """Raise GoneError if a paper of a stored question has another id by now."""
        needed = {paper_id for paper_id in (inquiry.paper, inquiry.keep_to) if paper_id}
        papers = await self.executor.read(self.executor.library.catalog.get, list(needed))
        if len(papers) < len(needed):
            raise GoneError

    async def _like(self, interaction: Click, stored: StoredAnswer) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._save_feedback(stored.message_id, interaction, liked=True)
        await interaction.edit_original_response(content=THANKS)

    async def _dislike(self, interaction: Click, stored: StoredAnswer) -> None:
        form = Form(REASON, stored.message_id, title="What was wrong with it?")
        form.add_field(
            "Your reason, if you like to give one",
            discord.ui.TextInput(
                custom_id=REASON,
                style=discord.TextStyle.paragraph,
                required=False,
                max_length=MAX_REASON,
            ),
        )
        await interaction.response.send_modal(form)
        # The thumb counts with or without a reason.
        await self._save_feedback(stored.message_id, interaction, liked=False)

    async def _save_feedback(
        self, message_id: int, interaction: discord.Interaction, *, liked: bool, reason: str = ""
    ) -> None:
        user_id, give = interaction.user.id, self.services.feedback.give
        await self.executor.write(give, message_id, user_id=user_id, liked=liked, reason=reason)

    async def _receipt_embed(self, receipt: Row) -> discord.Embed:
        papers = await self.executor.read(self.executor.library.catalog.get, paper_ids(receipt))
        return receipt_embed(receipt, papers)


def _require_asker(interaction: discord.Interaction, asker: int, action: str) -> None:
    """Raise NotYoursError for other users; those who may delete the message may also stop it."""
    if interaction.user.id == asker:
        return
    if action == STOP and interaction.permissions.manage_messages:
        return
    do = "stop this answer" if action == STOP else "ask this again"
    raise NotYoursError(f"only the person who asked can {do}: ask a question of your own.")


async def setup(bot: PaperboyBot) -> None:
    """Add the cog (discord.py's entry point)."""
    await bot.add_cog(AnswerButtons(bot))
