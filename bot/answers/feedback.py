"""What people think of the answers, in SQLite: one thumb a person and answer, with a reason."""

from datetime import UTC, datetime

from rag.store.database import Database


class FeedbackStore:
    """Thumbs up and down."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def give(self, message: int, *, user_id: int, liked: bool, reason: str = "") -> None:
        """Note a thumb in place of the person's earlier one; a known reason stays if none is given.

        The reason of a thumb down does not outlive a change to a thumb up.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self.database.transaction() as db:
            db.execute(
                "INSERT INTO feedback VALUES (?, ?, ?, ?, ?) ON CONFLICT (message, person) "
                "DO UPDATE SET reason = CASE WHEN excluded.liked = liked AND excluded.reason = '' "
                "THEN reason ELSE excluded.reason END, liked = excluded.liked, "
                "given_at = excluded.given_at",
                (message, user_id, liked, reason, now),
            )

    def counts(self) -> tuple[int, int]:
        """Return how many thumbs up and down there are."""
        row = self.database.connection.execute(
            "SELECT COALESCE(SUM(liked), 0) AS up, COUNT(*) AS every FROM feedback"
        ).fetchone()
        return row["up"], row["every"] - row["up"]
