"""What a self-test chose: stored, read back, made anew; and that an index's vectors agree."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from torch.torch_version import TorchVersion

from bot.actions.doctor import _embedder
from bot.actions.ingest import reindex
from bot.app import App
from bot.config import Settings
from ingest.sync import ingest
from rag.config import RagConfig
from rag.encoders.embedder import SentenceTransformerEmbeddings, load_embedder
from rag.encoders.self_test import run_self_test
from rag.library import Library
from tests.models.tiny_embedder import write_embedder
from tests.papers import HERON, PAPERS, ListSource

Open = Callable[..., Library]


@pytest.fixture(autouse=True)
def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models that no other test uses, on a processor that computes bfloat16 natively."""
    monkeypatch.setattr("rag.library.load_embedder", load_embedder)
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": True})


@pytest.fixture
def tests_run(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One word for each self-test, which is real."""
    runs = []

    def counted(*arguments: object, **named: object) -> object:
        runs.append("tested")
        return run_self_test(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("rag.retrieval.backend.run_self_test", counted)
    return runs


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_embedder(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def reopen(make_library: Open, tiny: Path) -> Open:
    """Open the data folder with other settings of the embedder, by default a tiny one's."""
    opened: list[Library] = []

    def open_again(**settings: object) -> Library:
        while opened:
            opened.pop().close()
        config = RagConfig.model_validate({"embedder": {"model": str(tiny), **settings}})
        opened.append(make_library(config=config))
        if not opened[0].catalog.coverage().papers:
            ingest(ListSource(), opened[0])
        return opened[0]

    return open_again


def of(library: Library) -> SentenceTransformerEmbeddings:
    _ = library.served
    embeddings = library.embedder.embeddings
    assert isinstance(embeddings, SentenceTransformerEmbeddings)
    return embeddings


def stored(library: Library) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads((library.folder / "encoder.json").read_text())
    return found


def test_a_choice_is_stored_and_holds_from_the_next_start(
    reopen: Open, tests_run: list[str], tiny: Path
) -> None:
    library = reopen()
    assert of(library).dtype == "bfloat16"  # the rule
    assert "no self-test on this machine yet" in _embedder(library).detail
    library.choose_backend()
    library.choose_backend()
    assert tests_run == ["tested"]
    chosen = stored(library)[str(tiny)]
    chosen["dtype"] = "float32"  # whatever this machine prefers
    (library.folder / "encoder.json").write_text(json.dumps({str(tiny): chosen}))
    library = reopen()
    assert (of(library).dtype, of(library).threads) == ("float32", chosen["threads"])
    library.choose_backend()
    assert tests_run == ["tested"]
    detail = _embedder(library).detail
    assert "16 dimensions, float32, " in detail
    assert f" abstracts/s by a self-test on {chosen['tested_on']}" in detail
    assert (library.folder / "encoder.json").stat().st_mode & 0o777 == 0o600


def test_a_choice_holds_at_once(reopen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    library = reopen()
    monkeypatch.setattr("rag.encoders.self_test._first_of_the_fastest", lambda names: min(names))
    monkeypatch.setattr(
        "rag.encoders.self_test.agree",
        lambda a, b: bool((a == b).all()),  # float32 with itself
    )
    before = library.embedder
    library.choose_backend()
    assert library.embedder is before  # which the retriever and the checks of answers have, too
    assert (of(library).dtype, of(library).threads) == ("float32", 1)
    assert (library.index.vectors.folder / "dtype.txt").read_text() == "float32"


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ("torch.__version__", TorchVersion("99.0.0")),
        ("torch.cpu.get_capabilities", lambda: {"amx_bf16": True, "cpu_name": "another"}),
        ("rag.encoders.embedder.openmp_threads", lambda: 77),
    ],
)
def test_another_machine_or_torch_is_tested_again(
    reopen: Open,
    tests_run: list[str],
    monkeypatch: pytest.MonkeyPatch,
    target: str,
    value: object,
) -> None:
    reopen().choose_backend()
    monkeypatch.setattr(target, value)
    library = reopen()
    assert "no self-test on this machine yet" in _embedder(library).detail
    library.choose_backend()
    assert tests_run == ["tested", "tested"]
    assert "by a self-test on" in _embedder(library).detail


@pytest.mark.parametrize(
    "damage",
    [
        b"", b"\xff\x00", b"{", b"[]", b"{}" * 100_000, b'{"MODEL": null}', b'{"MODEL": {}}',
        *(
            f'{{"MODEL": {{"machine": "m", "dtype": {dtype}, "threads": {threads}, '
            f'"abstracts_per_second": {rate}, "tested_on": {day}, "in_company": false}}}}'.encode()
            for dtype, threads, rate, day in (
                ('"int3"', 1, 9, '"2025-12-10"'),
                ('"float32"', 0, 9, '"2025-12-10"'),
                ('"float32"', 1, "NaN", '"2025-12-10"'),
                ('"float32"', 1, 9, '"yesterday"'),
            )
        ),
    ],
)  # fmt: skip
def test_a_damaged_file_means_measuring_anew(
    reopen: Open, tests_run: list[str], tiny: Path, damage: bytes
) -> None:
    library = reopen()
    file = library.folder / "encoder.json"
    file.write_bytes(damage.replace(b"MODEL", str(tiny).encode()))
    library = reopen()
    assert "no self-test on this machine yet" in _embedder(library).detail
    library.choose_backend()
    assert tests_run == ["tested"]
    assert list(stored(library)) == [str(tiny)]


