"""Check S5: another embedding model in the config; its index is built while the old one answers."""

import asyncio
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bot.actions.doctor import _index
from bot.index_builder import building_index
from ingest.sync import build_next_index, index_pending, index_sentences
from rag.config import RagConfig
from rag.encoders.embedder import BUNDLED_NAME, load_embedder
from rag.errors import EmbedderError
from rag.library import Library
from rag.pipeline import PaperQA
from rag.retrieval.counts import stored_counts
from rag.trends import papers_about
from tests.bot.commands.test_run import TOKEN, config_of, running
from tests.both_steps import index_all, ingest_both
from tests.discord_fake import Interaction
from tests.discord_server import judged, text_of
from tests.models.tiny_embedder import DIMENSIONS, write_embedder
from tests.papers import HERON, PAPERS, TODAY, ListSource, many

QUESTION = "how accurate is HeronNet compared with human counters?"
NEW = replace(HERON, arxiv_id="2512.00009", title="Stork Radar", abstract="Storks by radar.")


@pytest.fixture(scope="module")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_embedder(tmp_path_factory.mktemp("models") / "other")


@pytest.fixture
def reopen(
    make_library: Callable[..., Library], tmp_path: Path, other_model: Path
) -> Callable[..., Library]:
    """Open a folder whose papers are indexed with the bundled model, by default for the other."""
    library = make_library(tmp_path / "data")
    ingest_both(ListSource(), library)
    library.close()

    def open_again(model: str = str(other_model)) -> Library:
        return make_library(
            tmp_path / "data", RagConfig.model_validate({"embedder": {"model": model}})
        )

    return open_again


def asked(library: Library) -> PaperQA:
    return PaperQA(library, library.config, today=lambda: TODAY)


def none(stage: str, done: int, total: int | None) -> None:
    """Report no progress."""


def fail(stage: str, done: int, total: int | None) -> None:
    raise ZeroDivisionError


def stored(library: Library) -> dict[str, int]:
    rows = library.catalog.database.connection.execute(
        "SELECT embedder, COUNT(*) AS n FROM chunk_vectors GROUP BY embedder"
    )
    return {row["embedder"]: row["n"] for row in rows}


def folders(library: Library) -> list[str]:
    return sorted(path.name for path in library.folder.glob("chroma*"))


@pytest.mark.protection("rag.library.fuller_embedder", lambda *_, **__: "")
def test_s5_the_old_index_answers_until_the_new_one_is_built(
    reopen: Callable[..., Library], monkeypatch: pytest.MonkeyPatch, other_model: Path
) -> None:
    monkeypatch.setattr("ingest.sync.PAPERS_PER_BATCH", 1)
    library = reopen()
    qa = asked(library)
    seen = []

    def ask(stage: str, done: int, total: int | None) -> None:
        if done == total == len(PAPERS):
            library.catalog.upsert([NEW])  # comes in the last moment
        if stage == "indexing":
            seen.append((done, library.embedder.name, "94.2%" in qa.ask(QUESTION).text))
        assert papers_about(library, "wading birds", PAPERS)

    assert build_next_index(library, progress=ask) == len(PAPERS) + 1
    assert seen == [(n, BUNDLED_NAME, True) for n in range(1, len(PAPERS) + 2)]
    assert library.embedder.name == str(other_model)
    assert library.next_embedder is None
    assert "94.2%" in qa.ask(QUESTION).text
    assert library.index.pending_count() == 0
    entry = library.index.entries([HERON.paper_id])[HERON.paper_id]
    assert entry.vectors.shape[1] == DIMENSIONS


