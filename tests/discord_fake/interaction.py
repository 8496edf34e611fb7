"""One use of a command, a button or a form, as the server keeps it."""

import asyncio
import time
from collections.abc import Callable
from typing import Literal, TypeVar

from tests.discord_fake.payloads import Payload, snowflake
from tests.discord_fake.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
POLL_SECONDS = 0.002
PATIENCE = 30.0  # seconds, as a machine that tests run on may be busy

T = TypeVar("T")


async def until(predicate: Callable[[], T | Literal[False] | None], timeout: float = PATIENCE) -> T:
    """Wait for something true; return it."""
    end = time.monotonic() + timeout
    while not (found := predicate()):
        if time.monotonic() > end:
            raise TimeoutError
        await asyncio.sleep(POLL_SECONDS)
    return found


class Interaction:
    """What somebody did, and what the bot answered.

    `type` is 2 for a command, 3 for a button, 4 for autocomplete, 5 for a form. `source` is the
    id of the message with the button. `callback` is the body of the first answer, `message_id`
    the message that came of it, `followups` the ids of later messages.
    """

    def __init__(
        self, world: World, kind: int, user: Payload, channel: str, source: str | None = None
    ) -> None:
        self.world = world
        self.id, self.token = snowflake(), "tok-" + snowflake()
        self.type, self.user, self.channel, self.source = kind, user, channel, source
        self.created = time.monotonic()
        self.acked = asyncio.Event()
        self.ack_ms: float | None = None
        self.callback: Payload | None = None
        self.message_id: str | None = None
        self.followups: list[str] = []

    @property
    def age(self) -> float:
        """Seconds since it happened."""
        return time.monotonic() - self.created

    @property
    def original(self) -> Payload | None:
        """The message that the first answer made, or that the button belongs to."""
        return self.world.messages.get(self.message_id) if self.message_id else None

    @property
    def metadata(self) -> Payload:
        """What a message tells of the interaction that it answers."""
        metadata = {
            "id": self.id,
            "type": self.type,
            "user": self.user,
            "authorizing_integration_owners": self.owners,
        }
        return {**metadata, "interacted_message_id": self.source} if self.source else metadata

    @property
    def owners(self) -> Payload:
        """Who installed the bot where this happened; "0" stands for the bot's own channel.

        Where the bot is not a member, the person has installed it for themselves.
        """
        if self.channel in self.world.foreign:
            return {"1": self.user["id"]}
        return {"0": self.world.in_guild(self.channel).get("guild_id", "0")}

    def acknowledge(self, body: Payload, message_id: str | None) -> None:
        """Note the first answer."""
        self.callback, self.message_id = body, message_id
        self.ack_ms = self.age * 1000
        self.acked.set()

    async def wait_ack(self, timeout: float = PATIENCE) -> Payload:
        """Wait for the first answer; return its body."""
        await asyncio.wait_for(self.acked.wait(), timeout)
        assert self.callback is not None
        return self.callback

    async def wait_message(self, text: str, timeout: float = PATIENCE) -> Payload:
        """Wait until the answer holds these words; return the message."""

        def found() -> Payload | None:
            message = self.original
            return message if message and text in message["content"] else None

        return await until(found, timeout)
