"""How often a host may be asked, by all processes of a data folder together.

Turns are rows in SQLite: who wants to ask takes the next free one, which may lie in the future,
and waits for it. Where a host wants one connection at a time, a lock file is held meanwhile.
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

LOCK_SECONDS = 120.0  # how long another process may take with its request
FARTHEST = 3600.0  # seconds; no turn is taken further ahead than this


@dataclass(frozen=True, slots=True)
class Rule:
    """So many requests in so many seconds; `alone`: and one connection at a time."""

    requests: int
    seconds: float
    alone: bool = False


class BusyError(Exception):
    """The next turn comes later than one can wait; `wait` is in how many seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"not before {wait:.0f} seconds from now")
        self.wait = wait


class Pace:
    """Turns at hosts."""

    def __init__(self, database: Database | None, clock: Clock) -> None:
        """Without a database the pace is kept for this object alone."""
        self.clock = clock
        self._folder = database.path.parent if database else None
        self._database = database or open_database(IN_MEMORY, [MIGRATIONS])

    @contextmanager
    def turn(self, host: str, rule: Rule, *, longest: float) -> Iterator[None]:
        """Wait for a turn and hold it; raise BusyError if it does not come in `longest` seconds."""
        try:
            with self._alone(host, rule):
                wait = self._take(host, rule, longest)
                if wait > 0:
                    log.info("%s is asked again in %.1f seconds", host, wait)
                self.clock.sleep(wait)
                try:
                    yield
                finally:
                    if rule.alone:  # counted from the end, so that no delay brings two together
                        self._note(host, self.clock.now())
        except Timeout as error:
            raise BusyError(LOCK_SECONDS) from error

    def pause(self, host: str, seconds: float) -> None:
        """Leave a host alone for so long, as it asked: every process does."""
        until = self.clock.now() + seconds
        with self._database.transaction() as db:
            db.execute(
                "INSERT INTO pauses VALUES (?, ?) "
                "ON CONFLICT (host) DO UPDATE SET until = MAX(until, excluded.until)",
                (host, until),
            )

    def close(self) -> None:
        """Let go of what was kept for this object alone."""
        if self._folder is None:
            self._database.close()

    def _note(self, host: str, at: float) -> None:
        with self._database.transaction() as db:
            db.execute("INSERT INTO turns VALUES (?, ?)", (host, at))

    def _alone(self, host: str, rule: Rule) -> AbstractContextManager[object]:
        if not rule.alone or self._folder is None:
            return nullcontext()
        return FileLock(self._folder / f"{host.replace(':', '_')}.lock", timeout=LOCK_SECONDS)

    def _take(self, host: str, rule: Rule, longest: float) -> float:
        """Take the next free turn and return the seconds until then."""
        now = self.clock.now()
        with self._database.transaction() as db:
            db.execute(  # what lies far ahead was written by a clock that was wrong
                "DELETE FROM turns WHERE host = ? AND (at <= ? OR at > ?)",
                (host, now - rule.seconds, now + FARTHEST),
            )
            db.execute("DELETE FROM pauses WHERE until <= ?", (now,))
            row = db.execute("SELECT until FROM pauses WHERE host = ?", (host,)).fetchone()
            at = max(now, row["until"]) if row else now
            # The turn that is `requests` turns back must have left the window by then.
            taken = db.execute(
                "SELECT at FROM turns WHERE host = ? ORDER BY at DESC LIMIT 1 OFFSET ?",
                (host, rule.requests - 1),
            ).fetchone()
            at = max(at, taken["at"] + rule.seconds) if taken else at
            if at - now > longest:
                raise BusyError(at - now)
            db.execute("INSERT INTO turns VALUES (?, ?)", (host, at))
        return float(at - now)
