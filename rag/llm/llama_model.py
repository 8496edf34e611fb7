"""A GGUF model in this process, through llama.cpp. Only the worker process imports this module."""

import codecs
import ctypes
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, cast

from rag.llm.offload import ask_llama
from rag.llm.reasoning import MARKS, TAGS

if TYPE_CHECKING:
    from llama_cpp import Llama
    from llama_cpp._internals import LlamaSampler
    from llama_cpp.llama_types import ChatCompletionRequestMessage

N_BATCH = 512  # tokens evaluated at once; larger batches were no faster on two cores
TOKEN_BYTES = 512  # of the longest token
UNWATCHED = 16  # tokens that are evaluated so soon that nobody needs to abort it
ABORTED = 2  # what llama_decode returns if `should_abort` did
FIRST_CONTEXT = 256  # tokens, until the real context takes its place
# A base model goes on with any text, so it is given one in which an answer comes next.
PLAIN_TEMPLATE = (
    "{% for m in messages %}{% if m.role == 'assistant' %}Answer: {{ m.content }}\n\n"
    "{% elif m.role == 'system' %}{{ m.content }}\n\n{% else %}{{ m.content }}\n{% endif %}"
    "{% endfor %}Answer:"
)


class Message(TypedDict):
    """One message of a chat; `role` is system, user or assistant."""

    role: str
    content: str


class Part(NamedTuple):
    """Tokens of a sequence that are evaluated next: those from place `start` on."""

    sequence: int
    start: int
    tokens: Sequence[int]
    is_last: bool


