"""A GGUF model in this process: the one door to llama.cpp. Only the model process comes in here."""

import codecs
import ctypes
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, cast

if TYPE_CHECKING:
    from llama_cpp.llama_types import ChatCompletionRequestMessage

N_BATCH = 512  # tokens evaluated at once; larger ones were no faster on two cores
PIECE_BYTES = 512  # of the longest token


class Message(TypedDict):
    """One message of a chat; `role` is system, user or assistant."""

    role: str
    content: str


class LlamaModel:
    """A loaded model that writes one answer at a time. Not thread-safe."""

    def __init__(self, path: str, *, n_ctx: int, threads: int) -> None:
        """Load the file. Raises ValueError where llama.cpp cannot read it."""
        import llama_cpp
        from llama_cpp import Llama, llama_chat_format

        self._lib = llama_cpp
        self.llama = Llama(
            path,
            n_ctx=n_ctx,
            n_batch=N_BATCH,
            n_ubatch=N_BATCH,
            n_gpu_layers=-1 if llama_cpp.llama_supports_gpu_offload() else 0,
            n_threads=threads,
            n_threads_batch=threads,
            verbose=True,  # to stderr, where the parent looks for the cause of a failure
        )
        self.is_cancelled: Callable[[], bool] = lambda: False
        self.thinks_first = False  # the last prompt ended within `<think>`
        self.steps = 0  # of computing, so far: how the parent sees that it gets on
        self._abort = llama_cpp.ggml_abort_callback(self._must_stop)  # the reference must be kept
        self._vocabulary = self.llama._model.vocab
        template = self.llama.metadata.get("tokenizer.chat_template")
        self._template = llama_chat_format.Jinja2ChatFormatter(
            template or llama_chat_format.CHATML_CHAT_TEMPLATE,
            eos_token=self._token_text(self.llama.token_eos()),
            bos_token=self._token_text(self.llama.token_bos()),
        )

    @property
    def n_ctx(self) -> int:
        """Tokens of prompt and answer together that fit (llama.cpp rounds what it was given)."""
        return int(self.llama.n_ctx())

    @property
    def cached_tokens(self) -> Sequence[int]:
        """What the key-value cache holds: the same beginning need not be read again."""
        return [int(token) for token in self.llama._input_ids]

    def prompt_tokens(self, messages: Sequence[Message]) -> list[int]:
        """Return the chat as tokens, by the model's own template.

        Control tokens come from the template alone: a `<|im_end|>` that stands in a message is
        read as those nine characters, so no abstract or question can end its own part.
        """
        contents = {secrets.token_hex(16): message["content"] for message in messages}
        marked: list[Message] = [
            {"role": message["role"], "content": mark}
            for mark, message in zip(contents, messages, strict=True)
        ]
        tokens: list[int] = []
        rendered = self._render(marked)
        self.thinks_first = rendered.rstrip().endswith("<think>")
        for part in re.split(f"({'|'.join(contents)})", rendered):
            text = contents.get(part, part).encode("utf-8", "replace")
            if text:
                tokens += self.llama.tokenize(text, add_bos=False, special=part not in contents)
        return tokens

    def write(self, prompt: Sequence[int], *, max_tokens: int, temperature: float) -> Iterator[str]:
        """Yield pieces of the answer, until the model ends it or `max_tokens` are written.

        Stops early once `is_cancelled` says so, also while the prompt is evaluated.
        """
        decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a token may be half a letter
        written = 0
        self._watch(self._abort)
        try:
            for token in self.llama.generate(prompt, temp=temperature):
                if not written:
                    # Hundreds of calls into Python for each token would slow the answer down;
                    # between two tokens a cancel is heard anyway.
                    self._watch(self._lib.ggml_abort_callback())
                if self._lib.llama_vocab_is_eog(self._vocabulary, token) or self.is_cancelled():
                    break
                written += 1
                yield decoder.decode(self._piece(token))
                if written == max_tokens:
                    break
        except RuntimeError:  # "llama_decode returned 2": the abort callback's doing
            if not self.is_cancelled():
                raise
        yield decoder.decode(b"", final=True)

    def _watch(self, abort: Any) -> None:
        """Have llama.cpp ask this after every step of computing, or nothing at all."""
        self._lib.llama_set_abort_callback(self.llama._ctx.ctx, abort, ctypes.c_void_p(0))

    def _must_stop(self, _data: object) -> bool:
        self.steps += 1
        return self.is_cancelled()

    def _render(self, messages: list[Message]) -> str:
        """Apply the chat template; where it knows no system role, that joins the first turn.

        Models that can do without thinking aloud are told to: what they need is in the prompt.
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

    def _piece(self, token: int, *, special: bool = False) -> bytes:
        buffer = ctypes.create_string_buffer(PIECE_BYTES)
        length = self._lib.llama_token_to_piece(
            self._vocabulary, token, buffer, PIECE_BYTES, 0, special
        )
        return buffer.raw[: max(0, length)]

    def _token_text(self, token: int) -> str:
        return self._piece(token, special=True).decode("utf-8", "replace") if token >= 0 else ""


def _typed(messages: list[Message]) -> "list[ChatCompletionRequestMessage]":
    # Their type is a union over the roles.
    return cast("list[ChatCompletionRequestMessage]", messages)
