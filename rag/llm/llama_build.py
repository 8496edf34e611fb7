"""Builds llama-cpp-python for this processor; `make llama` runs it as a module.

pip's own build targets exactly the processor it runs on, and that build crashes on virtual machines
whose processor announces AMX: the first quantised model ends in SIGILL or SIGSEGV. So on x86-64
Linux the instruction sets are switched on one by one, without AMX; elsewhere (Arm, macOS) the
native build works. Wheels are cached in a folder per set of switches, because pip's own cache
ignores the switches.
"""

import hashlib
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TextIO

LOG = Path(sys.prefix) / "llama-build.log"
CONSTRAINTS = "constraints.txt"
PACKAGE = "llama-cpp-python"

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


def main() -> int:
    """Build and install; return the exit status."""
    arguments = cmake_arguments(platform.machine(), processor_flags())
    version = pinned_version(Path(CONSTRAINTS).read_text(encoding="utf-8"))
    folder = wheel_folder(version, arguments)
    try:
        with LOG.open("w", encoding="utf-8") as log:
            log.write(f"CMAKE_ARGS={shlex.join(arguments)}\n")
            log.flush()
            if not list(folder.glob("*.whl")):
                _print_status("Building llama.cpp for this processor (about 4 minutes, once) …")
                _pip("wheel", "--no-deps", "--no-cache-dir", "--wheel-dir", str(folder),
                     f"{PACKAGE}=={version}", log=log, cmake=arguments)  # fmt: skip
            wheel = next(folder.glob("*.whl"))
            _pip("install", "--constraint", CONSTRAINTS, str(wheel), log=log)
    except (OSError, subprocess.CalledProcessError, StopIteration):
        _print_status(
            f"llama.cpp could not be built (see {LOG}): install a C++ compiler and run "
            "`make llama`; until then Paperboy answers with quoted sentences."
        )
        return 1
    return 0


def cmake_arguments(machine: str, flags: Collection[str]) -> list[str]:
    """Return llama.cpp's build switches for a processor with these flags."""
    arguments = ["-DLLAVA_BUILD=OFF"]  # the model gets no images
    if machine in ("x86_64", "AMD64") and flags:
        arguments.append("-DGGML_NATIVE=OFF")
        for switch, needed in SWITCHES.items():
            on = "ON" if all(flag in flags for flag in needed) else "OFF"
            arguments.append(f"-DGGML_{switch}={on}")
    return arguments


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


def wheel_folder(version: str, arguments: list[str]) -> Path:
    """Return the folder for wheels of this version, these switches and this Python."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    text = " ".join([version, sys.version, platform.platform(), *arguments])
    return cache / "paperboy" / "wheels" / hashlib.sha256(text.encode()).hexdigest()[:16]


def _print_status(text: str) -> None:
    sys.stderr.write(text + "\n")


def _pip(*arguments: str, log: TextIO, cmake: list[str] | None = None) -> None:
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    if cmake is not None:
        environment["CMAKE_ARGS"] = " ".join(cmake)
    subprocess.run(
        [sys.executable, "-m", "pip", *arguments],
        env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=True,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
