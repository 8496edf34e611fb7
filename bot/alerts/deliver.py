"""Delivers alerts: finds them, stores one row for each server that wants it, sends each once.

A row is written before anything is sent. If the bot ends between sending and storing the message,
the next run looks for the message in the channel before it sends again.
"""

import logging
from datetime import datetime, timedelta

import discord

from bot.access.guild_settings import GuildSettingsStore
from bot.access.shards import ALL_SHARDS, Shards
from bot.alerts.detect import taking_off
from bot.alerts.embed import alert_embed
from bot.alerts.store import AlertStore, StoredAlert
from bot.components.discord_errors import FAILURES
from bot.conversation.shown_lists import ShownLists
from bot.executor import Executor
from bot.taste.paper_keys import key_of, papers_of_ids
from bot.taste.rating_view import button_id, buttons_of

log = logging.getLogger(__name__)

TOO_OLD = timedelta(hours=12)  # after this an alert is given up
SEARCHED_MESSAGES = 100  # after the first attempt


class AlertDelivery:
    """Sends alerts to the channels that the servers chose."""

    def __init__(
        self,
        client: discord.Client,
        executor: Executor,
        store: AlertStore,
        guild_settings: GuildSettingsStore,
        shown_lists: ShownLists,
        shards: Shards = ALL_SHARDS,
    ) -> None:
        """Only servers of these shards are alerted."""
        self.client = client
        self.executor = executor
        self.store = store
        self.guild_settings = guild_settings
        self.shown_lists = shown_lists
        self.shards = shards

    async def deliver(self, now: datetime) -> int:
        """Alert every server that wants it to the papers that take off; return the number sent.

        Call this every hour, after the upvotes were read. The next call retries what fails.
        """
        read, write = self.executor.read, self.executor.write
        subscribed = {
            guild_id: settings for guild_id, settings in self.guild_settings.chosen().items()
            if settings.alert_channel and self.shards.has(guild_id)
        }  # fmt: skip
        if subscribed:
            alerts = await read(taking_off, self.executor.library.catalog, now)
            found = [(alert.paper.paper_id, alert_embed(alert).to_dict()) for alert in alerts]
            for guild_id, settings in subscribed.items():
                channel, most = settings.alert_channel or 0, settings.alerts_per_day
                await write(self.store.add, guild_id, channel, found, most=most, now=now)
        sent = 0
        for stored in await read(self.store.open):
            if self.shards.has(stored.guild_id):
                sent += await self._send(stored, now)
        return sent

    async def _send(self, stored: StoredAlert, now: datetime) -> bool:
        """Send one alert; return whether it was sent now."""
        write, store = self.executor.write, self.store
        try:
            if stored.tried_at and (message := await self._find(stored, stored.tried_at)):
                await self._arrived(stored, message)
                return False
            if now - stored.found_at > TOO_OLD:
                await write(store.give_up, stored, "it could not be sent in time")
                return False
            if self.guild_settings.of(stored.guild_id).alert_channel != stored.channel_id:
                await write(store.give_up, stored, "alerts were switched off or moved")
                return False
            await write(store.begin, stored, now)
            channel = self.client.get_partial_messageable(stored.channel_id)
            embed = discord.Embed.from_dict(stored.embed)
            view = buttons_of(key_of(stored.paper_id))
            message = (await channel.send(embed=embed, view=view, nonce=stored.nonce)).id
        except (discord.NotFound, discord.Forbidden) as error:
            log.info("no alert in channel %s: %s", stored.channel_id, error)
            await write(store.give_up, stored, f"Discord says: {error.text}")
            return False
        except FAILURES as error:
            log.warning("the alert for channel %s is retried later: %s", stored.channel_id, error)
            return False
        except Exception:  # a bug must not stop the other alerts
            log.exception("the alert for channel %s", stored.channel_id)
            return False
        await self._arrived(stored, message)
        return True

    async def _arrived(self, stored: StoredAlert, message: int) -> None:
        """Record that an alert was sent, and which paper it shows."""
        catalog = self.executor.library.catalog
        papers = await self.executor.read(papers_of_ids, catalog, [stored.paper_id])
        await self.shown_lists.remember(
            message, papers.values(), channel_id=stored.channel_id, user_id=0
        )
        await self.executor.write(self.store.sent, stored, message)

    async def _find(self, stored: StoredAlert, tried_at: datetime) -> int | None:
        """Return the id of the message if an earlier attempt did send it."""
        channel = self.client.get_partial_messageable(stored.channel_id)
        after = discord.Object(discord.utils.time_snowflake(tried_at - timedelta(minutes=1)))
        like_button, user = button_id("like", key_of(stored.paper_id)), self.client.user
        async for message in channel.history(limit=SEARCHED_MESSAGES, after=after):
            is_own = user is not None and message.author.id == user.id
            is_alert = message.interaction_metadata is None  # a card with this button answers one
            if is_own and is_alert and like_button in _custom_ids(message):
                return message.id
        return None


def _custom_ids(message: discord.Message) -> set[str | None]:
    """Return the custom_ids of the buttons under a message."""
    return {
        button.custom_id
        for row in message.components if isinstance(row, discord.ActionRow)
        for button in row.children
    }  # fmt: skip
