"""The vectors in a Chroma server: a real `chroma run`, and whatever can go wrong with it."""

import logging
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.actions.doctor import _guarded, _index
from bot.app import MIGRATIONS, open_library
from ingest.sync import ingest_now
from rag.backup import back_up, restore
from rag.config import RagConfig
from rag.errors import IndexInUseError, VectorServerError
from rag.full_text.records import FullText, TextPassage
from rag.full_text.store import MAX_SCORED
from rag.library import Library
from rag.retrieval.chroma_server import ServerVectors, VectorServer
from rag.retrieval.counts import stored_counts
from tests.both_steps import ingest_both
from tests.certificates import make_certificate
from tests.chroma_server import ChromaServer, answering, chroma, chroma_running, gate
from tests.papers import HERON, LOOM, PAPERS, PLAIN, ListSource
from tests.rag.retrieval.test_chroma import IDS, VECTORS

__all__ = ["chroma"]  # a fixture

Open = Callable[..., Library]
OTHER = replace(PLAIN, title="Egrets", arxiv_id="2501.00008")
QUESTION = "how does a heron catch fish?"
DOWN = "until then papers are found by their abstracts."


def config_for(server: ChromaServer | str) -> RagConfig:
    url = server if isinstance(server, str) else server.url
    return RagConfig.model_validate({"vectors": {"url": url}})


@pytest.fixture
def open_at(tmp_path: Path) -> Iterator[Open]:
    """Open the data folder with its vectors in a server; all are closed in the end."""
    opened: list[Library] = []

    def open_it(server: ChromaServer | str, folder: Path | None = None) -> Library:
        opened.append(open_library(folder or tmp_path / "data", config_for(server)))
        return opened[-1]

    yield open_it
    for library in opened:
        library.close()


def found_by(library: Library) -> list[str]:
    return [hit.paper.paper_id for hit in library.retriever.search(QUESTION)]


def is_complete(library: Library) -> bool:
    index = library.index
    counts = index.vectors.counts()
    return counts == stored_counts(index.database, index.embedder) and index.vectors.is_sound(
        index._probes()
    )


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]


@pytest.fixture
def stored(chroma: ChromaServer, tmp_path: Path) -> Iterator[ServerVectors]:
    server = VectorServer(chroma.url)
    vectors = ServerVectors(server, tmp_path / "chroma", embedder="one", owns=lambda: True)
    assert vectors.connect()
    vectors.add(IDS, VECTORS)
    yield vectors
    vectors.close()


def test_abstracts_sentences_and_passages_are_searched_apart(stored: ServerVectors) -> None:
    assert stored.counts() == (3, 3)
    assert stored.nearest(VECTORS[1], 1)[1] == "a#1"
    stored.add_passages(["p/§1#1", "p/§1#2"], VECTORS[:2])
    assert stored.nearest_passages(VECTORS[0], 1, ["p/§1#1", "p/§1#2"]) == ["p/§1#1"]
    stored.delete_passages(["p/§1#2", "unknown"])
    assert stored.has_passages(1, [("p/§1#1", VECTORS[0])])
    assert not stored.has_passages(2, [])
    stored.clear_passages()
    assert not stored.has_passages(1, [])
    stored.delete(["a#1", "unknown#7"])
    stored.add(["a#1"], -VECTORS[1:2])
    assert stored.nearest(-VECTORS[1], 1)[1] == "a#1"
    stored.clear()
    assert stored.counts() == (0, 0)


def test_each_embedder_and_each_folder_has_its_own_collections(
    stored: ServerVectors, tmp_path: Path
) -> None:
    for embedder, folder in (("two", "chroma"), ("one", "another")):
        other = ServerVectors(
            stored.server, tmp_path / folder, embedder=embedder, owns=lambda: True
        )
        assert other.connect()
        other.add(["a#0"], np.ones((1, 4), dtype=np.float32))  # of other dimensions
        assert (other.counts(), stored.counts()) == ((1, 0), (3, 3))
        other.close()
    stored.remove_others()
    names = {one.name for one in stored._connected_client.list_collections()}
    own = {name for name in names if name.endswith(stored._suffix)}
    assert own == {stored.abstracts.name, stored.sentences.name}
    assert len(names) >= 4  # that of the other folder stays


def test_a_search_finds_the_same_as_in_a_folder(
    chroma: ChromaServer, open_at: Open, filled: Library
) -> None:
    expected = found_by(filled)
    counts = filled.index.vectors.counts()
    filled.close()
    library = open_at(chroma)  # of the same data: its vectors move to the server
    assert library.index.vectors.counts() == counts
    assert found_by(library) == expected
    assert not (library.folder / "chroma/chroma.sqlite3").exists()
    library.close()
    back = open_library(library.folder, RagConfig())
    assert back.index.vectors.counts() == counts
    assert found_by(back) == expected
    back.close()


