"""A GGUF model in this process, through llama.cpp. Only the worker process imports this module."""

import codecs
import ctypes
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, cast

from rag.llm.offload import ask_llama
from rag.llm.reasoning import MARKS, TAGS

if TYPE_CHECKING:
    from llama_cpp import LlamaGrammar
    from llama_cpp.llama_types import ChatCompletionRequestMessage

N_BATCH = 512  # tokens evaluated at once; larger batches were no faster on two cores
TOKEN_BYTES = 512  # of the longest token
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


class LlamaModel:
    """A loaded model that writes one answer at a time. Not thread-safe."""

    def __init__(self, path: str, *, n_ctx: int, threads: int, gpu_layers: int = -1) -> None:
        """Load the file. Raises ValueError if llama.cpp cannot read it.

        `gpu_layers` are computed on the GPU, if there is one; -1 stands for all of them.
        """
        import llama_cpp
        from llama_cpp import Llama, llama_chat_format

        self._lib = llama_cpp
        self.llama = Llama(
            path,
            n_ctx=n_ctx,
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
        self._gpu_layers = gpu_layers
        self.is_cancelled: Callable[[], bool] = lambda: False
        self.opened_tag = ""  # `<think>`, if the last prompt ended with it
        self.steps = 0  # computed so far; shows the parent process that there is progress
        # llama.cpp holds no reference to its callback, so this object must.
        self._abort_callback = llama_cpp.ggml_abort_callback(self._should_abort)
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
        return int(self.llama.n_ctx())

    @property
    def offload(self) -> dict[str, Any]:
        """What rag.llm.offload.Offload reads: GPUs and the layers computed there."""
        layers = int(self._lib.llama_model_n_layer(self.llama._model.model)) + 1  # the output
        told = ask_llama(self._lib.llama_cpp._lib)
        on_gpu = layers if self._gpu_layers < 0 else min(self._gpu_layers, layers)
        return {**told, "gpu_layers": on_gpu if told["devices"] else 0, "layers": layers}

    @property
    def cached_tokens(self) -> Sequence[int]:
        """The tokens in the key-value cache; a prompt that starts with them is evaluated faster."""
        return [int(token) for token in self.llama._input_ids]

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

    def generate(
        self,
        prompt: Sequence[int],
        *,
        max_tokens: int,
        temperature: float,
        schema: Mapping[str, Any] | None = None,
    ) -> Iterator[str]:
        """Yield pieces of the answer until the model ends it or `max_tokens` are written.

        With a JSON schema, llama.cpp allows only tokens that continue an object that fits it. A
        base model, which would go on to ask the next question, is stopped at the end of the line.
        Stops early when `is_cancelled` returns True, even while the prompt is evaluated.
        """
        decoder = codecs.getincrementaldecoder("utf-8")(
            "replace"
        )  # a token may be part of a letter
        tokens, has_text, is_one_line = 0, False, self.is_base and not schema
        grammar = self._grammar(schema) if schema else None
        self._set_abort_callback(self._abort_callback)
        try:
            for token in self.llama.generate(prompt, temp=temperature, grammar=grammar):
                if not tokens:
                    # Hundreds of calls into Python per token would slow the answer down, and
                    # between two tokens a cancel is noticed anyway.
                    self._set_abort_callback(self._lib.ggml_abort_callback())
                if self._lib.llama_vocab_is_eog(self._vocabulary, token) or self.is_cancelled():
                    break
                tokens += 1
                is_mark = token in self._mark_tokens  # around thinking: Paperboy must see it
                text = decoder.decode(self._token_bytes(token, special=is_mark))
                line, newline, _ = text.lstrip("\n" * (not has_text)).partition("\n")
                has_text = has_text or bool(line.strip())
                if is_one_line and newline and has_text:
                    yield line
                    break
                yield text
                if tokens == max_tokens:
                    break
        except RuntimeError:  # "llama_decode returned 2": caused by the abort callback
            if not self.is_cancelled():
                raise
        yield decoder.decode(b"", final=True)

    def _grammar(self, schema: Mapping[str, Any]) -> "LlamaGrammar":
        return self._lib.LlamaGrammar.from_json_schema(json.dumps(schema), verbose=False)

    def _set_abort_callback(self, callback: Any) -> None:
        """Have llama.cpp call this after every computing step; a null callback removes it."""
        self._lib.llama_set_abort_callback(self.llama._ctx.ctx, callback, ctypes.c_void_p(0))

    def _should_abort(self, _data: object) -> bool:
        self.steps += 1
        return self.is_cancelled()

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
