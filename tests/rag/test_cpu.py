import os
from pathlib import Path

import pytest

from rag import cpu


def test_at_least_one_core_and_some_memory() -> None:
    assert 1 <= cpu.cores() <= (os.cpu_count() or 1)
    assert (cpu.memory_bytes() or 1) > 0


@pytest.mark.parametrize(
    ("quota", "cores"), [("max 100000", 8), ("250000 100000", 3), ("50000 100000", 1), ("odd", 8)]
)
def test_a_containers_quota_limits_cores_and_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, quota: str, cores: int
) -> None:
    (tmp_path / "cpu.max").write_text(quota + "\n")
    (tmp_path / "memory.max").write_text("1000000\n")
    monkeypatch.setattr(cpu, "CGROUPS", tmp_path)
    monkeypatch.setattr(cpu, "CORES", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)), raising=False)
    assert cpu.cores() == cores
    assert cpu.memory_bytes() == 1_000_000


def test_two_threads_of_a_core_count_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for core in range(8):
        folder = tmp_path / f"cpu{core}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{core % 4},{core % 4 + 4}\n")
    monkeypatch.setattr(cpu, "CGROUPS", tmp_path)
    monkeypatch.setattr(cpu, "CORES", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)), raising=False)
    assert cpu.cores() == 4


def test_openmp_spins_briefly_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    cpu.limit_openmp_spinning()
    assert os.environ["GOMP_SPINCOUNT"] == cpu.SPIN_COUNT
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    cpu.limit_openmp_spinning()
    assert os.environ["GOMP_SPINCOUNT"] == "7"
    monkeypatch.delenv("GOMP_SPINCOUNT")
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    cpu.limit_openmp_spinning()
    assert "GOMP_SPINCOUNT" not in os.environ
