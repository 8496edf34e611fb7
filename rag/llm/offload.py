"""What llama.cpp computes on a GPU: asked in the model process, told to people everywhere else."""

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

API_NAMES = {"MTL": "Metal"}  # where llama.cpp's own name is not the usual one
NO_GPU = ("CPU", "BLAS", "RPC")  # llama.cpp's backends that compute on no GPU of this machine
GPU_TYPES = (1, 2)  # of ggml's devices: with its own memory, or with the machine's


@dataclass(frozen=True, slots=True)
class Offload:
    """The GPU side of a build of llama.cpp and of a loaded model.

    `apis` are built in, `devices` are the GPUs that llama.cpp found; `gpu_layers` of the model's
    `layers` are computed there. llama.cpp counts the output as one more layer.
    """

    apis: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    gpu_layers: int = 0
    layers: int = 0

    @classmethod
    def from_message(cls, ready: Mapping[str, Any]) -> "Offload":
        """Read the worker's message that it is ready."""
        told = ready.get("offload", {})
        return cls(
            tuple(told.get("apis", ())),
            tuple(told.get("devices", ())),
            int(told.get("gpu_layers", 0)),
            int(told.get("layers", 0)),
        )

    @property
    def build(self) -> str:
        """What this build can use, like `CPU only` or `CUDA on NVIDIA H200`."""
        if not self.apis:
            return "CPU only"
        where = f" on {', '.join(self.devices)}" if self.devices else ", but it finds no GPU"
        return " and ".join(self.apis) + where

    @property
    def model(self) -> str:
        """The same with the part of the model, like `CUDA, all 37 layers on NVIDIA H200`."""
        if not self.devices:
            return self.build
        if self.gpu_layers == self.layers:
            share = f"all {self.layers} layers"
        else:
            share = f"{self.gpu_layers or 'none'} of {self.layers} layers"
        return f"{' and '.join(self.apis)}, {share} on {', '.join(self.devices)}"


def ask_llama(library: ctypes.CDLL) -> dict[str, list[str]]:
    """Return the names of llama.cpp's GPU backends, and of the GPUs that they found.

    `library` is llama.cpp's, loaded by llama_cpp, which has no Python functions for them.
    """
    apis = []
    for backend in _all(library, "ggml_backend_reg"):
        name = _text(library.ggml_backend_reg_name, backend)
        if name not in NO_GPU:
            apis.append(API_NAMES.get(name, name))
    devices = [
        _text(library.ggml_backend_dev_description, device)
        for device in _all(library, "ggml_backend_dev")
        if library.ggml_backend_dev_type(ctypes.c_void_p(device)) in GPU_TYPES
    ]
    return {"apis": apis, "devices": devices}


def _all(library: ctypes.CDLL, kind: str) -> list[int]:
    """Return pointers to all backends or devices."""
    count, get = library[f"{kind}_count"], library[f"{kind}_get"]
    count.restype, get.restype = ctypes.c_size_t, ctypes.c_void_p
    return [get(ctypes.c_size_t(number)) for number in range(count())]


def _text(function: Any, pointer: int) -> str:
    function.restype = ctypes.c_char_p
    return (function(ctypes.c_void_p(pointer)) or b"").decode("utf-8", "replace")
