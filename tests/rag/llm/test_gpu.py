"""What the machine's programs tell about its GPU, by small programs that print the same."""

from pathlib import Path

import pytest

from rag.llm.gpu import CudaCompiler, Gpu, find_cuda_compiler, find_gpu
from tests.models.programs import (
    NO_DEVICES,
    NVCC,
    NVIDIA_SMI,
    OLD_NVIDIA_SMI,
    only_programs_in,
    write_program,
)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are found; empty at first."""
    folder = tmp_path / "bin"
    only_programs_in(folder, monkeypatch)
    return folder


def test_a_machine_without_a_gpu_has_neither(programs: Path) -> None:
    assert find_gpu("Linux", "x86_64") is None
    assert find_gpu("Darwin", "x86_64") is None
    assert find_cuda_compiler() is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "gpu"),
    [
        (NVIDIA_SMI, Gpu("CUDA", "NVIDIA H200", ("90",))),
        (OLD_NVIDIA_SMI, Gpu("CUDA", "Tesla K80")),
        (NO_DEVICES, None),
        ("echo 'NVIDIA-SMI has failed because it could not communicate'; exit 9", None),
        ("echo 'Graphics, Inc. Card 7, 8.6'; echo 'Card 7, 8.6'; echo 'Card 9, 12.0'",
         Gpu("CUDA", "Graphics, Inc. Card 7", ("86", "120"))),
        ("exec sleep 60", None),
    ],
)  # fmt: skip
def test_nvidia_smi_tells_the_gpu(
    programs: Path, monkeypatch: pytest.MonkeyPatch, lines: str, gpu: Gpu | None
) -> None:
    monkeypatch.setenv("PATH", f"{programs}:/bin:/usr/bin")  # for sleep
    monkeypatch.setattr("rag.llm.gpu.PROGRAM_SECONDS", 1.0)
    write_program(programs, "nvidia-smi", lines)
    assert find_gpu("Linux", "x86_64") == gpu


def test_apple_silicon_has_metal(programs: Path) -> None:
    assert find_gpu("Darwin", "arm64") == Gpu("Metal", "Apple Silicon")
    write_program(programs, "sysctl", 'test "$2" = machdep.cpu.brand_string && echo Apple M2')
    assert find_gpu("Darwin", "arm64") == Gpu("Metal", "Apple M2")


def test_a_compiler_is_found_on_the_path_or_in_the_toolkit(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toolkit = tmp_path / "cuda-12.6"
    inside = write_program(toolkit / "bin", "nvcc", NVCC)
    monkeypatch.setattr("rag.llm.gpu.CUDA_FOLDER", toolkit)
    assert find_cuda_compiler() == CudaCompiler(str(inside), "12.6")
    newer = write_program(tmp_path / "new/bin", "nvcc", NVCC.replace("12.6", "13.0"))
    monkeypatch.setenv("CUDA_HOME", str(tmp_path / "new"))
    assert find_cuda_compiler() == CudaCompiler(str(newer), "13.0")
    broken = write_program(programs, "nvcc", "echo 'nvcc: not found in this toolkit'; exit 127")
    assert find_cuda_compiler() == CudaCompiler(str(newer), "13.0")
    broken.write_text(f"#!/bin/sh\n{NVCC}\n")
    assert find_cuda_compiler() == CudaCompiler(str(broken), "12.6")
