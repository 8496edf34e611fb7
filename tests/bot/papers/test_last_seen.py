"""Up to which day a user has seen the papers."""

from datetime import UTC, date, datetime, timedelta

from bot.papers.last_seen import LastSeenStore, Look
from rag.library import Library

EARLIER, LATER = date(2025, 12, 3), date(2025, 12, 5)
HERE, ALICE = 1, 11


def test_an_older_look_changes_nothing(library: Library) -> None:
    seen, now = LastSeenStore(library.catalog.database), datetime.now(UTC).replace(microsecond=0)
    seen.record(HERE, ALICE, LATER, now)
    seen.record(HERE, ALICE, EARLIER, now + timedelta(hours=1))
    assert seen.last(HERE, ALICE) == Look(LATER, now)
    assert seen.last(None, ALICE) is None
    assert seen.last(HERE, 12) is None
    seen.record(None, ALICE, LATER, now)
    seen.forget_guild(HERE)
    assert seen.last(HERE, ALICE) is None
    assert seen.last(None, ALICE) == Look(LATER, now)


def test_a_digest_by_direct_message_counts_everywhere(library: Library) -> None:
    seen, now = LastSeenStore(library.catalog.database), datetime.now(UTC).replace(microsecond=0)
    seen.record_digest(ALICE, EARLIER, now)
    assert seen.last(HERE, ALICE) == seen.last(None, ALICE) == Look(EARLIER, now)
    assert seen.last(HERE, 12) is None
    seen.record(HERE, ALICE, LATER, now)
    assert seen.last(HERE, ALICE) == Look(LATER, now)
    assert seen.last(2, ALICE) == Look(EARLIER, now)
