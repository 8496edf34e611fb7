"""A store of receipts in a database of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.answers.receipts import ReceiptStore
from bot.migrations import MIGRATIONS
from rag.store.database import open_database


@pytest.fixture
def receipts(tmp_path: Path) -> Iterator[ReceiptStore]:
    """An empty store that keeps receipts for two days."""
    database = open_database(tmp_path / "x.sqlite", [MIGRATIONS])
    yield ReceiptStore(database, days=2)
    database.close()
