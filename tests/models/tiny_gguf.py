"""Writes a GGUF model with hand-set weights that copies a line of its prompt: 1 MB, milliseconds.

It is a real GGUF file with the llama architecture, so llama.cpp runs it like any other, but its
answers are predictable. After the chat template it writes "[", then the text that followed a "[" in
the prompt, and stops at the end of that line. Its tokens are single bytes and ASCII characters.

How it works (an "induction head", see https://arxiv.org/abs/2209.11895), in two layers:

- Every token has a code of 32 numbers, each 1 or -1. Any two codes agree in 12 to 20 of their
  places (they are Gold codes, see https://en.wikipedia.org/wiki/Gold_code), so that a dot
  product tells tokens apart without learning anything.
- The first layer has one head for each of the last tokens: head 0 looks one token back, head 1
  two and so on. They find the place by rotary position alone, and write the code of that
  token into a separate part of the stream. So each position knows the tokens just before it.
- The second layer looks for earlier positions that follow the same token, preceded by the same
  tokens, as the current one. A nearer token always outweighs all farther ones together. It copies
  the code of the token at that position, which becomes the next token.
- Two flags in the stream do the rest: after the token that ends the chat template comes "[", after
  a newline the end. The feed-forward parts are zero.

It copies correctly as long as no run of `heads` characters occurs twice in the prompt; otherwise
it may continue at the wrong place, and loop.

`write_reciting_model` writes one that says the same text after every prompt. It has the first
layer, and in place of the second a feed-forward part with one unit for each place of the text: the
unit is active after the tokens that stand before that place, and adds the code of the next one.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from gguf import GGUFWriter, PoolingType

Matrix = npt.NDArray[np.float32]

CODE = 32  # numbers in a token's code
FEED_FORWARD = 4  # unused, but there must be some
BOT = "<|bot|>"  # ends the chat template
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6  # llama.cpp's kinds of tokens
END_OF_TEXT = 2
# The control tokens of OpenAI's Harmony format, which a template may put into the prompt.
HARMONY = ["<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|call|>", "<|return|>"]
SPECIALS = [b"<unk>", b"<s>", b"</s>", BOT.encode(), *map(str.encode, HARMONY)]
BYTES = [b"<0x%02X>" % value for value in range(256)]
CHARACTERS = [character.encode() for character in ["\u2581", *map(chr, range(33, 127))]]
TOKENS = SPECIALS + BYTES + CHARACTERS
KINDS = (
    [UNKNOWN] + [CONTROL] * (len(SPECIALS) - 1) + [BYTE] * len(BYTES) + [NORMAL] * len(CHARACTERS)
)
CHAT_TEMPLATE = "{% for m in messages %}{{m.role}}: {{m.content}}\n{% endfor %}" + BOT


def write_copying_model(
    path: Path,
    *,
    heads: int = 4,
    n_ctx: int = 4096,
    sharp: float = 10.0,
    template: str | None = CHAT_TEMPLATE,
    add_bos: bool = True,
) -> Path:
    """Write the model to `path`.

    `heads` is how many of the last tokens must match at the place it copies from; `sharp` is how
    strongly the second layer prefers one place. Without a `template` it is a base model, which goes
    on as the prompt did after the same characters.
    """
    shape = Shape(heads)
    unused = _zeros(FEED_FORWARD, shape.stream)
    feed_forward = (unused, unused, unused.T.copy())
    layers = [
        (_previous_token_layer(shape), feed_forward),
        (_induction_layer(shape, sharp), feed_forward),
    ]
    return _write(path, shape, layers, n_ctx, template=template, add_bos=add_bos)


def write_reciting_model(path: Path, text: str, *, heads: int = 6, n_ctx: int = 4096) -> Path:
    """Write a model to `path` that says this text, in ASCII, after every prompt.

    Raises ValueError if the text has a run of `heads` + 1 characters twice.
    """
    shape = Shape(heads)
    said = [BOT.encode(), *(c.encode() if c != " " else CHARACTERS[0] for c in text)]
    tokens = [TOKENS.index(token) for token in said] + [END_OF_TEXT]
    before = [tokens[max(0, n - heads) : n + 1] for n in range(len(tokens) - 1)]
    if len({tuple(run) for run in before}) < len(before):
        raise ValueError("the text has the same characters twice")
    recite = _reciting_part(shape, before, tokens[1:])
    unused = _zeros(len(before), shape.stream)
    nothing = _zeros(shape.heads * shape.head, shape.stream)
    key = _zeros(shape.head, shape.stream)
    layers = [
        (_previous_token_layer(shape), (unused, unused, unused.T.copy())),
        ((nothing, key, key, nothing.T.copy()), recite),
    ]
    return _write(path, shape, layers, n_ctx)


def write_embedder_header(path: Path, architecture: str, *, pooling: int | None) -> Path:
    """Write the header of a model without weights; an embedder says how it pools (1: the mean)."""
    writer = GGUFWriter(path, architecture)
    writer.add_name("tiny-vectors")
    writer.add_context_length(512)
    if pooling is not None:
        writer.add_pooling_type(PoolingType(pooling))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return path


def _write(
    path: Path,
    shape: "Shape",
    layers: "Sequence[tuple[Attention, FeedForward]]",
    n_ctx: int,
    *,
    template: str | None = CHAT_TEMPLATE,
    add_bos: bool = True,
) -> Path:
    """Write a model of these layers."""
    writer = GGUFWriter(path, "llama")
    _add_description(writer, shape, n_ctx, units=len(layers[0][1][0]))
    writer.add_add_bos_token(add_bos)
    if template is not None:
        writer.add_chat_template(template)
    embedding, output = _token_matrices(shape)
    _add_half(writer, "token_embd", embedding)
    _add_half(writer, "output", output)
    _add_norm(writer, "output_norm", shape)
    for number, (attention, (gate, up, down)) in enumerate(layers):
        query, key, value, attention_output = attention
        block = f"blk.{number}"
        _add_norm(writer, f"{block}.attn_norm", shape)
        _add_norm(writer, f"{block}.ffn_norm", shape)
        _add_half(writer, f"{block}.attn_q", query)
        _add_half(writer, f"{block}.attn_k", key)
        _add_half(writer, f"{block}.attn_v", value)
        _add_half(writer, f"{block}.attn_output", attention_output)
        _add_half(writer, f"{block}.ffn_gate", gate)
        _add_half(writer, f"{block}.ffn_up", up)
        _add_half(writer, f"{block}.ffn_down", down)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


class Shape:
    """The sizes of the model and the layout of its stream.

    The stream at a position holds the code of its token, the codes of the tokens one, two, …
    `heads` back, the code of the next token, and three numbers: one that is
    always 1, the flag of the chat template's end, and the flag of a newline.
    """

    def __init__(self, heads: int) -> None:
        self.heads = heads
        self.stream = CODE * (heads + 2) + 4
        self.head = CODE * (heads + 1)  # in the second layer a head compares that many codes
        self.next_token = CODE * (heads + 1)
        self.always_one = self.next_token + CODE
        self.template_ends = self.next_token + CODE + 1
        self.is_newline = self.next_token + CODE + 2
        self.rope_base = 10.0 ** (5 * self.head / 32)

    def back(self, steps: int) -> slice:
        """Return the place of the code of the token `steps` back."""
        return slice(CODE * steps, CODE * (steps + 1))


def _add_description(writer: GGUFWriter, shape: Shape, n_ctx: int, *, units: int) -> None:
    writer.add_name("tiny-copy")
    writer.add_context_length(n_ctx)
    writer.add_embedding_length(shape.stream)
    writer.add_block_count(2)
    writer.add_feed_forward_length(units)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(1)
    writer.add_key_length(shape.head)
    writer.add_value_length(shape.head)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(shape.head)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_file_type(1)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(TOKENS)
    writer.add_token_scores([0.0] * len(TOKENS))
    writer.add_token_types(KINDS)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(END_OF_TEXT)
    writer.add_add_space_prefix(False)


def _add_half(writer: GGUFWriter, name: str, matrix: Matrix) -> None:
    writer.add_tensor(f"{name}.weight", matrix.astype(np.float16))


def _add_norm(writer: GGUFWriter, name: str, shape: Shape) -> None:
    writer.add_tensor(f"{name}.weight", np.ones(shape.stream, np.float32))


def _zeros(rows: int, columns: int) -> Matrix:
    return np.zeros((rows, columns), np.float32)


def _codes() -> Matrix:
    """Return a code for each token; the dot product of any two is 8, 0 or -8."""
    cubes = [_product(x, _product(x, x)) for x in range(32)]
    traces = [_trace(x) for x in range(32)]
    return np.array(
        [
            [1 - 2 * traces[_product(n // 32, cubes[x]) ^ _product(n % 32, x)] for x in range(32)]
            for n in range(1, len(TOKENS) + 1)
        ],
        np.float32,
    )


def _product(a: int, b: int) -> int:
    """Multiply in the field of 32 elements, modulo x^5 + x^2 + 1."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 32:
            a ^= 0b100101
        b >>= 1
    return product


