"""What llama.cpp has on a GPU: asked through ctypes, and in words."""

import ctypes
from pathlib import Path

import llama_cpp
import pytest

from rag.llm.llama_model import Message
from rag.llm.local_model import LocalModel
from rag.llm.offload import Offload, ask_llama
from tests.models.gpu_library import ACCELERATOR, CPU, GPU, INTEGRATED_GPU, compile_library, pretend

H200 = "NVIDIA H200"


def test_this_build_tells_its_backends() -> None:
    told = ask_llama(llama_cpp.llama_cpp._lib)
    assert bool(told["devices"]) == llama_cpp.llama_supports_gpu_offload()


@pytest.mark.parametrize(
    ("backends", "devices", "told"),
    [
        (["CUDA", "CPU"], [(H200, GPU), ("AMD EPYC", CPU)], {"apis": ["CUDA"], "devices": [H200]}),
        (["CUDA", "CPU"], [("AMD EPYC", CPU)], {"apis": ["CUDA"], "devices": []}),
        (["MTL", "BLAS", "CPU"], [("Apple M2", INTEGRATED_GPU), ("Accelerate", ACCELERATOR),
                                  ("Apple M2", CPU)], {"apis": ["Metal"], "devices": ["Apple M2"]}),
        (["CPU"], [("AMD EPYC", CPU)], {"apis": [], "devices": []}),
    ],
)  # fmt: skip
def test_gpus_are_told_from_other_devices(
    tmp_path: Path,
    backends: list[str],
    devices: list[tuple[str, int]],
    told: dict[str, list[str]],
) -> None:
    library = compile_library(tmp_path, backends, devices)
    assert ask_llama(ctypes.CDLL(str(library))) == told


@pytest.mark.parametrize(
    ("offload", "build", "model"),
    [
        (Offload(), "CPU only", "CPU only"),
        (Offload(layers=37), "CPU only", "CPU only"),
        (Offload(("CUDA",), (), 0, 37), "CUDA, but it finds no GPU", "CUDA, but it finds no GPU"),
        (Offload(("CUDA",), (H200,), 37, 37), "CUDA on NVIDIA H200",
         "CUDA, all 37 layers on NVIDIA H200"),
        (Offload(("CUDA",), (H200, "NVIDIA L4"), 10, 37), "CUDA on NVIDIA H200, NVIDIA L4",
         "CUDA, 10 of 37 layers on NVIDIA H200, NVIDIA L4"),
        (Offload(("Metal",), ("Apple M2",), 0, 37), "Metal on Apple M2",
         "Metal, none of 37 layers on Apple M2"),
    ],
)  # fmt: skip
def test_it_is_told_in_words(offload: Offload, build: str, model: str) -> None:
    assert (offload.build, offload.model) == (build, model)


def test_a_message_of_a_process_that_tells_nothing_is_read() -> None:
    assert Offload.from_message({"n_ctx": 99}) == Offload()


@pytest.mark.parametrize(("gpu_layers", "on_gpu"), [(-1, 3), (0, 0), (2, 2), (99, 3)])
def test_a_loaded_model_tells_its_layers_on_the_gpu(
    copying_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gpu_layers: int,
    on_gpu: int,
) -> None:
    pretend(tmp_path, monkeypatch, ["CUDA", "CPU"], [H200])
    local = LocalModel(copying_model, n_ctx=512, threads=1, gpu_layers=gpu_layers)
    try:
        local.wait_ready(30)
        assert local.offload == Offload(("CUDA",), (H200,), on_gpu, 3)
        message = Message(role="user", content="[1] Herons wade.\nQuestion: what?")
        answer = "".join(local.stream([message], max_tokens=6))
        assert answer.strip() in "[1] Herons wade."
    finally:
        local.close()
