"""The GPU of this machine and the compiler for it, found by asking the programs that know them."""

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PROGRAM_SECONDS = 20.0  # for nvidia-smi, which can hang with a broken driver, and for nvcc
CUDA_FOLDER = Path(
    "/usr/local/cuda"
)  # where NVIDIA's installer puts the toolkit, often not on PATH
NO_CUDA_COMPILER = (
    "install NVIDIA's CUDA toolkit (https://developer.nvidia.com/cuda-downloads, or the package "
    "nvidia-cuda-toolkit of your system)"
)


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU that llama.cpp can use through `api`.

    `architectures` are CUDA's names for the kinds of GPU in this machine, like 90; empty if the
    driver does not tell.
    """

    api: Literal["CUDA", "Metal"]
    name: str
    architectures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CudaCompiler:
    """NVIDIA's compiler; `release` is that of the whole toolkit, like 13.0."""

    path: str
    release: str


def find_gpu(system: str = "", machine: str = "") -> Gpu | None:
    """Return the GPU of this machine; None if there is none that llama.cpp is built for here.

    `system` and `machine` are as in `platform`; the default is this machine's.
    """
    system, machine = system or platform.system(), machine or platform.machine()
    if (system, machine) == ("Darwin", "arm64"):
        return Gpu("Metal", _output("sysctl", "-n", "machdep.cpu.brand_string") or "Apple Silicon")
    return _nvidia_gpu()


def find_cuda_compiler() -> CudaCompiler | None:
    """Return the CUDA compiler that works: from PATH, $CUDA_HOME, $CUDA_PATH or /usr/local/cuda."""
    folders = [os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH"), CUDA_FOLDER]
    paths = [shutil.which("nvcc"), *(Path(folder) / "bin/nvcc" for folder in folders if folder)]
    for path in filter(None, paths):
        if match := re.search(r"release (\d+\.\d+)", _output(str(path), "--version")):
            return CudaCompiler(str(path), match[1])
    return None


def _nvidia_gpu() -> Gpu | None:
    """Return the first NVIDIA GPU, with the architectures of all of them."""
    rows = _output("nvidia-smi", "--query-gpu=name,compute_cap", "--format=csv,noheader")
    found = re.findall(r"^(.+), (\d+)\.(\d+)$", rows, re.MULTILINE)
    if found:
        architectures = sorted({major + minor for _, major, minor in found}, key=int)
        return Gpu("CUDA", found[0][0], tuple(architectures))
    # Drivers before 2021 do not know compute_cap.
    if match := re.search(r"^GPU 0: (.+?)(?: \(UUID|$)", _output("nvidia-smi", "-L"), re.MULTILINE):
        return Gpu("CUDA", match[1])
    return None


def _output(*command: str) -> str:
    """Return what the program prints; "" if it is missing, fails or hangs."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=PROGRAM_SECONDS,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
