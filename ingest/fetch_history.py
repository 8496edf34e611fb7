"""The lists and pages that were read, in SQLite, so that only changes are fetched again.

A list is recorded only after its papers are in the catalogue, so that a run that was killed on
some day continues at that day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from ingest.clock import Clock
from rag.store.database import Database

# So long after its last day a list is complete and its papers' upvotes hardly change.
SETTLED_AFTER = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class KnownPage:
    """A page as it was when its papers were last stored; ETag "" if it never was."""

    address: str
    etag: str
    records: int


class FetchHistory:
    """The tables `pages` and `lists`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.clock = clock
        self._database = database

    def page(self, path: str, params: Mapping[str, str]) -> KnownPage:
        """Return what is known about a page."""
        address = f"{path}?{urlencode(sorted(params.items()))}"
        row = self._database.connection.execute(
            "SELECT * FROM pages WHERE address = ?", (address,)
        ).fetchone()
        if row is None:
            return KnownPage(address, "", 0)
        return KnownPage(address, row["etag"], row["records"])

    def mark_stored(self, page: KnownPage, list_name: str = "", records: int = 0) -> None:
        """Record that a page's papers are stored and, on its last page, that the list is read."""
        with self._database.transaction() as db:
            if page.etag and page.records:  # an empty page must be fetched again
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
        """Return whether a list was read to its end in the last `seconds`."""
        read_at = self._read_at(name)
        return read_at is not None and self.clock.now() - read_at.timestamp() < seconds

    def is_settled(self, name: str, last_day: date) -> bool:
        """Return whether a list had papers when it was read at least SETTLED_AFTER its last day."""
        read_at = self._read_at(name, min_records=1)
        return read_at is not None and read_at.date() - last_day >= SETTLED_AFTER

    def _read_at(self, name: str, *, min_records: int = 0) -> datetime | None:
        row = self._database.connection.execute(
            "SELECT read_at FROM lists WHERE name = ? AND records >= ?", (name, min_records)
        ).fetchone()
        return datetime.fromtimestamp(row["read_at"], UTC) if row else None