def _trace(a: int) -> int:
    """Return the sum of a, a^2, a^4, a^8 and a^16, which is 0 or 1."""
    total = a
    for _ in range(4):
        a = _product(a, a)
        total ^= a
    return total & 1


def _token_matrices(shape: Shape) -> tuple[Matrix, Matrix]:
    """Return the embedding and the output: tokens to codes, and codes back to tokens."""
    codes = _codes()
    embedding = _zeros(len(TOKENS), shape.stream)
    embedding[:, shape.back(0)] = codes
    embedding[:, shape.always_one] = 1
    embedding[TOKENS.index(BOT.encode()), shape.template_ends] = 1
    embedding[TOKENS.index(b"<0x0A>"), shape.is_newline] = 1
    output = _zeros(len(TOKENS), shape.stream)
    output[:, shape.next_token : shape.next_token + CODE] = codes
    output[TOKENS.index(b"["), shape.template_ends] = 200
    output[END_OF_TEXT, shape.is_newline] = 200
    return embedding, output


Attention = tuple[Matrix, Matrix, Matrix, Matrix]  # query, key, value, output
FeedForward = tuple[Matrix, Matrix, Matrix]  # gate, up, down


def _previous_token_layer(shape: Shape) -> Attention:
    """Return the first layer: head h stores the code of the token h + 1 back.

    Query and key come from the constant 1 alone, so that only the rotation by position counts.
    The query is rotated back by h + 1 steps, so it matches the key at that place best. Five pairs
    of numbers that rotate at different speeds make the match unique.
    """
    heads, head = shape.heads, shape.head
    # The norm divides by the root of the mean square: 33 of the numbers are 1 or -1 here.
    scale = math.sqrt(shape.stream / 33)
    gain = math.sqrt(60 * math.sqrt(head)) / scale
    query, key = _zeros(heads * head, shape.stream), _zeros(head, shape.stream)
    value, output = _zeros(head, shape.stream), _zeros(shape.stream, heads * head)
    for h in range(heads):
        steps = h + 1
        for i in range(5):
            turn = shape.rope_base ** (-2 * i / head)
            query[h * head + 2 * i, shape.always_one] = gain * math.cos(steps * turn)
            query[h * head + 2 * i + 1, shape.always_one] = -gain * math.sin(steps * turn)
        output[shape.back(steps), h * head : h * head + CODE] = np.eye(CODE) / scale
    for i in range(5):
        key[2 * i, shape.always_one] = gain
    value[:CODE, shape.back(0)] = np.eye(CODE)
    return query, key, value, output


