"""Small shell programs that stand in for nvidia-smi, nvcc and sysctl."""

from pathlib import Path

import pytest

# What the programs really print, shortened.
NVIDIA_SMI = """case "$*" in
"--query-gpu=name,compute_cap --format=csv,noheader") printf '%s\\n' 'NVIDIA H200, 9.0' ;;
"-L") printf '%s\\n' 'GPU 0: NVIDIA H200 (UUID: GPU-8f6b9c1e-0000-1111-2222-333344445555)' ;;
esac"""
OLD_NVIDIA_SMI = """case "$*" in
"-L") printf '%s\\n' 'GPU 0: Tesla K80 (UUID: GPU-8f6b9c1e-0000-1111-2222-333344445555)' ;;
*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2 ;;
esac"""
NO_DEVICES = "echo 'No devices were found'; exit 6"
NVCC = """printf '%s\\n' 'nvcc: NVIDIA (R) Cuda compiler driver' \\
    'Cuda compilation tools, release 12.6, V12.6.85'"""


def write_program(folder: Path, name: str, lines: str) -> Path:
    """Write a program of the shell's own commands, which needs nothing on PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return path


def only_programs_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let only programs of this folder be found, wherever the machine has a CUDA toolkit."""
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CUDA_HOME", raising=False)
    monkeypatch.delenv("CUDA_PATH", raising=False)
    monkeypatch.setattr("rag.llm.gpu.CUDA_FOLDER", folder / "no-toolkit")