@pytest.mark.protection("rag.library.fuller_embedder", lambda *_, **__: "")
def test_s5_a_killed_build_goes_on_and_the_old_index_answers_again(
    reopen: Callable[..., Library], monkeypatch: pytest.MonkeyPatch, other_model: Path
) -> None:
    monkeypatch.setattr("ingest.sync.PAPERS_PER_BATCH", 1)

    def kill(stage: str, done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    library = reopen()
    for n in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            build_next_index(library, progress=kill)
        library.close()
        library = reopen()
        assert stored(library) == {BUNDLED_NAME: len(PAPERS), str(other_model): n}
        assert "94.2%" in asked(library).ask(QUESTION).text
    assert build_next_index(library, progress=none) == len(PAPERS) - 2


@pytest.mark.protection("rag.retrieval.index.Index.drop_others", lambda self: None)
@pytest.mark.protection("rag.retrieval.chroma.ChunkVectors.remove_others", lambda _: None)
def test_s5_the_old_vectors_go_when_the_folder_is_opened_again(
    reopen: Callable[..., Library], other_model: Path
) -> None:
    library = reopen()
    assert not _index(library).ok
    build_next_index(library, progress=none)
    assert len(folders(library)) == 2  # questions in work may still need the old one
    library.close()
    library = reopen()
    assert _index(library).ok
    assert stored(library) == {str(other_model): len(PAPERS)}
    assert len(folders(library)) == 1
    assert "94.2%" in asked(library).ask(QUESTION).text


def test_s5_a_change_that_is_taken_back_costs_nothing(
    reopen: Callable[..., Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.sync.PAPERS_PER_BATCH", 1)
    library = reopen()
    with pytest.raises(ZeroDivisionError):
        build_next_index(library, progress=fail)
    library.close()
    library = reopen("bundled")
    assert library.index.pending_count() == 0
    assert library.next_embedder is None
    assert stored(library) == {BUNDLED_NAME: len(PAPERS)}
    assert folders(library) == ["chroma"]


def test_s5_a_changed_paper_is_stale_in_both_indexes(
    reopen: Callable[..., Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = reopen()
    kept = library.swap_index

    def change() -> None:
        library.catalog.upsert([replace(HERON, abstract="HeronNet counts storks at night.")])
        kept()

    monkeypatch.setattr(library, "swap_index", change)
    build_next_index(library, progress=none)
    library.close()
    library = reopen()
    index_sentences(library, progress=none)
    [entry] = library.index.entries([HERON.paper_id]).values()
    assert entry.sentences == ("HeronNet counts storks at night.",)
    assert library.index.vectors.counts() == stored_counts(
        library.index.database, library.index.embedder
    )


def test_s5_an_old_model_that_is_gone_is_named_with_the_cure(
    reopen: Callable[..., Library], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.library.load_embedder", load_embedder)  # one that forgets
    gone = write_embedder(tmp_path / "gone")
    library = reopen(str(gone))
    build_next_index(library, progress=none)
    library.close()
    (gone / "modules.json").rename(tmp_path / "modules.json")
    for weights in gone.glob("model*"):
        weights.unlink()
    library = reopen()
    with pytest.raises(EmbedderError, match="run `paperboy reindex`"):
        library.require_indexed()
    assert index_pending(library, progress=none) == len(PAPERS)
    assert "94.2%" in asked(library).ask(QUESTION).text


@pytest.mark.slow
@pytest.mark.protection("ingest.sync.build_next_index", lambda *_, **__: 0)
def test_s5_people_ask_on_all_the_while(reopen: Callable[..., Library], other_model: Path) -> None:
    library = reopen()
    library.catalog.upsert(list(many(300)))
    index_all(library)
    qa, told, built = asked(library), [], threading.Event()

    def tell(text: str) -> None:
        told.append(text)
        built.set()

    def ask() -> list[str]:
        answers = []
        while not built.is_set():
            answers.append(qa.ask(QUESTION).text)
        return [*answers, qa.ask(QUESTION).text]

    with ThreadPoolExecutor() as people, building_index(library, tell):
        asking = [people.submit(ask) for _ in range(4)]
        in_time = built.wait(60)
        built.set()
        answers = [text for future in asking for text in future.result()]
    assert in_time
    assert told == [f"The index of {other_model} is built: it answers from now on."]
    assert len(answers) > 2 * len(asking)
    assert all(answers)


def is_answered(asked: Interaction) -> bool:
    return asked.original is not None and "paper" in text_of(asked.original)


@pytest.mark.slow
async def test_s5_the_bot_builds_the_index_by_itself(
    tmp_path: Path, starter_folder: Path, other_model: Path
) -> None:
    config = config_of(tmp_path)
    Path(config).write_text(Path(config).read_text() + f'[rag.embedder]\nmodel = "{other_model}"\n')
    data = tmp_path / "data"
    data.symlink_to(starter_folder)
    arguments = ("--data-dir", str(data), "--config", config, "run")
    async with judged(token=TOKEN) as fake, running(fake, *arguments) as process:
        await fake.until(lambda: fake.identifies, 40)
        for _ in range(5):
            question = "which paper has an overuse penalty?"
            asked = await fake.slash("alice", "ask", question=question)
            await asked.wait_ack()
            await fake.until(partial(is_answered, asked), 30)
            await asyncio.sleep(1)
        process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(process.communicate(), 30)
    assert f"The index of {other_model} is built" in err.decode()
    assert "Traceback" not in err.decode()
