"""Thumbs up and down, with reasons."""

from bot.answers.feedback import FeedbackStore
from bot.answers.receipts import ReceiptStore


def test_a_reason_stays_until_another_thumb_or_reason(receipts: ReceiptStore) -> None:
    feedback = FeedbackStore(receipts.database)

    def kept() -> list[tuple[int, str]]:
        rows = receipts.database.connection.execute("SELECT liked, reason FROM feedback")
        return [(row["liked"], row["reason"]) for row in rows]

    feedback.give(1, user_id=2, liked=False, reason="too long")
    feedback.give(1, user_id=2, liked=False)  # the form opened once more and closed
    assert kept() == [(0, "too long")]
    feedback.give(1, user_id=2, liked=True)
    assert kept() == [(1, "")]
    feedback.give(1, user_id=3, liked=False)
    assert feedback.counts() == (1, 1)
