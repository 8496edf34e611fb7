"""The protocol of a transport: Discord, e-mail, or a fake in a test.

(A module of its own, since delivery must not import the transports.)
"""

from collections.abc import Sequence
from typing import Any, Protocol

from bot.subscriptions.records import Delivery, Subscription
from rag.digest.records import Digest


class Transport(Protocol):
    """Sends the messages of a digest, each once.

    `send` and `find` raise LaterError, FailedError or GoneError; `send` must not return before
    the message has arrived.
    """

    async def messages(self, subscription: Subscription, digest: Digest) -> Sequence[Any]:
        """Return the messages of a digest, in order."""
        ...

    async def send(self, subscription: Subscription, message: Any, name: str) -> int:
        """Send one message under a unique name; return its id, 0 if it has none."""
        ...

    async def find(self, subscription: Subscription, delivery: Delivery) -> int | None:
        """Return the id of the claimed message if it has arrived; None if that cannot be known.

        0 means that it has not, and that sending it again does not duplicate it, even if it is
        still under way.
        """
        ...

    async def arrived(self, subscription: Subscription, message: Any, message_id: int) -> None:
        """Record what a message that has arrived shows; doing so twice changes nothing."""
        ...

    async def notify(self, subscription: Subscription, reason: str) -> None:
        """Tell the user who made the subscription that it is paused, if possible."""
        ...
