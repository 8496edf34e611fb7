import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.sync import ingest
from rag.config import RagConfig, RetrievalConfig
from rag.encoders.embedder import bundled_path
from rag.errors import RerankerError
from rag.library import Library
from rag.records import Chunk, Hit, Paper
from rag.retrieval.reranker import Reranker, load_reranker
from tests.models.tiny_cross_encoder import MAX_TOKENS, write_cross_encoder
from tests.papers import HERON, LOOM, PAPERS, PASTRY, TIDAL, ListSource

Run = Callable[..., tuple[int, str, str]]

MERITS = {"drone": 1.0, "recipe": 2.0, "robots": 3.0}  # HERON, PASTRY and LOOM have one each


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cross_encoder(tmp_path_factory.mktemp("looks-for-words"), MERITS)


@pytest.fixture
def load(folder: Path) -> Callable[..., Reranker]:
    def call(**options: object) -> Reranker:
        config = RetrievalConfig.model_validate({"reranker": str(folder), **options})
        reranker = load_reranker(config, dtype="float32")
        assert reranker is not None
        return reranker

    return call


@pytest.fixture
def fill(make_library: Callable[..., Library], folder: Path) -> Callable[..., Library]:
    """Return a library of the sample papers with the reranker and these options."""

    def call(**options: object) -> Library:
        retrieval = {"reranker": str(folder), **options}
        library = make_library(config=RagConfig.model_validate({"retrieval": retrieval}))
        ingest(ListSource(), library)
        return library

    return call


def hits_of(*papers: Paper) -> list[Hit]:
    """Return a hit a paper, with the fused scores 0.9, 0.8 …"""
    return [Hit(p, Chunk(p.paper_id, 0, ""), 0.9 - 0.1 * n, 0.5, 1.0) for n, p in enumerate(papers)]


def test_no_reranker_is_the_default() -> None:
    assert load_reranker(RetrievalConfig(), dtype="auto") is None


def test_weight_1_gives_the_cross_encoders_order(load: Callable[..., Reranker]) -> None:
    hits = load(rerank_weight=1).rerank("which?", hits_of(TIDAL, HERON, PASTRY, LOOM))
    assert [hit.paper for hit in hits] == [LOOM, PASTRY, HERON, TIDAL]
    # Its scores 0, 1, 2, 3 over the range of the fused ones, 0.6 to 0.9.
    assert [hit.score for hit in hits] == pytest.approx([0.9, 0.8, 0.7, 0.6], abs=0.01)


def test_both_scores_are_blended(load: Callable[..., Reranker]) -> None:
    hits = load(rerank_weight=0.25).rerank("which?", hits_of(TIDAL, HERON, PASTRY, LOOM))
    assert [hit.paper for hit in hits] == [TIDAL, HERON, PASTRY, LOOM]
    blended = [0.75 * 0.9 + 0.25 * 0.6, 0.775, 0.725, 0.75 * 0.6 + 0.25 * 0.9]
    assert [hit.score for hit in hits] == pytest.approx(blended, abs=0.01)


def test_weight_zero_changes_nothing(load: Callable[..., Reranker]) -> None:
    hits = hits_of(TIDAL, HERON, PASTRY, LOOM)
    assert load(rerank_weight=0).rerank("which?", hits) == hits


def test_papers_beyond_the_first_stay_where_they_are(load: Callable[..., Reranker]) -> None:
    hits = hits_of(TIDAL, HERON, PASTRY, LOOM)
    again = load(rerank_weight=1, rerank_top=2).rerank("which?", hits)
    assert [hit.paper for hit in again] == [HERON, TIDAL, PASTRY, LOOM]
    assert again[2:] == hits[2:]
    assert [hit.score for hit in again] == sorted((hit.score for hit in again), reverse=True)


def test_few_papers_and_equal_scores_are_fine(load: Callable[..., Reranker]) -> None:
    reranker = load(rerank_weight=1)
    assert reranker.rerank("which?", []) == []
    assert reranker.rerank("which?", hits_of(LOOM)) == hits_of(LOOM)
    equal = replace(TIDAL, arxiv_id="2502.00099")
    hits = reranker.rerank("which?", hits_of(TIDAL, equal))
    assert [hit.paper for hit in hits] == [TIDAL, equal]


