"""After too many crashes in a row the model rests for a while, then it is tried once more."""

import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

CRASHES = 5  # in a row, without a finished answer between, after which it rests
RESTART_SECONDS = (0.1, 0.5, 2.0, 5.0)  # before the first, second … restart
MAX_REST_SECONDS = 900.0


class Breaker:
    """Counts crashes; says how long to wait before the next start, and whether it is a rest.

    Closed: every crash is followed by a restart, later each time. Open: after `crashes` in a row
    nobody is sent to the model for `rest_seconds`. Then it is started on trial: a finished answer
    closes the breaker, a crash opens it again for twice as long.
    """

    def __init__(
        self,
        rest_seconds: float,
        *,
        crashes: int = CRASHES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rest_seconds = rest_seconds
        self.crashes = crashes
        self.clock = clock
        self._in_a_row = 0
        self._rests_until = 0.0

    @property
    def seconds_to_rest(self) -> float:
        """How long nobody is sent to the model yet; 0 while the breaker is closed."""
        return max(0.0, self._rests_until - self.clock())

    def finished(self) -> None:
        """Note an answer that came to its end: all is well again."""
        self._in_a_row = 0

    def crashed(self) -> float:
        """Note a crash; return the seconds to wait before the next start."""
        self._in_a_row += 1
        over = self._in_a_row - self.crashes
        if over < 0:
            return RESTART_SECONDS[min(self._in_a_row, len(RESTART_SECONDS)) - 1]
        rest = min(self.rest_seconds * 2.0**over, MAX_REST_SECONDS)
        self._rests_until = self.clock() + rest
        log.warning(
            "The model process died %s times in a row: answers are quoted, and it is tried again "
            "in %.0f s.", self._in_a_row, rest,
        )  # fmt: skip
        return rest
