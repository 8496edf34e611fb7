"""`paperboy subscriptions`: manage who gets digests, for whoever runs the bot."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.clocks.zones import Surroundings
from bot.commands.options import Json, UsageError, app_of
from bot.console.render import digest_lines
from bot.console.terminal import Terminal
from bot.json_rows import Row, daily_row
from bot.subscriptions.outbox import Outbox
from bot.subscriptions.parsing import (
    MAX_PAPERS,
    WHEN_EXAMPLE,
    read_list,
    read_when,
    rhythm_in_words,
    target_in_words,
    wish_in_words,
)
from bot.subscriptions.records import Delivery, Kind, Subscription
from bot.subscriptions.schedule import covered_day
from bot.subscriptions.store import SubscriptionStore
from rag.digest.make import make_digest
from rag.digest.records import Wish
from rag.library import Library

commands = typer.Typer(
    help="Manage who gets a digest, where and when. The running bot delivers them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

MAX_ID = 2**63 - 1  # what SQLite stores
Number = Annotated[
    int, typer.Argument(metavar="ID", min=1, max=MAX_ID, help="Its number, as `list` shows it.")
]


@commands.command("list")
def list_command(context: typer.Context, as_json: Json = False) -> None:
    """Show all subscriptions, each with the outcome of its last digest.

    \b
    paperboy subscriptions list
    """
    terminal = Terminal()
    with app_of(context).library("paperboy subscriptions") as library:
        store, outbox = _stores(library)
        listed = [(entry, outbox.last(entry.id)) for entry in store.all()]
    if as_json:
        terminal.rows(_row(entry, last) for entry, last in listed)
        return
    for entry, last in listed:
        terminal.print(f"{entry.id}  {_summary(entry)}")
        terminal.print(f"   {_next(entry)}{_last(last)}")
    if not listed:
        terminal.print("None. In Discord: /subscribe; here: paperboy subscriptions add.")


@commands.command()
def add(
    context: typer.Context,
    when: Annotated[str, typer.Argument(help=f"Such as {WHEN_EXAMPLE}.")],
    mail: Annotated[str, typer.Option(help="To this e-mail address (needs \\[bot.mail]).")] = "",
    channel: Annotated[str, typer.Option(help="To the Discord channel with this id.")] = "",
    person: Annotated[str, typer.Option(help="To the Discord user with this id.")] = "",
    topics: Annotated[str, typer.Option(help="Plain words, separated by commas.")] = "",
    authors: Annotated[str, typer.Option(help="Names, separated by commas.")] = "",
    organisations: Annotated[str, typer.Option(help="Names, separated by commas.")] = "",
    min_upvotes: Annotated[int, typer.Option(min=0, help="The fewest upvotes of a paper.")] = 0,
    count: Annotated[
        int, typer.Option(min=1, max=MAX_PAPERS, help="The most papers in a digest.")
    ] = 10,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish it to who follows an announcement channel.")
    ] = False,
) -> None:
    """Add a subscription by e-mail, to a channel or to a user.

    \b
    paperboy subscriptions add "daily 9:00 Europe/Berlin" --mail you@example.org --topics robots
    """
    app, terminal = app_of(context), Terminal()
    kind, target = _kind_and_target(mail=mail, channel=channel, person=person)
    if publish and kind != "channel":
        raise UsageError("--publish needs --channel ID: only channels have followers.")
    read = read_when(when, around=Surroundings(app.settings.bot.zone.name))
    wish = Wish(
        topics=read_list(topics),
        authors=read_list(authors),
        organizations=read_list(organisations),
        min_upvotes=min_upvotes,
        count=count,
    )
    draft = Subscription(
        kind=kind,
        target=target,
        user_id=int(target) if kind == "person" else 0,
        rhythm=read.rhythm,
        wish=wish,
        publish=publish,
    )
    with app.library("paperboy subscriptions") as library:
        added = _stores(library)[0].add(draft, datetime.now(UTC))
    terminal.print(f"{added.id}  {_summary(added)}")
    terminal.print(f"   {_next(added)}")
    if read.note:
        terminal.note(read.note)
    if kind == "mail" and not app.settings.bot.mail.host:
        terminal.note("E-mail is not set up yet: see [bot.mail] in config.toml.")


@commands.command()
def pause(context: typer.Context, number: Number) -> None:
    """Pause a subscription until it is resumed.

    \b
    paperboy subscriptions pause 3
    """
    with app_of(context).library("paperboy subscriptions") as library:
        store, _ = _stores(library)
        store.get(number)
        _print_subscription(store.pause(number))


@commands.command()
def resume(context: typer.Context, number: Number) -> None:
    """Resume a subscription; the next digest comes at its next due time.

    \b
    paperboy subscriptions resume 3
    """
    with app_of(context).library("paperboy subscriptions") as library:
        store, _ = _stores(library)
        store.get(number)
        _print_subscription(store.resume(number, datetime.now(UTC)))


@commands.command()
def remove(context: typer.Context, number: Number) -> None:
    """Delete a subscription and the records of its digests.

    \b
    paperboy subscriptions remove 3
    """
    with app_of(context).library("paperboy subscriptions") as library:
        removed = _stores(library)[0].remove(number)
    Terminal().print(f"Removed: {_summary(removed)}")


@commands.command()
def preview(context: typer.Context, number: Number, as_json: Json = False) -> None:
    """Show the digest as it would be now; nothing is sent.

    \b
    paperboy subscriptions preview 3
    """
    terminal = Terminal()
    with app_of(context).library("paperboy subscriptions") as library:
        chosen = _stores(library)[0].get(number)
        day = covered_day(chosen.rhythm, datetime.now(UTC))
        digest = make_digest(library, chosen.rhythm.period, day, chosen.wish)
        if as_json:
            terminal.rows(daily_row(entry, group.name) for group in digest.groups
                          for entry in group.entries)  # fmt: skip
            return
        terminal.print(f"{digest.headline}.")
        terminal.lines(digest_lines(digest))


@commands.command("send")
def send_now(context: typer.Context, number: Number) -> None:
    """Have the running bot deliver a digest now, in addition to the next regular one.

    \b
    paperboy subscriptions send 3
    """
    with app_of(context).library("paperboy subscriptions") as library:
        store, outbox = _stores(library)
        outbox.add_extra(store.get(number).id, datetime.now(UTC))
    Terminal().print(
        "It is sent within a minute, or once the bot (`paperboy run`) is running again."
    )


def _stores(library: Library) -> tuple[SubscriptionStore, Outbox]:
    store = SubscriptionStore(library.catalog.database)
    return store, Outbox(library.catalog.database, store)


def _kind_and_target(*, mail: str, channel: str, person: str) -> tuple[Kind, str]:
    """Return the kind and the target; raise UsageError unless exactly one is given."""
    kinds: dict[Kind, str] = {"mail": mail, "channel": channel, "person": person}
    given = [(kind, target.strip()) for kind, target in kinds.items() if target.strip()]
    if len(given) != 1:
        raise UsageError("give exactly one of --mail ADDRESS, --channel ID and --person ID.")
    kind, target = given[0]
    if kind == "mail" and not _is_address(target):
        raise UsageError(f"{target!r} is not an e-mail address: write it like you@example.org.")
    if kind != "mail" and not _is_id(target):
        raise UsageError(f"{target!r} is not an id: copy it in Discord (Developer Mode, Copy ID).")
    return kind, target


def _is_id(text: str) -> bool:
    is_short = text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_ID))
    return is_short and 1 <= int(text) <= MAX_ID


def _is_address(text: str) -> bool:
    name, _, host = text.rpartition("@")
    return (
        bool(name and "@" not in name and "." in host)
        and text.isascii()
        and not set(text) & set(' <>,;"\r\n\t')
    )


def _print_subscription(subscription: Subscription) -> None:
    Terminal().print(f"{subscription.id}  {_summary(subscription)}\n   {_next(subscription)}")


def _summary(subscription: Subscription) -> str:
    return (
        f"{target_in_words(subscription)}, {rhythm_in_words(subscription.rhythm)}: "
        f"{wish_in_words(subscription.wish)}"
    )


def _next(subscription: Subscription) -> str:
    if subscription.paused:
        return f"paused{subscription.reason and ': '}{subscription.reason}"
    return f"next {subscription.next_due:%Y-%m-%d %H:%M} UTC"


def _last(last: Delivery | None) -> str:
    if last is None:
        return ""
    at = last.done_at or last.due_at
    return f"; last {last.state} {at:%Y-%m-%d %H:%M} UTC{last.reason and ': '}{last.reason}"


def _row(subscription: Subscription, last: Delivery | None) -> Row:
    """Return one line of `paperboy subscriptions list --json`."""
    rhythm, wish = subscription.rhythm, subscription.wish
    return {
        "id": subscription.id,
        "kind": subscription.kind,
        "target": subscription.target,
        "period": rhythm.period,
        "weekday": rhythm.weekday if rhythm.period == "week" else None,
        "time": f"{rhythm.hour:02}:{rhythm.minute:02}",
        "timezone": rhythm.timezone,
        "topics": list(wish.topics),
        "authors": list(wish.authors),
        "organizations": list(wish.organizations),
        "min_upvotes": wish.min_upvotes,
        "count": wish.count,
        "publish": subscription.publish,
        "paused": subscription.paused,
        "reason": subscription.reason,
        "next_due": None if subscription.paused else subscription.next_due.isoformat(),
        "last": last and {"due_at": last.due_at.isoformat(), "state": last.state,
                          "reason": last.reason},
    }  # fmt: skip