def test_a_restored_backup_has_collections_of_its_own(
    chroma: ChromaServer, open_at: Open, tmp_path: Path
) -> None:
    library = open_at(chroma)
    ingest_both(ListSource(), library)
    back_up(library.folder, tmp_path / "b.tar.gz")
    ingest_both(ListSource([HERON, LOOM]), library)
    restore(tmp_path / "b.tar.gz", tmp_path / "new", MIGRATIONS)
    restored = open_at(chroma, tmp_path / "new")
    assert is_complete(restored)
    assert is_complete(library)
    assert found_by(restored) == found_by(library)


# -- a server that cannot be used ----------------------------------------------------------------


@pytest.mark.slow
def test_without_the_server_papers_are_read_and_found_and_it_catches_up(
    tmp_path: Path, open_at: Open, caplog: pytest.LogCaptureFixture
) -> None:
    server = ChromaServer(tmp_path / "server")
    library = open_at(server)
    ingest_both(ListSource(), library)
    assert HERON.paper_id in found_by(library)[:1]
    (problem,) = warnings(caplog)
    assert problem == (
        f"the Chroma server at {server.url} cannot be reached ([Errno 111] Connection refused): "
        f"start it, or check [rag.vectors] url in config.toml; {DOWN}"
    )
    with pytest.raises(VectorServerError, match="cannot be reached"):
        library.index.vectors.counts()
    with pytest.raises(VectorServerError):
        library.index.clear()
    assert library.index.pending_count() == 0  # nothing was deleted
    try:
        server.start()
        library.follow_index()
        assert is_complete(library)
        assert found_by(library)[0] == HERON.paper_id
        assert warnings(caplog)[1:] == [f"the Chroma server at {server.url} can be used again."]
    finally:
        server.stop()


@pytest.mark.slow
def test_without_the_server_the_nearest_passages_of_a_long_paper_are_found(open_at: Open) -> None:
    library = open_at("http://127.0.0.1:9")
    ingest_both(ListSource([HERON]), library)
    texts = [f"reed {n} {'camera' if n % 7 else 'lens'}" for n in range(MAX_SCORED + 20)]
    passages = tuple(
        TextPassage(f"{HERON.paper_id}/§1#{n}", ("1 Reeds",), text) for n, text in enumerate(texts)
    )
    whole = FullText(HERON.paper_id, passages, len(passages))
    library.full_texts.store(whole)
    found = library.full_texts.nearest(whole, library.embedder.encode_question("lens"))
    assert len(found) == MAX_SCORED
    cosines = library.embedder.encode([passage.embedded_text for passage in passages])
    exact = cosines @ library.embedder.encode_question("lens")
    best = {passages[n].passage_id for n in np.argsort(-exact)[:100]}
    assert best <= {one.passage.passage_id for one in found}


def test_doctor_says_what_is_wrong_and_its_cure(chroma: ChromaServer, open_at: Open) -> None:
    library = open_at("http://127.0.0.1:9")
    ingest_both(ListSource(), library)
    check = _guarded("index", _index, library)
    assert (check.ok, check.cure[:9]) == (False, "start it,")
    assert check.detail.startswith("the Chroma server at http://127.0.0.1:9 cannot be reached (")
    library.close()
    check = _guarded("index", _index, open_at(chroma))
    assert check.ok
    assert check.detail.endswith(f"in the Chroma server at {chroma.url}")


@pytest.mark.slow
@pytest.mark.parametrize("loses", [False, True])
def test_a_server_that_is_killed_or_loses_its_data(
    tmp_path: Path, open_at: Open, caplog: pytest.LogCaptureFixture, loses: bool
) -> None:
    with chroma_running(tmp_path / "server") as server:
        library = open_at(server)
        ingest_both(ListSource(PAPERS[:3]), library)
        expected = found_by(library)
        server.stop(signal.SIGKILL)
        assert found_by(library) == expected
        assert "failed" in warnings(caplog)[0]
        assert warnings(caplog)[0].endswith(DOWN)
        ingest_both(ListSource(PAPERS[3:]), library)
        if loses:
            shutil.rmtree(server.folder)
        server.start()
        library.follow_index()
        assert is_complete(library)


