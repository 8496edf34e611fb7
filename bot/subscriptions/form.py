"""The form that changes a subscription."""

from collections.abc import Mapping

import discord

from bot.clocks.zones import Surroundings
from bot.components.modals import Form
from bot.subscriptions.limits import MAX_PAPERS
from bot.subscriptions.parsing import (
    When,
    read_list,
    read_number,
    read_when,
    rhythm_as_typed,
)
from bot.subscriptions.records import Rhythm, Subscription
from rag.digest.records import Wish

FORM = "subscription"  # kind of the form
MAX_UPVOTES = 100_000
MAX_LIST = 1_000  # characters
WHEN, TOPICS, AUTHORS, ORGANISATIONS, COUNT = (
    "when", "topics", "authors", "organisations", "count"
)  # fmt: skip


def change_form(subscription: Subscription) -> Form:
    """Return the form with the current options."""
    wish = subscription.wish
    form = Form(FORM, subscription.id, title=f"Subscription {subscription.id}")
    for name, words, value in (
        (WHEN, "When (weekly monday 9:00 Europe/Berlin)", rhythm_as_typed(subscription.rhythm)),
        (TOPICS, "Topics, with commas between", ", ".join(wish.topics)),
        (AUTHORS, "Authors", ", ".join(wish.authors)),
        (ORGANISATIONS, "Organisations", ", ".join(wish.organizations)),
        (COUNT, "How many papers, least upvotes", f"{wish.count}, {wish.min_upvotes}"),
    ):
        form.add_field(
            words,
            discord.ui.TextInput(
                custom_id=name,
                default=value[:MAX_LIST] or None,
                required=name in (WHEN, COUNT),
                max_length=MAX_LIST,
            ),
        )
    return form


def read_form(fields: Mapping[str, str], before: Rhythm, around: Surroundings) -> tuple[When, Wish]:
    """Return the typed options; what `when` omits stays as before.

    Raises SubscriptionError and ClockError.
    """
    count, _, upvotes = fields[COUNT].partition(",")
    wish = Wish(
        topics=read_list(fields.get(TOPICS, "").strip() or None),
        authors=read_list(fields.get(AUTHORS, "").strip() or None),
        organizations=read_list(fields.get(ORGANISATIONS, "").strip() or None),
        min_upvotes=read_number(upvotes.strip() or "0", first=0, last=MAX_UPVOTES),
        count=read_number(count, first=1, last=MAX_PAPERS),
    )
    return read_when(fields[WHEN], default=before, around=around), wish
