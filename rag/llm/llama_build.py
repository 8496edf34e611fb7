"""Builds llama-cpp-python for this machine; `make llama` runs it as a module.

pip's own build targets exactly the processor it runs on, and that build crashes on virtual machines
whose processor announces AMX: the first quantised model ends in SIGILL or SIGSEGV. So on x86-64
Linux the instruction sets are switched on one by one, without AMX; elsewhere (Arm, macOS) the
native build works. With an NVIDIA GPU and its compiler, llama.cpp is built with CUDA, and on Apple
Silicon with Metal; if such a build fails, the one for the processor alone takes its place. Wheels
are cached in a folder per set of switches, because pip's own cache ignores the switches.
"""

import argparse
import contextlib
import hashlib
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from rag.isolated_python import python_command, python_environment
from rag.llm.gpu import NO_CUDA_COMPILER, CudaCompiler, Gpu, find_cuda_compiler, find_gpu

LOG = Path(sys.prefix) / "llama-build.log"
CONSTRAINTS = "constraints.txt"
PACKAGE = "llama-cpp-python"
CHOICES = ("auto", "none", "cuda", "metal")

# llama.cpp's switch → the processor flags (as Linux names them) that it needs.
SWITCHES = {
    "SSE42": ("sse4_2",),
    "AVX": ("avx",),
    "AVX2": ("avx2",),
    "BMI2": ("bmi2",),
    "FMA": ("fma",),
    "F16C": ("f16c",),
    "AVX_VNNI": ("avx_vnni",),
    "AVX512": ("avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw"),
    "AVX512_VBMI": ("avx512vbmi",),
    "AVX512_VNNI": ("avx512_vnni",),
    "AVX512_BF16": ("avx512_bf16",),
}


@dataclass(frozen=True, slots=True)
class Target:
    """What llama.cpp is built for: the processor and, with an `api`, a GPU.

    `name` is for people. `toolkit` is the release of the CUDA toolkit, whose libraries the build
    needs later.
    """

    name: str
    api: str = ""
    switches: tuple[str, ...] = ()
    toolkit: str = ""


PROCESSOR = Target("this processor")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and install; return the exit status."""
    parser = argparse.ArgumentParser(prog="rag.llm.llama_build", description=__doc__)
    parser.add_argument("gpu", nargs="?", choices=CHOICES, default="auto", help="default: auto")
    choice = parser.parse_args(arguments).gpu
    target, remark = choose_target(choice, find_gpu(), find_cuda_compiler())
    if remark:
        _print_status(remark)
    with contextlib.suppress(OSError):
        LOG.unlink(missing_ok=True)
    if _build(target):
        return 0
    if target != PROCESSOR:
        _print_status(
            f"llama.cpp could not be built with {target.api} (see {LOG}): it is built for the "
            "processor alone instead."
        )
        if _build(PROCESSOR):
            return 0
    _print_status(
        f"llama.cpp could not be built (see {LOG}): install a C++ compiler and run "
        "`make llama`; until then Paperboy answers with quoted sentences."
    )
    return 1


def choose_target(
    choice: str, gpu: Gpu | None, compiler: CudaCompiler | None
) -> tuple[Target, str]:
    """Return what to build for, and a remark if that is not all that was asked for or found.

    `choice` is what the operator wants, one of CHOICES.
    """
    found = gpu.api.casefold() if gpu else "none"
    api = found if choice == "auto" else choice
    if api == "cuda":
        return _cuda_target(gpu if found == "cuda" else None, compiler)
    if api == "metal":
        if gpu is None or found != "metal":
            return PROCESSOR, "Metal exists on Apple Silicon only: llama.cpp is built without it."
        name = f"{PROCESSOR.name} and {gpu.name} (Metal)"
        return Target(name, "Metal", ("-DGGML_METAL=ON",)), ""
    if found == "metal":
        return PROCESSOR, (
            "On a Mac, llama-cpp-python always comes with Metal: set [rag.model] gpu_layers = 0 to "
            "keep models off the GPU."
        )
    return PROCESSOR, ""


def _cuda_target(gpu: Gpu | None, compiler: CudaCompiler | None) -> tuple[Target, str]:
    if compiler is None:
        seen = f"This machine has an {gpu.name}" if gpu else "CUDA was asked for"
        return PROCESSOR, (
            f"{seen}, but there is no CUDA compiler (nvcc) that works: {NO_CUDA_COMPILER}, then "
            "run `make llama` again."
        )
    switches = ["-DGGML_CUDA=ON", f"-DCMAKE_CUDA_COMPILER={compiler.path}"]
    if gpu and gpu.architectures:  # without them, llama.cpp compiles for every kind of GPU
        switches.append(f"-DCMAKE_CUDA_ARCHITECTURES={';'.join(gpu.architectures)}")
    name = f"{PROCESSOR.name} and {gpu.name if gpu else 'NVIDIA GPUs'} (CUDA {compiler.release})"
    return Target(name, "CUDA", tuple(switches), compiler.release), ""


def cmake_arguments(
    machine: str, flags: Collection[str], switches: Sequence[str] = ()
) -> list[str]:
    """Return llama.cpp's build switches for a processor with these flags, and for a GPU."""
    arguments = ["-DLLAVA_BUILD=OFF"]  # the model gets no images
    if machine in ("x86_64", "AMD64") and flags:
        arguments.append("-DGGML_NATIVE=OFF")
        for switch, needed in SWITCHES.items():
            on = "ON" if all(flag in flags for flag in needed) else "OFF"
            arguments.append(f"-DGGML_{switch}={on}")
    return [*arguments, *switches]


