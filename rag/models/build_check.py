"""Checks that llama.cpp works on this machine: a small quantised model writes a few tokens."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from rag.errors import ModelError
from rag.llm.local_model import LocalModel
from rag.llm.offload import Offload

# Large enough for the matrix kernels in which a bad build crashes, small enough to write at once.
N_EMBD = 256
N_FF = 512
N_HEAD = 4
LOAD_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class BuildCheck:
    """What is wrong with a build of llama.cpp, in one sentence or "", and what it can offload."""

    problem: str
    offload: Offload


def check_build(*, gpu_layers: int = -1) -> BuildCheck:
    """Run the test model; -1 layers puts all of it on the GPU, if the build has one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.gguf"
        write_test_model(path)
        model = LocalModel(path, n_ctx=512, threads=0, gpu_layers=gpu_layers)
        try:
            model.wait_ready(LOAD_SECONDS)
            for _piece in model.stream([{"role": "user", "content": "Hello"}], max_tokens=4):
                pass
        except ModelError as error:
            return BuildCheck(model.problem or str(error), model.offload)
        finally:
            model.close()
    return BuildCheck("", model.offload)


def write_test_model(path: Path) -> None:
    """Write a one-layer model with random Q4_0 weights and bytes for its vocabulary."""
    import numpy as np
    from gguf import GGMLQuantizationType, GGUFWriter, quants

    quantization = GGMLQuantizationType.Q4_0
    random = np.random.default_rng(0)
    writer = GGUFWriter(path, "llama")
    tokens = [b"<unk>", b"<s>", b"</s>"] + [f"<0x{byte:02X}>".encode() for byte in range(256)]
    writer.add_name("probe")
    writer.add_context_length(512)
    writer.add_embedding_length(N_EMBD)
    writer.add_block_count(1)
    writer.add_feed_forward_length(N_FF)
    writer.add_head_count(N_HEAD)
    writer.add_head_count_kv(N_HEAD)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(N_EMBD // N_HEAD)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([2, 3, 3] + [6] * 256)  # unknown, control, control, bytes
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)

    def matrix(name: str, rows: int, columns: int) -> None:
        weights = random.standard_normal((rows, columns), dtype=np.float32) * 0.02
        writer.add_tensor(name, quants.quantize(weights, quantization), raw_dtype=quantization)

    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(N_EMBD, np.float32))
    matrix("token_embd.weight", len(tokens), N_EMBD)
    matrix("output.weight", len(tokens), N_EMBD)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        matrix(f"blk.0.{name}.weight", N_EMBD, N_EMBD)
    matrix("blk.0.ffn_gate.weight", N_FF, N_EMBD)
    matrix("blk.0.ffn_up.weight", N_FF, N_EMBD)
    matrix("blk.0.ffn_down.weight", N_EMBD, N_FF)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
