"""Which lists of papers were read, and when: what is settled is not asked for again.

A list is written down only after its papers are in the catalogue, so a run that was killed on
some day goes on at that day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from ingest.clock import Clock
from rag.store.database import Database

SETTLED = timedelta(days=14)  # after so long upvotes hardly move and a list holds all its papers


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was when its papers were last stored."""

    address: str
    etag: str
    records: int


class Ledger:
    """Lists and pages that were read, in SQLite."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.clock = clock
        self._database = database

    def page(self, path: str, params: Mapping[str, str]) -> Page:
        """Return what is known of a page; nothing is known of a new one."""
        address = f"{path}?{urlencode(sorted(params.items()))}"
        row = self._database.connection.execute(
            "SELECT * FROM pages WHERE address = ?", (address,)
        ).fetchone()
        return Page(address, row["etag"], row["records"]) if row else Page(address, "", 0)

    def keep(self, page: Page, list_name: str = "", records: int = 0) -> None:
        """Note that a page's papers are stored, and the list's that it was the last page of."""
        with self._database.transaction() as db:
            if page.etag and page.records:  # nothing would be learnt of what is empty so far
                db.execute(
                    "INSERT OR REPLACE INTO pages VALUES (?, ?, ?)",
                    (page.address, page.etag, page.records),
                )
            if list_name:
                db.execute(
                    "INSERT OR REPLACE INTO lists VALUES (?, ?, ?)",
                    (list_name, self.clock.now(), records),
                )

    def read_within(self, name: str, seconds: float) -> bool:
        """Return whether a list was read to its end in the last so many seconds."""
        read = self._read_at(name)
        return read is not None and self.clock.now() - read.timestamp() < seconds

    def is_settled(self, name: str, last_day: date) -> bool:
        """Return whether a list was read when its last day was long past, and held papers."""
        read = self._read_at(name, full=True)
        return read is not None and read.date() - last_day >= SETTLED

    def _read_at(self, name: str, *, full: bool = False) -> datetime | None:
        row = self._database.connection.execute(
            "SELECT read_at FROM lists WHERE name = ? AND records >= ?", (name, int(full))
        ).fetchone()
        return datetime.fromtimestamp(row["read_at"], UTC) if row else None
