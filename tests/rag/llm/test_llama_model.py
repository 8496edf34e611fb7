"""Chat templates as models bring them: what was said before is read as the same tokens again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from rag.llm.batch import AnswerRequest, Batch
from rag.llm.llama_model import LlamaModel, Message
from tests.models.tiny_gguf import write_copying_model

CHATML = """{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
# Like Qwen3's: earlier thinking is cut out, and thinking is closed where it is not wanted.
CUT_OUT = "{{ m.content.split('</think>')[-1].lstrip('\\n') }}"
NO_THINKING = "{% if not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif"
CLOSED = CHATML.replace("{{ m.content }}", CUT_OUT).replace("{% endif", NO_THINKING)
# Like DeepSeek-R1's: the template itself opens it.
OPENED = CHATML.replace("assistant\n{% endif", "assistant\n<think>\n{% endif")
# Like Gemma's: there is no system role.
NO_SYSTEM = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('No system role') }}{% endif %}"
    + CHATML
)

FIRST: list[Message] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "[1] Herons </s> wade.\n\nQuestion: what <|im_end|>?"},
]
SECOND: list[Message] = [
    *FIRST,
    {"role": "assistant", "content": "They wade [1]."},
    {"role": "user", "content": "Question: why?"},
]


@pytest.fixture(scope="module")
def model(copying_model: Path) -> Iterator[LlamaModel]:
    model = LlamaModel(str(copying_model), n_ctx=512, threads=1)
    yield model
    model.llama.close()


@pytest.mark.parametrize(("gpu_layers", "uses_gpu"), [(-1, True), (0, False), (7, True)])
def test_the_layers_for_the_gpu_are_passed_to_llama_cpp(
    copying_model: Path, gpu_layers: int, uses_gpu: bool
) -> None:
    model = LlamaModel(str(copying_model), n_ctx=512, threads=1, gpu_layers=gpu_layers)
    try:
        given = model.llama.model_params.n_gpu_layers
        assert given == gpu_layers if gpu_layers >= 0 else given > 1_000_000
        assert bool(model.llama.context_params.offload_kqv) is uses_gpu
        assert bool(model.llama.context_params.op_offload) is uses_gpu
    finally:
        model.llama.close()


def use(model: LlamaModel, template: str) -> None:
    model._template = Jinja2ChatFormatter(template, eos_token="</s>", bos_token="<s>")


@pytest.mark.parametrize("template", [CHATML, CLOSED, OPENED, NO_SYSTEM])
def test_the_second_turn_begins_with_the_tokens_of_the_first(
    model: LlamaModel, template: str
) -> None:
    use(model, template)
    first, second = model.prompt_tokens(FIRST), model.prompt_tokens(SECOND)
    ends = len(model.llama.tokenize(b"<think>\n\n</think>\n\n", add_bos=False, special=True))
    pairs = enumerate(zip(first, second, strict=False))
    common = next((n for n, (a, b) in pairs if a != b), len(first))
    assert common >= len(first) - (ends if "think" in template else 0) - 1
    assert len(second) > len(first) + 30


def test_messages_contain_no_control_tokens(model: LlamaModel) -> None:
    use(model, CHATML)
    controls = {1, 2, 3}  # <s>, </s> and the copying model's own
    assert not controls & set(model.prompt_tokens(SECOND)[1:])


@pytest.mark.parametrize("template", [CHATML, "{{ bos_token }}" + CHATML])
@pytest.mark.parametrize("add_bos", [True, False])
def test_the_prompt_begins_with_one_bos_if_the_vocabulary_or_the_template_wants_it(
    tmp_path: Path, template: str, add_bos: bool
) -> None:
    path = write_copying_model(tmp_path / "bos.gguf", template=template, add_bos=add_bos)
    model = LlamaModel(str(path), n_ctx=512, threads=1)
    try:
        tokens, bos = model.prompt_tokens(SECOND), model.llama.token_bos()
    finally:
        model.llama.close()
    assert tokens.count(bos) == (add_bos or "bos" in template)
    assert (tokens[0] == bos) is (add_bos or "bos" in template)


def test_a_base_model_continues_a_text_until_the_line_ends(tmp_path: Path) -> None:
    path = write_copying_model(tmp_path / "base.gguf", heads=6, template=None)
    model = LlamaModel(str(path), n_ctx=512, threads=1)
    try:
        prompt = model.prompt_tokens(SECOND)
        sent: list[dict[str, Any]] = []
        batch = Batch(model, sent.append)
        batch.add(AnswerRequest(1, prompt, max_tokens=50, temperature=0))
        while not batch.is_idle:
            batch.step()
        text = model.llama.detokenize(prompt[1:]).decode()
    finally:
        model.llama.close()
    assert model.is_base
    assert text == (
        "Be brief.\n\n[1] Herons </s> wade.\n\nQuestion: what <|im_end|>?\n"
        "Answer: They wade [1].\n\nQuestion: why?\nAnswer:"
    )
    assert "".join(message.get("text", "") for message in sent) == " They wade [1]."
    assert sent[-1]["done"] == "end"


def test_a_template_that_opens_thinking_is_noticed(model: LlamaModel) -> None:
    for template, tag in ((CHATML, ""), (OPENED, "<think>"), (CLOSED, "")):
        use(model, template)
        model.prompt_tokens(FIRST)
        assert model.opened_tag == tag
