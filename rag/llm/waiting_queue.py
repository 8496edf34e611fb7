"""A first-come, first-served queue: a few callers are served, a bounded number waits."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rag.errors import ModelBusyError, ModelError

CANCEL_POLL_SECONDS = 0.2  # setting `cancel` does not wake a waiting caller


class WaitingQueue:
    """A queue in front of something that can serve one person at a time, or a few."""

    def __init__(self, max_waiting: int, *, at_once: Callable[[], int] = lambda: 1) -> None:
        """Let at most `max_waiting` people wait behind those who are served.

        `at_once` says how many these may be at the moment.
        """
        self.max_waiting = max_waiting
        self.at_once = at_once
        self._tickets: list[object] = []
        self._changed = threading.Condition()

    def __len__(self) -> int:
        """Return how many people are served or wait."""
        return len(self._tickets)

    @property
    def people_in_front(self) -> int:
        """How many have to be done before somebody who comes now is served."""
        return max(0, len(self._tickets) - self.at_once() + 1)

    @contextmanager
    def wait_for_turn(
        self,
        *,
        on_place: Callable[[int], None] | None = None,
        cancel: threading.Event | None = None,
    ) -> Iterator[None]:
        """Wait for the turn; call `on_place` with the number of people in front when it changes.

        They are those who have to be done before: with two served at once, only one of these two is
        in front of whoever comes next. Nobody who is served at once is told a place.
        Raises ModelBusyError if the queue is full, ModelError if `cancel` is set in the meantime.
        """
        ticket = object()
        with self._changed:
            if self.people_in_front > self.max_waiting:
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
                place = self._place(ticket)
                if place == reported and place > 0:
                    self._changed.wait(CANCEL_POLL_SECONDS)
                    place = self._place(ticket)
            if cancel and cancel.is_set():
                raise ModelError("the answer was stopped.")
            if place == 0:
                return
            if place != reported and on_place:
                on_place(place)
            reported = place

    def _place(self, ticket: object) -> int:
        return max(0, self._tickets.index(ticket) - self.at_once() + 1)