class LlamaModel:
    """A loaded model and its context, which holds one or more sequences of tokens.

    rag/llm/batch.py evaluates them; only one thread may do that. `prompt_tokens` may run in another
    one, but not in two.
    """

    def __init__(
        self, path: str, *, n_ctx: int, threads: int, gpu_layers: int = -1, sequences: int = 1
    ) -> None:
        """Load the file. Raises ValueError if llama.cpp cannot read it.

        `gpu_layers` are computed on the GPU, if there is one; -1 stands for all of them. Each of
        the `sequences` has `n_ctx` tokens of context; if memory does not suffice, there are fewer.
        """
        import llama_cpp
        from llama_cpp import Llama, llama_chat_format

        self._lib = llama_cpp
        self.llama = Llama(
            path,
            n_ctx=n_ctx if sequences == 1 else FIRST_CONTEXT,
            n_batch=N_BATCH,
            n_ubatch=N_BATCH,
            n_gpu_layers=gpu_layers,
            # Otherwise the cache and long prompts use the GPU even without a layer there.
            offload_kqv=gpu_layers != 0,
            op_offload=gpu_layers != 0,
            n_threads=threads,
            n_threads_batch=threads,
            verbose=True,  # to stderr, where the parent process finds the cause of a failure
        )
        self.sequences = self._widen(n_ctx, sequences) if sequences > 1 else 1
        self._gpu_layers = gpu_layers
        self._is_watched = False
        self.should_abort: Callable[[], bool] = lambda: False
        self.opened_tag = ""  # `<think>`, if the last prompt ended with it
        self.steps = 0  # computed so far; shows the parent process that there is progress
        # llama.cpp holds no reference to its callback, so this object must.
        self._abort_callback = llama_cpp.ggml_abort_callback(self._on_step)
        self._vocabulary = self.llama._model.vocab
        self._mark_tokens = set(filter(None, map(self._control_token, MARKS)))
        template = self.llama.metadata.get("tokenizer.chat_template")
        self.is_base = not template  # never trained to answer
        self._template = llama_chat_format.Jinja2ChatFormatter(
            template or PLAIN_TEMPLATE,
            eos_token=self._token_text(self.llama.token_eos()),
            bos_token=self._token_text(self.llama.token_bos()),
        )

    @property
    def n_ctx(self) -> int:
        """The tokens that prompt and answer may have together (as rounded by llama.cpp)."""
        return int(self.llama.n_ctx()) // self.sequences

    @property
    def n_batch(self) -> int:
        """The most tokens that can be evaluated together."""
        return int(self._lib.llama_n_batch(self.llama._ctx.ctx))

    @property
    def can_share(self) -> bool:
        """Whether a sequence can begin with a part of another one, without evaluating it again."""
        model = self.llama._model.model
        return not (
            self._lib.llama_model_is_recurrent(model) or self._lib.llama_model_is_hybrid(model)
        )

    @property
    def offload(self) -> dict[str, Any]:
        """What rag.llm.offload.Offload reads: GPUs and the layers computed there."""
        layers = int(self._lib.llama_model_n_layer(self.llama._model.model)) + 1  # the output
        told = ask_llama(self._lib.llama_cpp._lib)
        on_gpu = layers if self._gpu_layers < 0 else min(self._gpu_layers, layers)
        return {**told, "gpu_layers": on_gpu if told["devices"] else 0, "layers": layers}

    def prompt_tokens(self, messages: Sequence[Message]) -> list[int]:
        """Return the chat as tokens, by the model's own template.

        Only the template yields control tokens: `<|im_end|>` in a message is read as these ten
        characters, so no abstract or question can end its own part.
        """
        contents = {secrets.token_hex(16): message["content"] for message in messages}
        placeholders: list[Message] = [
            {"role": message["role"], "content": placeholder}
            for placeholder, message in zip(contents, messages, strict=True)
        ]
        tokens: list[int] = []
        rendered = self._render(placeholders)
        self.opened_tag = next((tag for tag in TAGS if rendered.rstrip().endswith(tag)), "")
        for part in re.split(f"({'|'.join(contents)})", rendered):
            text = contents.get(part, part).encode("utf-8", "replace")
            if text:
                tokens += self.llama.tokenize(text, add_bos=False, special=part not in contents)
        bos = self.llama.token_bos()
        wants_bos = self._lib.llama_vocab_get_add_bos(self._vocabulary)
        if wants_bos and tokens[:1] != [bos]:  # most templates write it themselves
            tokens.insert(0, bos)
        return tokens

    def sampler(self, temperature: float, schema: Mapping[str, Any] | None) -> "Sampler":
        """Return what chooses the tokens of one answer.

        With a JSON schema, only tokens that continue an object that fits it are chosen.
        """
        grammar = None
        if schema:
            grammar = self._lib.LlamaGrammar.from_json_schema(json.dumps(schema), verbose=False)
        return Sampler(self.llama._init_sampler(temp=temperature, grammar=grammar), self.llama)

    def evaluate(self, parts: Sequence[Part]) -> int:
        """Evaluate at most `n_batch` tokens; return 0, or llama_decode's code (ABORTED).

        What comes after the last token of a part can be chosen then, if the part `is_last`.
        """
        batch, n = self.llama._batch.batch, 0
        for part in parts:
            for place, token in enumerate(part.tokens, part.start):
                batch.token[n], batch.pos[n] = token, place
                batch.seq_id[n][0], batch.n_seq_id[n] = part.sequence, 1
                batch.logits[n] = False
                n += 1
            batch.logits[n - 1] = part.is_last
        batch.n_tokens = n
        self._watch(is_watched=n > UNWATCHED)
        code = int(self._lib.llama_decode(self.llama._ctx.ctx, batch))
        self.steps += 1
        return code

    def cut(self, sequence: int, length: int) -> int:
        """Drop all but the first tokens of a sequence from the cache; return how many are left.

        None are left where llama.cpp cannot drop a part.
        """
        memory = self.llama._ctx.memory
        if length and self._lib.llama_memory_seq_rm(memory, sequence, length, -1):
            return length
        self._lib.llama_memory_seq_rm(memory, sequence, -1, -1)
        return 0

    def share(self, source: int, target: int, length: int) -> None:
        """Let a sequence, which is empty, begin with the first tokens of another one."""
        self._lib.llama_memory_seq_cp(self.llama._ctx.memory, source, target, 0, length)

    def is_end(self, token: int) -> bool:
        """Return whether the model ends its answer with this token."""
        return bool(self._lib.llama_vocab_is_eog(self._vocabulary, token))

    def token_bytes(self, token: int) -> bytes:
        """Return a token's part of the text: a control token's only if it is around thinking."""
        return self._token_bytes(token, special=token in self._mark_tokens)

    def _watch(self, *, is_watched: bool) -> None:
        """Ask `should_abort` after every computing step of what is evaluated next, or no longer.

        That takes hundreds of calls into Python per batch, which would slow short ones down.
        """
        if is_watched == self._is_watched:
            return
        self._is_watched = is_watched
        callback = self._abort_callback if is_watched else self._lib.ggml_abort_callback()
        self._lib.llama_set_abort_callback(self.llama._ctx.ctx, callback, ctypes.c_void_p(0))

    def _widen(self, n_ctx: int, sequences: int) -> int:
        """Replace the context with one of several sequences; return how many fit into memory.

        They share one cache, so that what they have in common is evaluated and stored once.
        """
        from llama_cpp._internals import LlamaBatch, LlamaContext

        llama, params = self.llama, self.llama.context_params
        llama._ctx.close()
        llama._batch.close()
        llama._batch = LlamaBatch(n_tokens=N_BATCH, embd=0, n_seq_max=1)
        params.n_batch = params.n_ubatch = N_BATCH
        params.kv_unified = True
        while True:
            params.n_ctx, params.n_seq_max = n_ctx * sequences, sequences
            try:
                # The model, which outlives it, frees it.
                llama._ctx = LlamaContext(model=llama._model, params=params, verbose=True)
                return sequences
            except ValueError:
                if sequences == 1:
                    raise
                sequences -= 1

    def _on_step(self, _data: object) -> bool:
        self.steps += 1
        return self.should_abort()

    def _render(self, messages: list[Message]) -> str:
        """Apply the chat template; one without a system role gets that text in the first turn.

        Thinking is switched off in models that allow it: all they need is in the prompt.
        """
        try:
            return str(self._template(messages=_typed(messages), enable_thinking=False).prompt)
        except ValueError:
            system, first, *rest = messages
            joined: Message = {
                "role": first["role"],
                "content": f"{system['content']}\n\n{first['content']}",
            }
            messages = [joined, *rest]
            return str(self._template(messages=_typed(messages), enable_thinking=False).prompt)

    def _control_token(self, text: str) -> int | None:
        """Return the one token that stands for a text, if there is one."""
        tokens = self.llama.tokenize(text.encode(), add_bos=False, special=True)
        return tokens[0] if len(tokens) == 1 else None

    def _token_bytes(self, token: int, *, special: bool = False) -> bytes:
        buffer = ctypes.create_string_buffer(TOKEN_BYTES)
        length = self._lib.llama_token_to_piece(
            self._vocabulary, token, buffer, TOKEN_BYTES, 0, special
        )
        return buffer.raw[: max(0, length)]

    def _token_text(self, token: int) -> str:
        if token < 0:  # the model has no such token
            return ""
        return self._token_bytes(token, special=True).decode("utf-8", "replace")


