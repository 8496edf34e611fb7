"""What every way to send a digest has to offer: Discord, e-mail, or a fake in a test."""

from collections.abc import Sequence
from typing import Any, Protocol

from bot.digest.records import Digest
from bot.subscriptions.records import Delivery, Subscription


class Transport(Protocol):
    """Sends the messages of a digest, each once.

    `send` and `find` raise LaterError, FailedError or GoneError; `send` must not return before
    the message has arrived.
    """

    async def messages(self, subscription: Subscription, digest: Digest) -> Sequence[Any]:
        """Return what is to be sent, a message after the other."""
        ...

    async def send(self, subscription: Subscription, message: Any, name: str) -> None:
        """Send one message under a name that no other message ever has."""
        ...

    async def find(self, subscription: Subscription, delivery: Delivery) -> bool | None:
        """Return whether the message that was claimed has arrived; None: that cannot be known.

        False: it has not, and if it should still be under way, sending it once more does not
        double it.
        """
        ...

    async def tell(self, subscription: Subscription, reason: str) -> None:
        """Tell whoever made the subscription that it is paused, as far as that can be done."""
        ...
