"""The clock that waiting goes by: tests put in one that only they move."""

import time


class Clock:
    """Seconds since 1970, which several processes agree on, and sleep."""

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        time.sleep(seconds)
