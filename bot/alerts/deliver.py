"""Alerts on their way: found, noted for every server that wants them, told once.

A row is written before anything is sent. If the bot ends between sending and noting the message,
the next one looks for it in the channel before it sends again.
"""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import discord

from bot.alerts.detect import taking_off
from bot.alerts.embed import TITLE, alert_embed
from bot.alerts.store import Kept
from bot.taste.paper_keys import key_of
from bot.taste.rating_view import button_id, buttons_of

if TYPE_CHECKING:
    from bot.gateway.client import PaperboyBot

log = logging.getLogger(__name__)

TOO_OLD = timedelta(hours=12)  # an alert that could not be told until then is none any more
LOOKED_AT = 100  # messages after the sending began


async def deliver_alerts(bot: "PaperboyBot", now: datetime) -> int:
    """Tell every server that wants it which papers take off; return how many messages were sent.

    Meant to be called every hour, after the upvotes were read. What fails is tried again by the
    next call.
    """
    desk, box = bot.desk, bot.alerts
    wanting = {
        server: settings for server, settings in bot.servers.chosen().items()
        if settings.alert_channel
    }  # fmt: skip
    if wanting:
        alerts = await desk.run(taking_off, desk.library.catalog, now)
        found = [(alert.paper.paper_id, alert_embed(alert).to_dict()) for alert in alerts]
        for server, settings in wanting.items():
            channel, most = settings.alert_channel or 0, settings.alerts_per_day
            await desk.keep(box.add, server, channel, found, most=most, now=now)
    sent = 0
    for kept in await desk.run(box.open):
        sent += await _tell(bot, kept, now)
    return sent


async def _tell(bot: "PaperboyBot", kept: Kept, now: datetime) -> bool:
    """Send one alert; return whether it is sent now."""
    keep, box = bot.desk.keep, bot.alerts
    try:
        if kept.tried_at and (message := await _find(bot, kept, kept.tried_at)):
            await keep(box.sent, kept, message)
            return False
        if now - kept.found_at > TOO_OLD:
            await keep(box.give_up, kept, "it could not be told in time")
            return False
        if bot.servers.of(kept.server).alert_channel != kept.channel:
            await keep(box.give_up, kept, "alerts were switched off or moved")
            return False
        await keep(box.begin, kept, now)
        channel = bot.get_partial_messageable(kept.channel)
        embed = discord.Embed.from_dict(kept.embed)
        view = buttons_of(key_of(kept.paper_id))
        message = (await channel.send(embed=embed, view=view, nonce=kept.nonce)).id
    except (discord.NotFound, discord.Forbidden) as error:
        log.info("no alert in channel %s: %s", kept.channel, error)
        await keep(box.give_up, kept, f"Discord says: {error.text}")
        return False
    except (discord.DiscordException, OSError) as error:
        log.warning("the alert for channel %s waits: %s", kept.channel, error)
        return False
    await keep(box.sent, kept, message)
    return True


async def _find(bot: "PaperboyBot", kept: Kept, tried_at: datetime) -> int | None:
    """Return the message, if an earlier attempt did send it."""
    channel = bot.get_partial_messageable(kept.channel)
    after = discord.Object(discord.utils.time_snowflake(tried_at - timedelta(minutes=1)))
    wanted = button_id("like", key_of(kept.paper_id))
    async for message in channel.history(limit=LOOKED_AT, after=after):
        is_mine = bot.user is not None and message.author.id == bot.user.id
        is_alert = any(embed.title == TITLE for embed in message.embeds)
        if is_mine and is_alert and wanted in _names(message):
            return message.id
    return None


def _names(message: discord.Message) -> set[str | None]:
    """Return the custom_ids of the buttons under a message."""
    return {
        one.custom_id
        for row in message.components if isinstance(row, discord.ActionRow)
        for one in row.children
    }  # fmt: skip
