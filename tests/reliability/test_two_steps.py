"""Papers can be found before their sentences are encoded, and nobody notices a difference."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.app import open_library
from bot.index_builder import building_index
from bot.json_rows import answer_row
from ingest.sources.starter import StarterSource
from ingest.sync import index_sentences, ingest
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from rag.retrieval.counts import SentenceCounts, count_sentences, stored_counts
from rag.retrieval.paper_encoder import PAPERS_BETWEEN_LOOKS
from tests.papers import HERON, PAPERS, QUESTION, TODAY, ListSource
from tests.reliability.test_store import fill_disk, free_disk

Run = Callable[..., tuple[int, str, str]]
STARTER = 56  # papers
QUESTIONS = [
    json.loads(line)["question"]
    for line in (Path(__file__).parents[1] / "questions/own.jsonl").read_text("utf-8").splitlines()
][:24]
# A command whose second step takes small bites, so that there is something to interrupt.
INGEST = """
import sys, ingest.sync
ingest.sync.PAPERS_WITH_SENTENCES = 4
from bot.cli import main
sys.exit(main(["--data-dir", sys.argv[1], "ingest", "starter"]))
"""


def none(stage: str, done: int, total: int | None) -> None:
    """Report no progress."""


def asked(library: Library) -> PaperQA:
    return PaperQA(library, library.config, today=lambda: TODAY)


@pytest.fixture(scope="module", params=["encoded", "estimated"])
def abstracts_folder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with the starter set after the first step, of few papers or of many."""
    folder = tmp_path_factory.mktemp("abstracts")
    with closing(open_library(folder, RagConfig())) as library, pytest.MonkeyPatch.context() as p:
        if request.param == "estimated":
            p.setattr("ingest.sync.MANY_PAPERS", 1)
        ingest(StarterSource(), library)
        assert library.index.vectors.counts()[0] == (0 if request.param == "estimated" else STARTER)
    return folder


@pytest.fixture
def due(abstracts_folder: Path, tmp_path: Path, make_library: Callable[..., Library]) -> Library:
    """A library with the starter set whose sentences are due."""
    shutil.copytree(abstracts_folder, tmp_path / "due")
    return make_library(tmp_path / "due")


def assert_complete(library: Library) -> None:
    """Check that every sentence is in SQLite and in Chroma, with the vectors of its own text."""
    assert library.index.is_complete()
    ids = [paper.paper_id for paper in library.catalog.papers()]
    entries = library.index.stored_entries(ids)
    assert library.index.vectors.counts() == (
        len(ids),
        sum(len(entry.sentences) for entry in entries.values()),
    )
    for paper in library.catalog.get(ids[::9]).values():
        [encoded] = library.served.encoder.sentences([paper])
        entry = entries[paper.paper_id]
        assert entry.sentences == encoded.sentences
        assert np.allclose(entry.vectors[1:], encoded.vectors, atol=0.02)
        assert encoded.abstract is not None
        assert np.allclose(entry.vectors[:1], encoded.abstract, atol=0.02)


# -- questions in between ----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.protection("rag.retrieval.index.Index.encode_due", lambda *_: [])
def test_a_question_in_between_gets_the_quotes_that_it_gets_afterwards(due: Library) -> None:
    are_estimates = due.index.vectors.counts()[0] == 0  # of which questions encode more papers
    before = [answer_row(asked(due).ask(QUESTIONS[0]))]
    assert due.index.has_due()
    before += [answer_row(asked(due).ask(question)) for question in QUESTIONS[1:]]
    assert are_estimates or due.index.has_due()
    index_sentences(due, progress=none)
    assert_complete(due)
    after = [answer_row(asked(due).ask(question)) for question in QUESTIONS]
    for early, late in zip(before, after, strict=True):
        assert (early["answer"], early["refused"]) == (late["answer"], late["refused"])
        assert early["sources"] == late["sources"]


