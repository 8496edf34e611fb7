"""Four papers of one week."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ingest.sync import ingest
from rag.library import Library
from rag.records import Paper
from tests.papers import HERON, LOOM, PASTRY, TIDAL, ListSource

FRIDAY = date(2025, 12, 5)


def featured(paper: Paper, day: date, upvotes: int) -> Paper:
    return replace(paper, featured_on=day, upvotes=upvotes)


@pytest.fixture
def week(library: Library) -> Library:
    """A library with four papers of one week, two of them on Friday."""
    papers = [
        featured(HERON, FRIDAY, 3),
        featured(TIDAL, FRIDAY, 9),
        featured(PASTRY, FRIDAY - timedelta(days=1), 9),
        featured(LOOM, FRIDAY - timedelta(days=4), 1),
    ]
    ingest(ListSource(papers), library)
    return library
