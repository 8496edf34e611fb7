"""Feedback on answers in SQLite: one thumb per user and answer, with an optional reason.

(A module of its own: one table, one module.)
"""

from datetime import UTC, datetime

from rag.store.database import Database


class FeedbackStore:
    """Thumbs up and down."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def give(self, message_id: int, *, user_id: int, liked: bool, reason: str = "") -> None:
        """Store a thumb in place of the user's earlier one; without a reason, a stored one stays.

        Changing a thumb down to a thumb up deletes its reason.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self.database.transaction() as db:
            db.execute(
                "INSERT INTO feedback VALUES (?, ?, ?, ?, ?) ON CONFLICT (message, person) "
                "DO UPDATE SET reason = CASE WHEN excluded.liked = liked AND excluded.reason = '' "
                "THEN reason ELSE excluded.reason END, liked = excluded.liked, "
                "given_at = excluded.given_at",
                (message_id, user_id, liked, reason, now),
            )

    def counts(self) -> tuple[int, int]:
        """Return the numbers of thumbs up and thumbs down."""
        row = self.database.connection.execute(
            "SELECT COALESCE(SUM(liked), 0) AS up, COUNT(*) AS every FROM feedback"
        ).fetchone()
        return row["up"], row["every"] - row["up"]
