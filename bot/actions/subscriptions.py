"""`paperboy subscriptions`: manage who gets digests, for whoever runs the bot."""

from datetime import UTC, datetime

from bot.app import App
from bot.clocks.zones import Surroundings
from bot.console.render import digest_lines
from bot.console.terminal import Terminal
from bot.json_rows import Row, daily_row
from bot.subscriptions.outbox import Outbox
from bot.subscriptions.parsing import (
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
from rag.errors import UsageError
from rag.library import Library

MAX_ID = 2**63 - 1  # what SQLite stores


def list_subscriptions(app: App, *, as_json: bool) -> None:
    """Show all subscriptions, each with the outcome of its last digest."""
    terminal = Terminal()
    with app.library("paperboy subscriptions") as library:
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


def add(app: App, when: str, target: tuple[Kind, str], wish: Wish, *, publish: bool) -> None:
    """Add a subscription by e-mail, to a channel or to a user."""
    terminal = Terminal()
    kind, address = target
    if publish and kind != "channel":
        raise UsageError("--publish needs --channel ID: only channels have followers.")
    read = read_when(when, around=Surroundings(app.settings.bot.zone.name))
    draft = Subscription(
        kind=kind,
        target=address,
        user_id=int(address) if kind == "person" else 0,
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


def pause(app: App, number: int) -> None:
    """Pause a subscription until it is resumed."""
    with app.library("paperboy subscriptions") as library:
        store, _ = _stores(library)
        store.get(number)
        _print_subscription(store.pause(number))


def resume(app: App, number: int) -> None:
    """Resume a subscription; the next digest comes at its next due time."""
    with app.library("paperboy subscriptions") as library:
        store, _ = _stores(library)
        store.get(number)
        _print_subscription(store.resume(number, datetime.now(UTC)))


def remove(app: App, number: int) -> None:
    """Delete a subscription and the records of its digests."""
    with app.library("paperboy subscriptions") as library:
        removed = _stores(library)[0].remove(number)
    Terminal().print(f"Removed: {_summary(removed)}")


def preview(app: App, number: int, *, as_json: bool) -> None:
    """Show the digest as it would be now; nothing is sent."""
    terminal = Terminal()
    with app.library("paperboy subscriptions") as library:
        chosen = _stores(library)[0].get(number)
        day = covered_day(chosen.rhythm, datetime.now(UTC))
        digest = make_digest(library, chosen.rhythm.period, day, chosen.wish)
        if as_json:
            terminal.rows(daily_row(entry, group.name) for group in digest.groups
                          for entry in group.entries)  # fmt: skip
            return
        terminal.print(f"{digest.headline}.")
        terminal.lines(digest_lines(digest))


def send_now(app: App, number: int) -> None:
    """Have the running bot deliver a digest now, in addition to the next regular one."""
    with app.library("paperboy subscriptions") as library:
        store, outbox = _stores(library)
        outbox.add_extra(store.get(number).id, datetime.now(UTC))
    Terminal().print(
        "It is sent within a minute, or once the bot (`paperboy run`) is running again."
    )


def _stores(library: Library) -> tuple[SubscriptionStore, Outbox]:
    store = SubscriptionStore(library.catalog.database)
    return store, Outbox(library.catalog.database, store)


def wish_of(
    topics: str | None,
    authors: str | None,
    organisations: str | None,
    *,
    min_upvotes: int,
    count: int,
) -> Wish:
    """Return the wish that the options express; each list has commas, None is no limit."""
    return Wish(
        topics=read_list(topics),
        authors=read_list(authors),
        organizations=read_list(organisations),
        min_upvotes=min_upvotes,
        count=count,
    )


def read_target(*, mail: str, channel: str, person: str) -> tuple[Kind, str]:
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
