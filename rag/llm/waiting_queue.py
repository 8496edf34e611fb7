"""A first-come, first-served queue: one caller is served, a bounded number waits."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rag.errors import ModelBusyError, ModelError

CANCEL_POLL_SECONDS = 0.2  # setting `cancel` does not wake a waiting caller


class WaitingQueue:
    """A queue in front of something that can serve one person at a time."""

    def __init__(self, max_waiting: int) -> None:
        """Let at most `max_waiting` people wait behind the one who is served."""
        self.max_waiting = max_waiting
        self._tickets: list[object] = []
        self._changed = threading.Condition()

    def __len__(self) -> int:
        """Return how many people are served or wait."""
        return len(self._tickets)

    @contextmanager
    def wait_for_turn(
        self,
        *,
        on_place: Callable[[int], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[None]:
        """Wait for the turn; call `on_place` with the number of people in front when it changes.

        Raises ModelBusyError if the queue is full, ModelError if `cancel` is set in the meantime.
        """
        ticket = object()
        with self._changed:
            if len(self._tickets) > self.max_waiting:
                raise ModelBusyError(
                    f"{self.max_waiting} people are waiting for the language model: ask again soon."
                )
            self._tickets.append(ticket)
        try:
            self._wait(ticket, on_place, cancel)
            yield
        finally:
            with self._changed:
                self._tickets.remove(ticket)
                self._changed.notify_all()

    def _wait(
        self,
        ticket: object,
        on_place: Callable[[int], None] | None,
        cancel: threading.Event | None,
    ) -> None:
        reported = 0
        while True:
            with self._changed:
                place = self._tickets.index(ticket)
                if place == reported and place > 0:
                    self._changed.wait(CANCEL_POLL_SECONDS)
                    place = self._tickets.index(ticket)
            if cancel and cancel.is_set():
                raise ModelError("the answer was stopped.")
            if place == 0:
                return
            if place != reported and on_place:
                on_place(place)
            reported = place
