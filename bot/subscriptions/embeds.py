"""Subscriptions as embeds; what users typed is escaped here."""

from datetime import datetime

import discord
from discord.utils import format_dt

from bot.render.parts import lines_within
from bot.render.safe_text import EMBED_DESCRIPTION, EMBED_FIELD, plain_within
from bot.subscriptions.parsing import rhythm_in_words, wish_in_words
from bot.subscriptions.records import Delivery, Subscription

COLOUR = discord.Colour.blurple()
MAX_REASON = 500  # characters
PAUSED = discord.Colour.light_grey()
PUBLISHED = "Each digest is published to the servers that follow the channel."
NONE_YET = (
    "There is no subscription yet: /subscribe brings you a digest by direct message, or one into "
    "this channel."
)


def subscription_embed(
    subscription: Subscription, last: Delivery | None = None, *, title: str = "", note: str = ""
) -> discord.Embed:
    """Return an embed with the next due time and the result of the last delivery.

    `note` says how what was typed was understood.
    """
    embed = discord.Embed(
        title=title or f"Subscription {subscription.id}",
        colour=PAUSED if subscription.paused else COLOUR,
    )
    for name, value in (
        ("Where", _place(subscription)),
        ("When", rhythm_in_words(subscription.rhythm)),
        ("What", plain_within(wish_in_words(subscription.wish), EMBED_FIELD)),
        ("Next", _next(subscription)),
        ("Last", last and _last(last)),
        ("Followers", subscription.publish and PUBLISHED),
        ("Note", plain_within(note, EMBED_FIELD)),
    ):
        if value:
            embed.add_field(name=name, value=value, inline=False)
    return embed


def list_embed(subscriptions: list[Subscription]) -> discord.Embed:
    """Return an embed with one line per subscription."""
    lines = (
        f"**{item.id}**: {_place(item)}, {rhythm_in_words(item.rhythm)}; {_next(item)}"
        for item in subscriptions
    )
    text = lines_within(lines, EMBED_DESCRIPTION) or NONE_YET
    return discord.Embed(title="Subscriptions", description=text, colour=COLOUR)


def menu_label(subscription: Subscription) -> str:
    """Return the label of a subscription in a menu, where Discord formats nothing."""
    where = "to you" if subscription.kind == "person" else "in a channel"
    wish = ", ".join(subscription.wish.topics + subscription.wish.authors)
    return f"{subscription.id}: {where}, {rhythm_in_words(subscription.rhythm)} {wish}".strip()


def _place(subscription: Subscription) -> str:
    if subscription.kind == "channel":
        return f"<#{subscription.target}>"
    return "direct message" if subscription.kind == "person" else "e-mail"


def _next(subscription: Subscription) -> str:
    if subscription.paused:
        reason = f": {plain_within(subscription.reason, MAX_REASON)}" if subscription.reason else ""
        return f"paused{reason}"
    return when(subscription.next_due)


def when(instant: datetime) -> str:
    """Return an instant as a Discord timestamp, shown in the reader's time zone."""
    return f"{format_dt(instant, 'F')} ({format_dt(instant, 'R')})"


def _last(delivery: Delivery) -> str:
    at = format_dt(delivery.done_at or delivery.due_at, "R")
    reason = plain_within(delivery.reason, MAX_REASON)
    if delivery.state == "sent":
        return f"sent {at}, but not published: {reason}" if reason else f"sent {at}"
    if delivery.state in ("pending", "sending"):
        return f"due {format_dt(delivery.due_at, 'R')}, not sent yet {reason}"
    return f"not sent, {at}: {reason}"