def test_a_test_in_company_is_repeated_on_another_day(
    reopen: Open, tests_run: list[str], tiny: Path
) -> None:
    library = reopen()
    library.choose_backend()
    chosen = stored(library)[str(tiny)]
    chosen.update(in_company=True, tested_on="2025-12-10")
    (library.folder / "encoder.json").write_text(json.dumps({str(tiny): chosen}))
    library.choose_backend()
    assert tests_run == ["tested", "tested"]
    assert stored(library)[str(tiny)]["tested_on"] != "2025-12-10"


def test_settings_go_before_the_test(reopen: Open, tests_run: list[str], tiny: Path) -> None:
    library = reopen(dtype="float32", threads=3)
    library.choose_backend()
    assert tests_run == []
    assert not (library.folder / "encoder.json").exists()
    assert "float32, 3 threads, as config.toml says" in _embedder(library).detail
    for settings in ({"dtype": "bfloat16"}, {"dtype": "float32"}, {"threads": 3}):
        library = reopen(**settings)
        library.choose_backend()
        assert of(library).dtype == settings.get("dtype", of(library).dtype)
        assert of(library).threads == settings.get("threads", stored(library)[str(tiny)]["threads"])
    assert tests_run == ["tested"]


@pytest.mark.parametrize(("many", "runs"), [(len(PAPERS), 1), (len(PAPERS) + 1, 0)])
def test_many_papers_are_encoded_after_the_test(
    reopen: Open, tests_run: list[str], monkeypatch: pytest.MonkeyPatch, many: int, runs: int
) -> None:
    monkeypatch.setattr("ingest.sync.MANY_PAPERS", many)
    library = reopen()
    assert len(tests_run) == runs
    assert library.index.pending_count() == 0


def test_an_empty_folder_has_nothing_to_test_with(make_library: Open, tests_run: list[str]) -> None:
    library = make_library()
    library.choose_backend()
    assert tests_run == []


def test_a_model_that_memory_holds_once_is_not_tested(
    reopen: Open, tests_run: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = reopen()
    monkeypatch.setattr("rag.retrieval.backend.memory_bytes", lambda: 24_000)
    library.choose_backend()
    assert tests_run == []
    monkeypatch.setattr("rag.retrieval.backend.memory_bytes", lambda: 24_000_000)
    library.choose_backend()
    assert tests_run == ["tested"]


@pytest.mark.slow
def test_number_types_that_agree_share_an_index(
    reopen: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """The bundled model's vectors in bfloat16 and float32 differ by a cosine of 0.0001."""
    record = reopen(model="bundled", dtype="float32").index.vectors.folder / "dtype.txt"
    assert record.read_text() == "float32"
    library = reopen(model="bundled", dtype="bfloat16")
    assert of(library).dtype == "bfloat16"
    assert record.read_text() == "bfloat16"
    entry = library.index.stored_entries([HERON.paper_id])[HERON.paper_id]
    [again] = library.embedder.encode([f"{HERON.title}\n{HERON.abstract}"])
    assert 0.999 < float(again @ entry.vectors[0]) < 0.99999
    assert caplog.messages == []


@pytest.mark.slow
def test_an_index_keeps_the_number_type_that_its_vectors_need(
    reopen: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("rag.encoders.self_test.AGREE", 0.99999)
    library = reopen(model="bundled", dtype="float32")
    for _ in range(2):
        library = reopen(model="bundled", dtype="bfloat16", threads=1)
        assert of(library).dtype == "float32"
        assert "`paperboy reindex` changes that" in caplog.text
        caplog.clear()
        library.choose_backend()  # as after each sync
        assert of(library).dtype == "float32"
        assert caplog.messages == []
    entry = library.index.stored_entries([HERON.paper_id])[HERON.paper_id]
    [again] = library.embedder.encode([f"{HERON.title}\n{HERON.abstract}"])
    assert np.allclose(again, entry.vectors[0], atol=1e-3)
    library.close()
    settings = Settings.model_validate({"rag": library.config.model_dump()})
    reindex(App(settings, library.folder))
    caplog.clear()
    library = reopen(model="bundled", dtype="bfloat16", threads=1)
    assert of(library).dtype == "bfloat16"
    assert caplog.messages == []


def test_a_model_that_changed_in_its_place_is_noticed(
    reopen: Open, tiny: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mine = tmp_path / "mine"
    mine.symlink_to(tiny)
    _ = reopen(model=str(mine)).index
    mine.unlink()
    mine.symlink_to(write_embedder(tmp_path / "other", seed=1))
    library = reopen(model=str(mine))
    (library.folder / library.index.vectors.folder / "dtype.txt").unlink()
    library = reopen(model=str(mine))
    _ = library.index
    assert "run `paperboy reindex`" in caplog.text