def _typed(messages: list[Message]) -> "list[ChatCompletionRequestMessage]":
    # Their type is a union over the roles.
    return cast("list[ChatCompletionRequestMessage]", messages)


class Sampler:
    """What chooses the tokens of one answer, by its own temperature and grammar."""

    def __init__(self, sampler: "LlamaSampler", llama: "Llama") -> None:
        self._sampler = sampler
        self._llama = llama

    def choose(self, position: int) -> int:
        """Return the token that comes after the one at this position of the last batch."""
        return int(self._sampler.sample(self._llama._ctx, position))

    def close(self) -> None:
        """Free its memory."""
        self._sampler.close()


class TokenText:
    """The text of an answer, from its tokens one by one.

    A base model, which would go on to ask the next question, is stopped at the end of the line.
    """

    def __init__(self, model: LlamaModel, *, is_one_line: bool) -> None:
        self.has_ended = False  # by the end of the line
        self._model = model
        self._is_one_line = is_one_line
        self._has_text = False
        # A token may be a part of a letter.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, token: int) -> str:
        """Return the text that this token adds, which may be empty."""
        text = self._decoder.decode(self._model.token_bytes(token))
        line, newline, _ = text.lstrip("\n" * (not self._has_text)).partition("\n")
        self._has_text = self._has_text or bool(line.strip())
        self.has_ended = bool(self._is_one_line and newline and self._has_text)
        return line if self.has_ended else text

    def rest(self) -> str:
        """Return what is left of an unfinished letter."""
        return self._decoder.decode(b"", final=True)