def processor_flags() -> set[str]:
    """Return the first processor's flags as Linux lists them; empty on other systems."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return set()
    line = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return set(line.partition(":")[2].split())


def pinned_version(constraints: str) -> str:
    """Return the version that constraints.txt pins."""
    pins = dict(line.split("==") for line in constraints.split() if "==" in line)
    return pins[PACKAGE]


def wheel_folder(version: str, arguments: Sequence[str], toolkit: str = "") -> Path:
    """Return the folder for wheels of this version, switches, CUDA toolkit and Python."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    text = " ".join([version, sys.version, platform.platform(), *arguments, *toolkit.split()])
    return cache / "paperboy" / "wheels" / hashlib.sha256(text.encode()).hexdigest()[:16]


def _build(target: Target) -> bool:
    """Build llama.cpp for the target, unless that was done before, and install it."""
    arguments = cmake_arguments(platform.machine(), processor_flags(), target.switches)
    try:
        version = pinned_version(Path(CONSTRAINTS).read_text(encoding="utf-8"))
        folder = wheel_folder(version, arguments, target.toolkit)
        with LOG.open("a", encoding="utf-8") as log:
            log.write(f"CMAKE_ARGS={shlex.join(arguments)}\n")
            log.flush()
            if list(folder.glob("*.whl")):
                _print_status(f"Installing llama.cpp, built earlier for {target.name} …")
            else:
                minutes = "longer than 4 minutes" if target.api == "CUDA" else "about 4 minutes"
                _print_status(f"Building llama.cpp for {target.name} ({minutes}, once) …")
                _pip("wheel", "--no-deps", "--no-cache-dir", "--wheel-dir", str(folder),
                     f"{PACKAGE}=={version}", log=log, cmake=arguments)  # fmt: skip
            wheel = next(folder.glob("*.whl"))
            _pip("install", "--constraint", CONSTRAINTS, str(wheel), log=log)
            # pip would keep a build with other switches, because it has the same version.
            _pip("install", "--no-deps", "--force-reinstall", str(wheel), log=log)
            _try_import(wheel, log)
    except (OSError, subprocess.CalledProcessError, StopIteration):
        return False
    return True


def _print_status(text: str) -> None:
    sys.stderr.write(text + "\n")


def _try_import(wheel: Path, log: TextIO) -> None:
    """Load the libraries once: those of a GPU may be missing. Forget a wheel that cannot."""
    try:
        _run("-c", "import llama_cpp", log=log)
    except subprocess.CalledProcessError:
        wheel.unlink(missing_ok=True)
        raise


def _pip(*arguments: str, log: TextIO, cmake: Sequence[str] = ()) -> None:
    environment = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    if cmake:
        environment["CMAKE_ARGS"] = " ".join(cmake)
    _run("-m", "pip", *arguments, log=log, environment=environment)


def _run(*arguments: str, log: TextIO, environment: Mapping[str, str] | None = None) -> None:
    """Run this Python. Raises CalledProcessError if it fails."""
    subprocess.run(
        python_command(*arguments),
        env=python_environment(environment), stdin=subprocess.DEVNULL, stdout=log,
        stderr=subprocess.STDOUT, check=True,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
