"""Papers that the index lacks are in it before, or soon after, the first question."""

import time
from collections.abc import Callable

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


def wait_for(condition: Callable[[], bool], *, seconds: float = 30) -> bool:
    ends_at = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends_at:
        time.sleep(0.02)
    return condition()


def test_the_bot_indexes_them_while_it_answers(library: Library) -> None:
    ingest(ListSource(), library)
    library.catalog.upsert(many(5))
    told: list[str] = []
    with building_index(library, told.append):
        assert wait_for(library.index.is_complete)
    assert told == []
    assert library.index.vectors.counts()[0] == len(PAPERS) + 5


def test_sentences_are_encoded_while_nobody_is_answered(library: Library) -> None:
    ingest(ListSource(many(40)), library)
    with library.turns.answering(), building_index(library, lambda _: None):
        assert not wait_for(library.index.is_complete, seconds=1)
        assert library.index.sentence_counts() == (0, 40)
    with building_index(library, lambda _: None):
        assert wait_for(library.index.is_complete)
        assert wait_for(lambda: library.index.vectors.counts()[1] > 40)


def test_the_sentences_of_papers_that_come_later_follow(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.index_builder.LOOK_SECONDS", 0.05)
    ingest(ListSource(), library)
    with building_index(library, lambda _: None):
        assert wait_for(library.index.is_complete)
        ingest(ListSource(many(5)), library)
        assert wait_for(library.index.is_complete)


def test_people_who_always_ask_do_not_stop_it(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.index_builder.GIVE_WAY_SECONDS", 0.05)
    ingest(ListSource(), library)
    with library.turns.answering(), building_index(library, lambda _: None):
        assert wait_for(library.index.is_complete)


def test_a_fault_is_told_once_and_tried_again(
    library: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.index_builder.LOOK_SECONDS", 0.05)
    ingest(ListSource(), library)
    monkeypatch.setattr("rag.store.database.BUSY_SECONDS", 0.05)  # of the builder's connection
    connection = library.catalog.database.connection
    connection.execute("BEGIN IMMEDIATE")
    with building_index(library, lambda _: None):
        assert wait_for(lambda: bool(caplog.records))
        assert not wait_for(library.index.is_complete, seconds=0.5)
        connection.execute("ROLLBACK")
        assert wait_for(library.index.is_complete)
    assert [record.args for record in caplog.records] == [
        ("paperboy.sqlite is busy: another program writes to it; try again soon.",)
    ]