@pytest.mark.slow
def test_long_pairs_are_cut(load: Callable[..., Reranker]) -> None:
    early = replace(TIDAL, abstract="a robots word " + "and more " * 5 * MAX_TOKENS)
    late = replace(TIDAL, abstract="and more " * 5 * MAX_TOKENS + "a robots word")
    reranker = load(rerank_weight=1)
    for question in ("which?", "which of all these? " * MAX_TOKENS):
        hits = reranker.rerank(question, hits_of(late, early, *[late] * 30))
        assert len(hits) == 32
    hits = reranker.rerank("which?", hits_of(late, early))
    assert [hit.paper for hit in hits] == [early, late]


@pytest.mark.slow
def test_many_threads_get_the_same_order(load: Callable[..., Reranker]) -> None:
    reranker = load(rerank_weight=1)
    long = replace(TIDAL, abstract=TIDAL.abstract * 20)
    hits = hits_of(*PAPERS, *[long] * 16)
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(reranker.rerank, "which?", hits) for _ in range(40)]
    assert {job.result()[0].paper for job in jobs} == {LOOM}


def test_a_search_is_ranked_again(filled: Library, fill: Callable[..., Library]) -> None:
    question = "forgetting tokens to save memory"
    before = filled.retriever.search(question)
    assert before[0].paper == TIDAL
    filled.close()
    retriever = fill(rerank_weight=1).retriever
    after = retriever.search(question)
    assert [hit.paper for hit in after] == [LOOM, PASTRY, HERON, TIDAL]
    assert {h.paper.paper_id: h.chunk for h in after} == {h.paper.paper_id: h.chunk for h in before}
    # What is kept is chosen among all that were read, not only among the first.
    assert retriever.search(question, top_k=2) == after[:2]


def test_a_search_with_weight_zero_equals_one_without_a_reranker(
    filled: Library, fill: Callable[..., Library]
) -> None:
    before = filled.retriever.search("counting herons from the air", top_k=3)
    filled.close()
    assert fill(rerank_weight=0).retriever.search("counting herons from the air", top_k=3) == before


def test_bfloat16_orders_the_same(folder: Path) -> None:
    config = RetrievalConfig(reranker=str(folder), rerank_weight=1)
    reranker = load_reranker(config, dtype="bfloat16")
    assert reranker is not None
    hits = reranker.rerank("which?", hits_of(TIDAL, HERON, PASTRY, LOOM))
    assert [hit.paper for hit in hits] == [LOOM, PASTRY, HERON, TIDAL]


def unusable(name: object) -> str:
    """Return the sentence that loading this model ends with."""
    with pytest.raises(RerankerError, match=r"\[rag.retrieval\] reranker") as caught:
        load_reranker(RetrievalConfig(reranker=str(name)), dtype="float32")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_model_that_cannot_be_loaded_is_one_sentence(tmp_path: Path, folder: Path) -> None:
    assert "no/such-folder" in unusable("no/such-folder")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert str(empty) in unusable(empty)
    broken = write_cross_encoder(tmp_path / "broken", MERITS)
    (broken / "model.safetensors").write_bytes(b"not the weights")
    assert str(broken) in unusable(broken)


def test_a_model_that_is_not_a_reranker_is_one_sentence(tmp_path: Path) -> None:
    assert "it is not a cross-encoder" in unusable(bundled_path())
    three = write_cross_encoder(tmp_path / "three", MERITS, scores=3)
    assert "one score per pair" in unusable(three)


def test_commands_report_a_bad_reranker_before_the_first_question(
    run: Run, starter_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[rag.retrieval]\nreranker = "{tmp_path / "nothing"}"\n')
    given = ("--data-dir", starter_folder, "--config", config, "--no-model")
    monkeypatch.setattr("sys.stdin", io.StringIO("what is VLoRA?\n"))
    for command in (("chat",), ("search", "birds")):
        status, out, err = run(*given, *command)
        assert (status, out) == (1, "")
        assert "the reranker" in err
        assert err.count("\n") == 1
    status, out, _ = run(*given, "doctor")
    assert status == 1
    assert "FAIL reranker: the reranker" in out
    assert "→ check [rag.retrieval] reranker in config.toml" in out


def test_doctor_tries_the_reranker(
    run: Run, starter_folder: Path, tmp_path: Path, folder: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[rag.retrieval]\nreranker = "{folder}"\nrerank_top = 7\n')
    status, out, _ = run("--data-dir", starter_folder, "--config", config, "doctor")
    assert status == 0
    assert "ok   reranker: " in out
    assert "reads the best 7 papers" in out