def test_a_question_stores_the_sentences_that_it_needed(
    due: Library, make_library: Callable[..., Library]
) -> None:
    first = asked(due).ask(QUESTIONS[1])
    assert asked(due).ask(QUESTIONS[1]).text == first.text
    encoded = due.index.sentence_counts().encoded
    assert 0 < encoded < STARTER
    due.close()
    again = make_library(due.folder)  # which adds them to Chroma
    assert again.index.sentence_counts().encoded == encoded
    assert again.index.vectors.counts() == stored_counts(again.index.database, again.index.embedder)
    assert again.index.vectors.counts()[1] > encoded


def test_a_question_waits_only_so_long(due: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.pipeline.MAX_ENCODING_SECONDS", 1e-9)  # the first few are encoded
    first = asked(due).ask(QUESTIONS[1])
    assert first.citations
    assert due.index.sentence_counts().encoded == PAPERS_BETWEEN_LOOKS
    monkeypatch.setattr("rag.pipeline.MAX_ENCODING_SECONDS", 60.0)
    _ = asked(due).ask(QUESTIONS[1])
    assert due.index.sentence_counts().encoded > PAPERS_BETWEEN_LOOKS


def test_sentences_that_are_due_have_estimates(due: Library) -> None:
    [paper] = due.catalog.papers()[:1]
    entry = due.index.stored_entries([paper.paper_id])[paper.paper_id]
    stand_in = due.served.encoder.stand_in(paper, entry)
    [encoded] = due.served.encoder.sentences([paper])
    assert stand_in.sentences == encoded.sentences
    cosines = stand_in.vectors[1:] @ encoded.vectors.T
    assert (cosines.argmax(axis=1) == range(len(encoded.sentences))).mean() > 0.7


def test_on_a_full_disk_a_question_is_answered_as_well(due: Library) -> None:
    fill_disk(due.catalog.database)
    text = asked(due).ask(QUESTIONS[1]).text
    assert due.index.sentence_counts().encoded == 0
    free_disk(due.catalog.database)
    assert asked(due).ask(QUESTIONS[1]).text == text
    assert due.index.sentence_counts().encoded > 0


def test_searches_take_the_encoded_abstract_for_its_estimate(due: Library) -> None:
    [paper] = due.catalog.papers()[:1]
    [encoded] = due.embedder.encode([f"{paper.title}\n{paper.abstract}"])

    def cosine() -> float:
        snapshot = due.retriever.snapshots.current()
        [place] = snapshot.places_of([paper.paper_id])
        vectors = np.concatenate([segment.vectors for segment, _ in snapshot.segments])
        return float(vectors[place].astype(np.float32) @ encoded)

    is_estimate = due.index.vectors.counts()[0] == 0
    assert (0.5 < cosine() < 0.99) == is_estimate
    index_sentences(due, progress=none)
    assert cosine() > 0.999


def test_a_changed_text_gets_its_own_sentences(library: Library) -> None:
    ingest(ListSource(), library)
    [old] = library.served.encoder.sentences([HERON])
    changed = replace(HERON, abstract="HeronNet counts cranes. It also counts storks, at night.")
    library.catalog.upsert([changed])
    library.index.add_sentences([old])  # encoded before the text changed
    ingest(ListSource([]), library)
    index_sentences(library, progress=none)
    entry = library.index.stored_entries([HERON.paper_id])[HERON.paper_id]
    assert entry.sentences == ("HeronNet counts cranes.", "It also counts storks, at night.")
    assert_complete(library)


def test_people_ask_while_the_bot_encodes_the_sentences(due: Library) -> None:
    qa = asked(due)
    expected = {question: qa.ask(question).text for question in QUESTIONS[:4]}
    due.index.clear()
    ingest(ListSource([]), due)
    with building_index(due, lambda _: None):
        ends_at = time.monotonic() + 120
        while not due.index.is_complete() and time.monotonic() < ends_at:
            for question, text in expected.items():
                assert qa.ask(question).text == text
            time.sleep(0.1)  # a moment in which nobody asks
    due.index.catch_up()  # the bot may have ended before Chroma had all of them
    assert_complete(due)


# -- kills ---------------------------------------------------------------------------------------


def sentence_counts(folder: Path) -> SentenceCounts:
    """Count from outside, as the process that is to be killed left it."""
    with closing(sqlite3.connect(folder / "paperboy.sqlite", timeout=10)) as connection:
        rows = connection.execute("SELECT sentences_due FROM chunk_vectors").fetchall()
    return SentenceCounts(sum(due == 0 for (due,) in rows), len(rows))


@contextmanager
def ingesting(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", INGEST, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout
    for line in process.stdout:
        if text in line:
            return line
    raise AssertionError(f"{text!r} was not printed: {process.stderr and process.stderr.read()}")


def wait_for(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["between the steps", "in the second step"])
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_ingest_has_lost_nothing_and_goes_on(
    make_library: Callable[..., Library],
    tmp_path: Path,
    run: Run,
    moment: str,
    sent: signal.Signals,
) -> None:
    folder = tmp_path / "data"
    with ingesting(folder) as process:
        read_until(process, "All papers can be found now.")
        if moment == "in the second step":
            wait_for(lambda: sentence_counts(folder).encoded > 0)
        process.send_signal(sent)
        status = process.wait(60)
        assert status == (130 if sent == signal.SIGINT else -signal.SIGKILL)
    left = sentence_counts(folder)
    assert left.papers == STARTER
    assert left.due > 0
    assert (left.encoded > 0) == (moment == "in the second step")
    library = make_library(folder)
    early = asked(library).ask(QUESTIONS[1]).text
    library.close()
    status, out, err = run("--data-dir", folder, "ingest", "starter")
    assert (status, err) == (0, "")
    assert "56 known; 0 indexed" in out
    assert "Sentence vectors: all 56 papers" in out
    library = make_library(folder)
    assert_complete(library)
    assert asked(library).ask(QUESTIONS[1]).text == early


# -- what people are told -----------------------------------------------------------------------


def test_ingest_says_when_the_papers_can_be_found(run: Run, tmp_path: Path) -> None:
    status, out, err = run("--data-dir", tmp_path, "ingest", "starter")
    assert (status, err) == (0, "")
    read, found, now, sentences = out.splitlines()
    assert read.startswith("starter: 56 papers read: 56 new, 0 changed, 0 known; 56 indexed (")
    assert found.startswith("In all: 56 papers")
    assert now == (
        "All papers can be found now. The sentences of 56 are being encoded, which makes answers "
        "faster: if you interrupt this, the next start continues."
    )
    assert sentences.startswith("Sentence vectors: all 56 papers (")
    status, out, err = run("--data-dir", tmp_path, "ingest", "starter")
    assert (status, err, len(out.splitlines())) == (0, "", 2)


@pytest.mark.slow
def test_doctor_counts_the_papers_whose_sentences_are_encoded(due: Library, run: Run) -> None:
    asked(due).ask(QUESTIONS[1])
    encoded = due.index.sentence_counts().encoded
    due.close()
    _, out, _ = run("--data-dir", due.folder, "--no-model", "doctor")
    assert (
        f"ok   sentence vectors: {encoded} of 56 papers; the rest follow in the running bot, or at "
        "the end of the next `paperboy sync`"
    ) in out
    run("--data-dir", due.folder, "ingest", "starter")
    _, out, _ = run("--data-dir", due.folder, "--no-model", "doctor")
    assert "ok   sentence vectors: all 56 papers\n" in out


def test_the_count_can_be_read_beside_the_process_that_owns_the_index(due: Library) -> None:
    database = due.catalog.database
    assert str(count_sentences(database, due.embedder.name)) == f"0 of {STARTER} papers"
    ingest(ListSource(), due)
    assert count_sentences(database, due.embedder.name) == (0, STARTER + len(PAPERS))


def test_two_threads_that_need_the_same_sentences(due: Library) -> None:
    ids = [paper.paper_id for paper in due.catalog.papers()][:8]
    threads = [threading.Thread(target=due.index.entries, args=(ids,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    index_sentences(due, progress=none)
    assert_complete(due)


def test_the_sample_question_is_answered_before_its_paper_is_complete(library: Library) -> None:
    ingest(ListSource(), library)
    assert "94.2%" in asked(library).ask(QUESTION).text
