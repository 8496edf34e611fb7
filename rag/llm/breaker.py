"""A circuit breaker: after too many crashes in a row the model is paused, then tried once more."""

import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

MAX_CRASHES = 5  # in a row, without a finished answer in between; then the model is paused
RESTART_SECONDS = (0.1, 0.5, 2.0, 5.0)  # before the first, second … restart
MAX_PAUSE_SECONDS = 900.0


class CircuitBreaker:
    """Counts crashes and says how long to wait before the next start.

    Closed: every crash is followed by a restart, each later than the one before. Open: after
    `max_crashes` in a row the model is paused for `pause_seconds` and gets no requests. Then it is
    started on trial: a finished answer closes the breaker; a crash opens it again for twice as
    long.
    """

    def __init__(
        self,
        pause_seconds: float,
        *,
        max_crashes: int = MAX_CRASHES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pause_seconds = pause_seconds
        self.max_crashes = max_crashes
        self.clock = clock
        self._crashes_in_a_row = 0
        self._paused_until = 0.0

    @property
    def seconds_until_retry(self) -> float:
        """How long the pause still lasts; 0 while the breaker is closed."""
        return max(0.0, self._paused_until - self.clock())

    def record_success(self) -> None:
        """Count a finished answer, which closes the breaker."""
        self._crashes_in_a_row = 0

    def record_crash(self) -> float:
        """Count a crash; return the seconds to wait before the next start."""
        self._crashes_in_a_row += 1
        excess = self._crashes_in_a_row - self.max_crashes
        if excess < 0:
            return RESTART_SECONDS[min(self._crashes_in_a_row, len(RESTART_SECONDS)) - 1]
        pause = min(self.pause_seconds * 2.0**excess, MAX_PAUSE_SECONDS)
        self._paused_until = self.clock() + pause
        log.warning(
            "The model process died %s times in a row: answers are quoted, and it is tried again "
            "in %.0f s.", self._crashes_in_a_row, pause,
        )  # fmt: skip
        return pause