def test_a_lost_collection_is_filled_anew(
    chroma: ChromaServer, open_at: Open, caplog: pytest.LogCaptureFixture
) -> None:
    library = open_at(chroma)
    ingest_both(ListSource(), library)
    vectors = library.index.vectors
    assert isinstance(vectors, ServerVectors)
    expected = found_by(library)
    for collection in (vectors.abstracts, vectors.sentences):
        vectors._connected_client.delete_collection(collection.name)
    assert found_by(library) == expected
    assert "has lost the vectors" in warnings(caplog)[0]
    library.follow_index()
    assert is_complete(library)


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("", "wants a token: put it in $PAPERBOY_CHROMA_TOKEN."),
        ("wrong", "refuses the token: put the right one in $PAPERBOY_CHROMA_TOKEN."),
        ("right", ""),
    ],
)
def test_a_token(
    chroma: ChromaServer, open_at: Open, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch, token: str, says: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("PAPERBOY_CHROMA_TOKEN", token)
    with gate(chroma, "right") as port:
        library = open_at(f"http://127.0.0.1:{port}")
        ingest_both(ListSource(), library)
        assert found_by(library)[0] == HERON.paper_id
        if says:
            assert warnings(caplog) == [f"the Chroma server at http://127.0.0.1:{port} {says}"]
        else:
            assert warnings(caplog) == []
            assert is_complete(library)
    assert "wrong" not in caplog.text


def test_tls_with_a_private_authority(chroma: ChromaServer, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "127.0.0.1", is_authority=True)
    with gate(chroma, "right", certificate.server_context()) as port:

        def connected(ca_file: str, folder: str) -> ServerVectors:
            server = VectorServer(f"https://127.0.0.1:{port}", "right", ca_file)
            vectors = ServerVectors(server, tmp_path / folder, embedder="a", owns=lambda: True)
            vectors.connect()
            return vectors

        vectors = connected(str(certificate.file), "a")
        vectors.add(IDS, VECTORS)
        assert vectors.counts() == (3, 3)
        vectors.close()
        assert "is not trusted" in connected("", "b").problem
        assert connected("", "b").problem.endswith("in [rag.vectors] ca_file.")
        assert connected(str(tmp_path / "none.pem"), "b").problem == (
            f"[rag.vectors] ca_file {tmp_path}/none.pem cannot be read (No such file or "
            "directory): name a file with certificates in PEM, or clear it."
        )


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (200, b'"0.5.23"', 'has version 0.5.23 of the API, not 1.x: run the `chroma run`'),
        (410, b'{"error":"Unimplemented"}', "answers 410, unlike one of version 1.x: check"),
        (404, b"<html>", "answers 404, unlike one of version 1.x: check [rag.vectors] url"),
        (200, b"<html>", "is no Chroma server: check [rag.vectors] url"),
        (200, b"[1]", "is no Chroma server: check [rag.vectors] url"),
    ],
)  # fmt: skip
def test_another_server_or_version(
    open_at: Open, caplog: pytest.LogCaptureFixture, status: int, body: bytes, says: str
) -> None:
    with answering(status, body) as port:
        library = open_at(f"http://127.0.0.1:{port}")
        ingest_both(ListSource(), library)
        assert found_by(library)[0] == HERON.paper_id
    (problem,) = warnings(caplog)
    assert says in problem


# -- several processes ---------------------------------------------------------------------------


@pytest.mark.slow
def test_one_writes_the_others_search_and_one_of_them_takes_its_place(
    chroma: ChromaServer, open_at: Open
) -> None:
    writer, reader = open_at(chroma), open_at(chroma)
    assert writer.owns_index()
    ingest_both(ListSource(PAPERS[:2]), writer)
    assert not reader.owns_index()
    assert is_complete(reader)
    ingest_both(ListSource(PAPERS[2:]), writer)
    assert is_complete(reader)
    assert found_by(reader) == found_by(writer)
    assert reader.retriever.snapshots.current().paper_count == 4
    with pytest.raises(IndexInUseError, match=r"is in use by `paperboy` \(process"):
        reader.lock_index(alone=True)
    # What it reads on request, it stores; the writer hands it to the server.
    ingest_now(ListSource([PLAIN]), reader)
    assert PLAIN.paper_id in reader.index.entries([PLAIN.paper_id])
    reader.index.catch_up()  # which does nothing
    stored = writer.index.vectors.counts()
    writer.follow_index()
    assert writer.index.vectors.counts() > stored
    assert is_complete(reader)
    writer.close()
    reader.follow_index()
    assert reader.owns_index()
    ingest_both(ListSource([OTHER]), reader)
    assert is_complete(reader)


def test_a_reader_waits_for_the_first_index(
    chroma: ChromaServer, open_at: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer = open_at(chroma)
    writer.lock_index()
    reader = open_at(chroma)
    assert reader.index.pending_count() == 0
    assert "has no vectors of" in warnings(caplog)[0]
    ingest_both(ListSource(), writer)
    assert found_by(reader)[0] == HERON.paper_id
    reader.follow_index()
    assert is_complete(reader)
