"""How often each host may be asked, by all processes of a data folder together.

Turns are rows in SQLite: a request takes the next free turn, which may be in the future, and waits
for it. If a host wants one connection at a time, a lock file is held during the request.
"""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from filelock import FileLock, Timeout

from ingest.clock import Clock
from ingest.migrations import MIGRATIONS
from rag.store.database import IN_MEMORY, Database, open_database

log = logging.getLogger(__name__)

LOCK_SECONDS = 120.0  # how long another process may take for its request
MAX_AHEAD_SECONDS = 3600.0  # no turn is taken further in the future than this
MAX_PAUSE_SECONDS = 86_400.0  # a host is asked again after a day, whatever it wanted


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `requests` in any `seconds`; with `one_connection`, one request at a time."""

    requests: int
    seconds: float
    one_connection: bool = False


class BusyError(Exception):
    """The next turn comes too late: in `wait` seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"not before {wait:.0f} seconds from now")
        self.wait = wait


class RateLimiter:
    """Grants turns at hosts."""

    def __init__(self, database: Database | None, clock: Clock) -> None:
        """Without a database, only requests through this object are counted."""
        self.clock = clock
        self._folder = database.path.parent if database else None
        self._database = database or open_database(IN_MEMORY, [MIGRATIONS])

    @contextmanager
    def turn(self, host: str, limit: RateLimit, *, max_wait: float) -> Iterator[None]:
        """Wait for a turn and hold it. Raises BusyError if it comes after `max_wait` seconds."""
        try:
            with self._connection_lock(host, limit):
                wait = self._take(host, limit, max_wait)
                if wait > 0:
                    log.info("%s is asked again in %.1f seconds", host, wait)
                self.clock.sleep(wait)
                try:
                    yield
                finally:
                    if limit.one_connection:  # the pause begins at the end of the request
                        self._add_turn(host, self.clock.now())
        except Timeout as error:
            raise BusyError(LOCK_SECONDS) from error

    def pause(self, host: str, seconds: float) -> None:
        """Make every process leave the host alone for this long, at most MAX_PAUSE_SECONDS."""
        until = self.clock.now() + bounded_pause(seconds)
        with self._database.transaction() as db:
            db.execute(
                "INSERT INTO pauses VALUES (?, ?) "
                "ON CONFLICT (host) DO UPDATE SET until = MAX(until, excluded.until)",
                (host, until),
            )

    def close(self) -> None:
        """Close the database, if it belongs to this object alone."""
        if self._folder is None:
            self._database.close()

    def _add_turn(self, host: str, at: float) -> None:
        with self._database.transaction() as db:
            db.execute("INSERT INTO turns VALUES (?, ?)", (host, at))

    def _connection_lock(self, host: str, limit: RateLimit) -> AbstractContextManager[object]:
        if not limit.one_connection or self._folder is None:
            return nullcontext()
        return FileLock(self._folder / f"{host.replace(':', '_')}.lock", timeout=LOCK_SECONDS)

    def _take(self, host: str, limit: RateLimit, max_wait: float) -> float:
        """Take the next free turn and return the seconds until then."""
        now = self.clock.now()
        with self._database.transaction() as db:
            db.execute(  # a turn far in the future was written when the clock was wrong
                "DELETE FROM turns WHERE host = ? AND (at <= ? OR at > ?)",
                (host, now - limit.seconds, now + MAX_AHEAD_SECONDS),
            )
            db.execute(  # the same holds for a pause
                "DELETE FROM pauses WHERE until <= ? OR until > ?",
                (now, now + bounded_pause(float("inf"))),
            )
            row = db.execute("SELECT until FROM pauses WHERE host = ?", (host,)).fetchone()
            at = max(now, row["until"]) if row else now
            # The turn `requests` before this one must be older than the limit's period by then.
            earlier = db.execute(
                "SELECT at FROM turns WHERE host = ? ORDER BY at DESC LIMIT 1 OFFSET ?",
                (host, limit.requests - 1),
            ).fetchone()
            at = max(at, earlier["at"] + limit.seconds) if earlier else at
            if at - now > max_wait:
                raise BusyError(at - now)
            db.execute("INSERT INTO turns VALUES (?, ?)", (host, at))
        return float(at - now)


def bounded_pause(seconds: float) -> float:
    """Return a pause that a host asked for, between 0 and MAX_PAUSE_SECONDS."""
    return max(0.0, min(seconds, MAX_PAUSE_SECONDS))
