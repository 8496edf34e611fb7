"""A library with a paper whose whole text the fake of Hugging Face has."""

import pytest

from ingest.sync import ingest
from rag.library import Library
from tests.papers import ListSource
from tests.rag.answering.test_full_text import TIDEWATER


@pytest.fixture
def papers(filled: Library) -> Library:
    """The few papers and Tidewater."""
    ingest(ListSource([TIDEWATER]), filled)
    return filled