def _induction_layer(shape: Shape, sharp: float) -> Attention:
    """Return the second layer: one head finds the same tokens earlier and copies the next one."""
    heads, head = shape.heads, shape.head
    # The mean square again: by now heads + 1 codes and the constant are in the stream.
    scale = math.sqrt(shape.stream / (32 * (heads + 1) + 1))
    strength = sharp / scale / scale
    query, key = _zeros(heads * head, shape.stream), _zeros(head, shape.stream)
    value, output = _zeros(head, shape.stream), _zeros(shape.stream, heads * head)
    for n, weight in enumerate(_weights(heads)):
        # The tokens before that place equal the current ones: its n + 1 back is our n back.
        part = slice(CODE * (n + 1), CODE * (n + 2))
        query[part, shape.back(n)] = np.eye(CODE) * weight * strength
        key[part, shape.back(n + 1)] = np.eye(CODE)
    value[:CODE, shape.back(0)] = np.eye(CODE)
    output[shape.next_token : shape.next_token + CODE, :CODE] = np.eye(CODE)
    return query, key, value, output


def _reciting_part(
    shape: Shape, before: Sequence[Sequence[int]], following: Sequence[int]
) -> FeedForward:
    """Return the feed-forward part with a unit for each run of tokens, which adds the next one.

    Equal codes have a dot product of 32, others 8 at most. So a unit's sum is 12 above its bound
    after its own run of tokens, and 12 below it at least after any other.
    """
    codes = _codes()
    scale = math.sqrt(shape.stream / (CODE * (shape.heads + 1) + 1))
    gate, up = _zeros(len(before), shape.stream), _zeros(len(before), shape.stream)
    down = _zeros(shape.stream, len(before))
    for unit, (run, token) in enumerate(zip(before, following, strict=True)):
        for steps, earlier in enumerate(reversed(run)):
            gate[unit, shape.back(steps)] = codes[earlier] * 4 / scale
        gate[unit, shape.always_one] = -(CODE * len(run) - 12) * 4 / scale
        up[unit, shape.always_one] = 1 / scale
        down[shape.next_token : shape.next_token + CODE, unit] = codes[token]
    return gate, up, down


def _weights(heads: int) -> list[int]:
    """Return the weight of each token, nearest first; each exceeds all farther ones together.

    The dot product of equal codes is 32, of others 8 at most either way, so 24 times a weight
    must exceed 40 times the sum of the farther ones.
    """
    weights = [1]
    while len(weights) < heads:
        weights.insert(0, math.ceil(sum(weights) * 40 / 24))
    return weights
