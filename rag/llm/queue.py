"""First come, first served: one writes, a bounded number waits and knows its place."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rag.errors import ModelBusyError, ModelError


class Queue:
    """A queue in front of something that can serve one person at a time."""

    def __init__(self, waiting: int) -> None:
        """Let `waiting` people stand behind the one who is served."""
        self.waiting = waiting
        self._tickets: list[object] = []
        self._moved = threading.Condition()

    def __len__(self) -> int:
        """Return how many are served or wait."""
        return len(self._tickets)

    @contextmanager
    def turn(
        self,
        *,
        on_place: Callable[[int], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[None]:
        """Wait for the turn; `on_place` hears how many are in front, whenever that changes.

        Raises ModelBusyError where the queue is full, ModelError where `cancel` was set meanwhile.
        """
        ticket = object()
        with self._moved:
            if len(self._tickets) > self.waiting:
                raise ModelBusyError(
                    f"{self.waiting} people are waiting for the language model: ask again soon."
                )
            self._tickets.append(ticket)
        try:
            self._wait(ticket, on_place, cancel)
            yield
        finally:
            with self._moved:
                self._tickets.remove(ticket)
                self._moved.notify_all()

    def _wait(
        self,
        ticket: object,
        on_place: Callable[[int], None] | None,
        cancel: threading.Event | None,
    ) -> None:
        told = 0
        while True:
            with self._moved:
                place = self._tickets.index(ticket)
                if place == told and place > 0:
                    self._moved.wait(0.2)  # seconds; a cancel makes no noise
                    place = self._tickets.index(ticket)
            if cancel and cancel.is_set():
                raise ModelError("the answer was stopped.")
            if place == 0:
                return
            if place != told and on_place:
                on_place(place)
            told = place
