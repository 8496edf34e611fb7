"""The records of subscriptions and deliveries, and the errors of delivery."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import Field

from rag.digest.records import Period, Wish
from rag.errors import PaperboyError

Kind = Literal["channel", "person", "mail"]
State = Literal["pending", "sending", "sent", "failed", "skipped"]
NEVER = datetime.max.replace(tzinfo=UTC)


class SubscriptionError(PaperboyError):
    """A subscription does not exist, or its options are invalid."""


class LaterError(Exception):
    """A digest cannot be made or sent now, but perhaps later. The message says why.

    `may_have_arrived`: the message may have arrived nevertheless.
    """

    def __init__(self, reason: str, *, may_have_arrived: bool = True) -> None:
        super().__init__(reason)
        self.may_have_arrived = may_have_arrived


class SlowDownError(LaterError):
    """Discord takes no more of this kind for a while."""


class FailedError(Exception):
    """One digest cannot arrive, or it is unknown whether it did. The message says why."""


class GoneError(Exception):
    """Nothing can arrive there until somebody changes something. The message says what."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When digests are due: at `hour`:`minute` in `timezone`.

    Every day, every week on `weekday` (0 is Monday), or on the first of every month.
    """

    period: Period = "day"
    hour: int = 9
    minute: int = 0
    timezone: str = "UTC"
    weekday: Annotated[int, Field(ge=0, le=6)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who gets what and when.

    `target` is the id of a channel or a user, or an e-mail address. `user_id` made it (0: in a
    terminal), in `guild_id` and `channel` unless by direct message. `publish`: its messages are
    published to those who follow the announcement channel. `reason` says why the bot paused it.
    Every due time before `next_due` (UTC) is in the outbox.
    """

    id: int = 0
    kind: Kind
    target: str
    user_id: int = 0
    guild_id: int | None = None
    channel: int | None = None
    rhythm: Rhythm = field(default_factory=Rhythm)
    wish: Wish = field(default_factory=Wish)
    publish: bool = False
    paused: bool = False
    reason: str = ""
    next_due: datetime = NEVER

    @property
    def home(self) -> int | None:
        """The server that it is sent to; None: a person, or an e-mail address."""
        return self.guild_id if self.kind == "channel" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of the outbox, see bot/migrations/0006_subscriptions.sql.

    `unpublished` are the messages to be published, next at `publish_at` if that is not None.
    """

    id: int
    subscription: int
    day: str
    due_at: datetime
    state: State
    reason: str
    attempts: int
    next_try: datetime
    nonce: str
    part: int
    claimed_at: datetime | None
    digest: str | None
    covers: date | None
    done_at: datetime | None
    unpublished: tuple[int, ...] = ()
    publish_at: datetime | None = None

    def name_of(self, part: int) -> str:
        """Return the nonce of one of its messages: at most 25 characters."""
        return f"{self.nonce}-{part}"
