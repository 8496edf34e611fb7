"""Papers that the index lacks are in it before, or soon after, the first question."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.index_builder import building_index
from ingest.sync import ingest
from rag.library import Library
from tests.papers import HERON, PAPERS, ListSource, many

Run = Callable[..., tuple[int, str, str]]


def lose_some(library: Library) -> None:
    """Leave a folder as an update does that cleaned the text of one paper."""
    library.catalog.database.connection.execute(
        "DELETE FROM chunk_vectors WHERE paper = (SELECT id FROM papers WHERE paper_id = ?)",
        (HERON.paper_id,),
    )


@pytest.mark.parametrize(
    "command", [("ask", "how accurate is HeronNet?"), ("search", "wading birds")]
)
def test_a_question_finds_papers_that_the_index_lacked(
    run: Run, filled: Library, command: tuple[str, ...]
) -> None:
    lose_some(filled)
    filled.close()
    status, out, err = run("--data-dir", filled.folder, "--no-model", *command)
    assert (status, err) == (0, "")
    assert HERON.title in out


def test_many_missing_papers_are_named_with_the_cure(
    run: Run, filled: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.index_builder.AT_ONCE", 3)
    filled.catalog.upsert(many(5))
    filled.close()
    assert run("--data-dir", filled.folder, "--no-model", "ask", "what is HeronNet?")[0] == 0
    assert "5 papers are not indexed yet" in caplog.text
    assert "`paperboy sync`" in caplog.text


def test_the_bot_indexes_them_while_it_answers(library: Library, tmp_path: Path) -> None:
    ingest(ListSource(), library)
    library.catalog.upsert(many(5))
    told: list[str] = []
    with building_index(library, told.append):
        [builder] = [t for t in threading.enumerate() if t.name == "index-builder"]
        builder.join(30)
        assert library.index.pending_count() == 0
    assert told == []
    assert library.index.vectors.counts()[0] == len(PAPERS) + 5
