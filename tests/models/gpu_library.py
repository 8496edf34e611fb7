"""A stand-in for the part of llama.cpp's library that lists backends and devices.

It is compiled from C, since Paperboy calls these functions through ctypes. `pretend` lets the model
process ask it; all else there is the real llama.cpp.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

C_SOURCE = """
#include <stddef.h>
typedef struct {{ const char * name; int type; }} thing;
static thing backends[] = {{ {backends} {{0, 0}} }};
static thing devices[] = {{ {devices} {{0, 0}} }};
static size_t count(thing * things) {{ size_t n = 0; while (things[n].name) n++; return n; }}
size_t ggml_backend_reg_count(void) {{ return count(backends); }}
void * ggml_backend_reg_get(size_t n) {{ return &backends[n]; }}
const char * ggml_backend_reg_name(thing * reg) {{ return reg->name; }}
size_t ggml_backend_dev_count(void) {{ return count(devices); }}
void * ggml_backend_dev_get(size_t n) {{ return &devices[n]; }}
const char * ggml_backend_dev_description(thing * dev) {{ return dev->name; }}
int ggml_backend_dev_type(thing * dev) {{ return dev->type; }}
"""
CPU, GPU, INTEGRATED_GPU, ACCELERATOR = range(4)  # ggml's numbers for kinds of devices
IN_WORKER = """
import sys
if "rag.llm.worker" in sys.orig_argv:
    import ctypes
    import llama_cpp
    llama_cpp.llama_cpp._lib = ctypes.CDLL({path!r})
"""


def compile_library(folder: Path, backends: list[str], devices: list[tuple[str, int]]) -> Path:
    """Write a library that lists these backends, and these devices with their kinds."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("needs a C compiler")
    source, library = folder / "gpu.c", folder / "libgpu.so"
    listed = [(name, 0) for name in backends]
    rows = ["".join(f'{{"{name}", {kind}}}, ' for name, kind in few) for few in (listed, devices)]
    source.write_text(C_SOURCE.format(backends=rows[0], devices=rows[1]))
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    return library


def pretend(
    folder: Path, monkeypatch: pytest.MonkeyPatch, backends: list[str], devices: list[str]
) -> None:
    """Let model processes that start from now on find these backends and GPUs."""
    library = compile_library(folder, backends, [(name, GPU) for name in devices])
    (folder / "sitecustomize.py").write_text(IN_WORKER.format(path=os.fspath(library)))
    monkeypatch.setenv("PYTHONPATH", os.fspath(folder))
