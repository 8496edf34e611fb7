"""A digest as JSON and back."""

from dataclasses import replace

from rag.digest.make import make_digest
from rag.digest.serialization import digest_from_json, digest_to_json
from rag.library import Library
from tests.papers import HERON, PASTRY
from tests.rag.digest.conftest import FRIDAY


def test_a_digest_survives_as_json_with_papers_by_their_ids(week: Library) -> None:
    digest = replace(make_digest(week, "week", FRIDAY), note="A “note”.")
    text = digest_to_json(digest)
    assert HERON.abstract not in text
    assert digest_from_json(text, week.catalog) == digest


def test_papers_are_read_as_they_are_now_and_deleted_ones_are_omitted(week: Library) -> None:
    digest = make_digest(week, "week", FRIDAY)
    text = digest_to_json(digest)
    with week.catalog.database.transaction() as db:
        db.execute("UPDATE papers SET upvotes = 77 WHERE paper_id = ?", (HERON.paper_id,))
    again = digest_from_json(text.replace(PASTRY.paper_id, "arxiv:9999.99999"), week.catalog)
    assert PASTRY.title not in [entry.paper.title for entry in again.ranked]
    assert len(again.ranked) == len(digest.ranked) - 1
    upvotes = [e.paper.upvotes for e in again.ranked if e.paper.title == HERON.title]
    assert upvotes == [77]
