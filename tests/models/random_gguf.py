"""Writes a model with a real model's shape and random weights, to measure speed.

For example, 1536, 28 layers, 8960, 12 and 2 heads in Q4_0 is a model of 1.3 billion weights:
790 MB, written in half a minute.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, quants

NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6  # llama.cpp's kinds of tokens
SPECIALS = [b"<unk>", b"<s>", b"</s>"]
BYTES = [f"<0x{value:02X}>".encode() for value in range(256)]
CHAT_TEMPLATE = "{% for m in messages %}<{{m.role}}> {{m.content}}\n{% endfor %}<assistant>"


def write_random_model(
    path: Path,
    *,
    n_embd: int,
    n_layer: int,
    n_ff: int,
    n_head: int,
    n_head_kv: int,
    quantization: str = "Q4_0",
    vocabulary: Sequence[str],
    n_ctx: int = 4096,
) -> Path:
    """Write the model to `path`.

    The sizes have the names that GGUF gives them. `vocabulary` holds the words of a WordPiece
    vocabulary, as encoders have one; if it is empty, the tokens are single bytes.
    """
    pieces = _tokens_of(vocabulary)
    writer = GGUFWriter(path, "llama")
    writer.add_name("random")
    writer.add_context_length(n_ctx)
    writer.add_embedding_length(n_embd)
    writer.add_block_count(n_layer)
    writer.add_feed_forward_length(n_ff)
    writer.add_head_count(n_head)
    writer.add_head_count_kv(n_head_kv)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(n_embd // n_head)
    writer.add_file_type(2)
    _add_tokens(writer, pieces)

    weights = RandomWeights(writer, GGMLQuantizationType[quantization])
    tokens = len(SPECIALS + BYTES + pieces)
    weights.matrix("token_embd", tokens, n_embd)
    weights.matrix("output", tokens, n_embd)
    weights.norm("output_norm", n_embd)
    key_size = n_embd // n_head * n_head_kv
    for layer in range(n_layer):
        block = f"blk.{layer}"
        weights.norm(f"{block}.attn_norm", n_embd)
        weights.norm(f"{block}.ffn_norm", n_embd)
        weights.matrix(f"{block}.attn_q", n_embd, n_embd)
        weights.matrix(f"{block}.attn_k", key_size, n_embd)
        weights.matrix(f"{block}.attn_v", key_size, n_embd)
        weights.matrix(f"{block}.attn_output", n_embd, n_embd)
        weights.matrix(f"{block}.ffn_gate", n_ff, n_embd)
        weights.matrix(f"{block}.ffn_up", n_ff, n_embd)
        weights.matrix(f"{block}.ffn_down", n_embd, n_ff)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _tokens_of(vocabulary: Iterable[str]) -> list[bytes]:
    """Turn WordPiece's "##ing" and "word" into "ing" and "▁word"; omit "[MASK]" and the like."""
    seen = set(SPECIALS + BYTES)
    pieces = []
    for word in vocabulary:
        if word.startswith("["):
            continue
        piece = (word[2:] if word.startswith("##") else "\u2581" + word).encode()
        if piece not in seen:
            seen.add(piece)
            pieces.append(piece)
    return pieces


def _add_tokens(writer: GGUFWriter, pieces: Sequence[bytes]) -> None:
    plain = SPECIALS + BYTES
    writer.add_vocab_size(len(plain) + len(pieces))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([*plain, *pieces])
    writer.add_token_scores([0.0] * len(plain) + [-float(rank) for rank in range(len(pieces))])
    writer.add_token_types([UNKNOWN] + [CONTROL] * 2 + [BYTE] * len(BYTES) + [NORMAL] * len(pieces))
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(CHAT_TEMPLATE)


class RandomWeights:
    """Adds quantized noise, the same in every run."""

    def __init__(self, writer: GGUFWriter, quantization: GGMLQuantizationType) -> None:
        self.writer = writer
        self.quantization = quantization
        self.random = np.random.default_rng(0)

    def matrix(self, name: str, rows: int, columns: int) -> None:
        """Add a matrix of small random numbers."""
        weights = self.random.standard_normal((rows, columns), dtype=np.float32) * 0.02
        quantized = quants.quantize(weights, self.quantization)
        self.writer.add_tensor(f"{name}.weight", quantized, raw_dtype=self.quantization)

    def norm(self, name: str, size: int) -> None:
        """Add a norm that changes nothing."""
        self.writer.add_tensor(f"{name}.weight", np.ones(size, np.float32))
