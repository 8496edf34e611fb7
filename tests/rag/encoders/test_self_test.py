"""The self-test: what is faster wins, what gives other vectors does not, however fast it is."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import pytest
import torch

from rag.config import EmbedderConfig
from rag.cpu import openmp_threads
from rag.encoders.embedder import SentenceTransformerEmbeddings, Vectors, load_embedder
from rag.encoders.self_test import Choice, _first_of_the_fastest, run_self_test
from tests.models.tiny_embedder import write_embedder
from tests.papers import PAPERS, TODAY

TEXTS = [f"{paper.title}\n{paper.abstract}" for paper in PAPERS]
Load = Callable[[str], SentenceTransformerEmbeddings]


@pytest.fixture(autouse=True)
def own_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor that computes bfloat16 natively, so that there is a choice on any."""
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": True})


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_embedder(tmp_path_factory.mktemp("models") / "tiny")


def loaded(path: Path, kind: type[SentenceTransformerEmbeddings]) -> SentenceTransformerEmbeddings:
    real = load_embedder(EmbedderConfig(model=str(path), dtype="float32")).embeddings
    assert isinstance(real, SentenceTransformerEmbeddings)
    return kind(real.model, batch_tokens=real.batch_tokens)


class Repeating(SentenceTransformerEmbeddings):
    """Computes everything ten times."""

    def encode(self, texts: list[str]) -> Vectors:
        for _ in range(9):
            _ = super().encode(texts)
        return super().encode(texts)


class PoorInCompany(SentenceTransformerEmbeddings):
    """Loses a fifth of a second with every thread beyond the first."""

    def encode(self, texts: list[str]) -> Vectors:
        vectors = super().encode(texts)
        time.sleep(0.2 * (torch.get_num_threads() - 1))
        return vectors


class GoodInCompany(SentenceTransformerEmbeddings):
    """Loses a fifth of a second with every thread below the third."""

    def encode(self, texts: list[str]) -> Vectors:
        vectors = super().encode(texts)
        time.sleep(0.2 * (3 - torch.get_num_threads()))
        return vectors


@pytest.mark.parametrize("slow", ["float32", "bfloat16"])
def test_the_number_type_that_takes_less_processor_time_is_chosen(tiny: Path, slow: str) -> None:
    def load(dtype: str) -> SentenceTransformerEmbeddings:
        return loaded(tiny, Repeating if dtype == slow else SentenceTransformerEmbeddings)

    choice = run_self_test(load, TEXTS, today=TODAY)
    assert {choice.dtype, slow} == {"float32", "bfloat16"}
    assert choice.tested_on == TODAY
    assert choice.abstracts_per_second > 1


def test_a_number_type_with_other_vectors_is_never_chosen(tiny: Path, tmp_path: Path) -> None:
    other = write_embedder(tmp_path / "other", seed=1)

    def load(dtype: str) -> SentenceTransformerEmbeddings:
        if dtype == "float32":
            return loaded(tiny, Repeating)
        return loaded(other, SentenceTransformerEmbeddings)

    assert run_self_test(load, TEXTS, today=TODAY).dtype == "float32"


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "threads"), [(PoorInCompany, 1), (GoodInCompany, 2)])
def test_the_number_of_threads_is_measured(
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[SentenceTransformerEmbeddings],
    threads: int,
) -> None:
    before = torch.get_num_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    try:
        choice = run_self_test(lambda _: loaded(tiny, kind), TEXTS, today=TODAY)
    finally:
        torch.set_num_threads(before)
    assert choice.threads == threads


def test_fewer_threads_win_at_equal_speed() -> None:
    assert _first_of_the_fastest({1: 1.04, 2: 1.0, 4: 0.999}) == 1
    assert _first_of_the_fastest({1: 1.5, 2: 1.0, 4: 0.999}) == 2


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="needs Linux")
def test_company_on_every_core_is_noticed() -> None:
    with ExitStack() as stack:
        for _ in range(2 * (os.cpu_count() or 1)):
            loop = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(loop.kill)

        def load(dtype: str) -> SentenceTransformerEmbeddings:
            real = load_embedder(EmbedderConfig(dtype="float32")).embeddings
            assert isinstance(real, SentenceTransformerEmbeddings)
            return real

        choice = run_self_test(load, TEXTS, today=TODAY)
    assert choice.in_company
    assert str(choice).endswith(f"by a self-test on {TODAY} while other programs ran")


def choice(*, in_company: bool, rate: float = 74.4) -> Choice:
    return Choice(
        machine="any",
        dtype="bfloat16",
        threads=2,
        abstracts_per_second=rate,
        tested_on=date(2025, 12, 10),
        in_company=in_company,
    )


def test_a_test_in_company_is_repeated_on_another_day() -> None:
    day = date(2025, 12, 10)
    assert choice(in_company=True).is_settled(day)
    assert not choice(in_company=True).is_settled(day + timedelta(days=1))
    assert choice(in_company=False).is_settled(day + timedelta(days=100))
    assert str(choice(in_company=False)) == "74 abstracts/s by a self-test on 2025-12-10"
    assert str(choice(in_company=False, rate=0.31)).startswith("0.3 abstracts/s")


def test_threads_are_those_of_the_environment_or_one_per_core(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rag.cpu.cores", lambda: 6)
    for text, threads in (("3", 3), ("4,2", 4), ("", 6), ("0", 6), ("many", 6)):
        monkeypatch.setenv("OMP_NUM_THREADS", text)
        assert openmp_threads() == threads
