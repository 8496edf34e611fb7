"""What models think aloud is left out, in whatever shape and pieces it comes."""

from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage

from rag.config import ModelConfig
from rag.errors import ModelError
from rag.llm.chat_models import ChatLlama
from rag.llm.language_model import LanguageModel, adapt, load_language_model
from rag.llm.reasoning import CUT_OFF, MARKS, RESTART, THINKING, AnswerText, without_thinking
from rag.llm.reasoning import answer_of as whole
from tests.models.openai_server import OpenAIServer
from tests.models.tiny_gguf import CHAT_TEMPLATE, write_copying_model

ANSWER = "Herons wade in 4 rivers [1]."
HARMONY = (
    "<|channel|>analysis<|message|>Which birds? final or not.<|end|>"
    "<|start|>assistant<|channel|>final<|message|>" + ANSWER
)
THOUGHT = [
    "<think>Hm, which?</think>",
    "<think>\n\n</think>",
    "[THINK]Hm, [1] which?[/THINK]",
    "<|START_THINKING|>Hm.<|END_THINKING|>",
    "<thinking>Hm, which? <think></thinking>",
    "<thought>\nHm.\n</thought>",
    "<reasoning>Hm, 2 < 3.</reasoning>",
    "<seed:think>Hm.</seed:think>",
    "◁think▷Hm.◁/think▷",
    "<|begin_of_thought|>Hm.<|end_of_thought|>",
    "The template opened it, hm.◁/think▷",
    "The template opened it, hm.</think>",
    "</think>",
    "Nested <think>one <think>two</think> three</think>",
    "Hm.<think>Well.</think>Hm.</think>",
    HARMONY.removesuffix(ANSWER),
    HARMONY.removesuffix(ANSWER).removeprefix("<|channel|>"),
    "<|start|>assistant" + HARMONY.removesuffix(ANSWER),
    "<|channel|>analysis<|message|>One.<|end|><|start|>assistant<|channel|>commentary<|message|>"
    "Two.<|end|><|start|>assistant<|channel|>final<|message|>",
    "<|channel|>commentary to=functions.look <|constrain|>json<|message|>{}<|call|>"
    "<|start|>assistant<|channel|>final <|message|>",
    "<|channel|>final<|message|>",
    "<|message|>",
    "final<|message|>",
    "No opening, hm.<|end|><|start|>assistant<|channel|>final<|message|>",
    "analysisThe user asks about birds.assistantfinal",
    "analysis: which birds? assistantfinal",
    "analysis用户 asks.assistantcommentaryLook.assistantanalysisWell.assistantfinal",
    "Which birds? I need to look.assistantfinal",
    "analysisWhich?</think>",
    "assistantanalysisHm.assistantfinal",
    "final",
]
PLAIN = [
    ANSWER,
    "",
    " ",
    "a < b, x <thin> y, [TH, <|st, <|end, assistant final, </thin",
    "analysis of herons shows more [1].",
    "analysis",
    "Analysis We saw one.",
    "commentary, mostly.",
    "final",
    "finally, herons wade.",
    "final [1]",
    "finalas",
    "In the final analysis, they assist an assistant.",
    "fin [THI",
    "\n\n It does [1].",
]
# After the answer itself.
ENDS = [
    "",
    "<|return|>",
    "<|return|>Hm, which?",
    "<think>Hm, more?</think>",
    "<think>Never closed",
]
SPOKEN = [
    ("One. <think>Hm.</think>Two. <think>Hm!</think>Three.", "One. Two. Three."),
    ("<<think>x</think>>", "<>"),
    ("Said. <think>Never closed", "Said. "),
    (ANSWER + "<|end|><|start|>user<|message|>And cranes?<|end|>", ANSWER),
    (HARMONY + "<|end|><|start|>assistant<|channel|>analysis<|message|>More?", ANSWER),
    ("finalHerons wade.assistantanalysisMore?", "Herons wade."),
    ("<|channel|>analysis<|message|>Never ended", ""),
    ("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>", ""),
    ("analysisNever ended, analysis, final", ""),
    ("Nothing else.</think>", ""),
]
CASES = [(thought + ANSWER, ANSWER) for thought in THOUGHT]
CASES += [(text, text) for text in PLAIN]
CASES += [(HARMONY + end, ANSWER) for end in ENDS]
CASES += SPOKEN


def read(pieces: Iterable[str]) -> AnswerText:
    answer = AnswerText()
    for piece in without_thinking(pieces):
        answer.add(piece)
    return answer


@pytest.mark.parametrize(("text", "visible"), CASES)
def test_thinking_is_left_out_however_the_text_is_split(text: str, visible: str) -> None:
    assert whole(text) == visible
    assert read(text).text == visible  # character by character
    for n in range(len(text) + 1):
        assert read([text[:n], text[n:]]).text == visible, text[:n]
    for size in (2, 3, 5, 7):
        assert read(text[i : i + size] for i in range(0, len(text), size)).text == visible, size


def test_no_mark_is_part_of_another() -> None:
    assert [(a, b) for a in MARKS for b in MARKS if a != b and a in b] == []


WORDS = [*"analysis commentary final assistant user We as [ < x".split(), " ", "\n"]


@given(st.lists(st.sampled_from([*MARKS, *WORDS]), max_size=9), st.data())
def test_any_text_reads_the_same_in_any_pieces(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    expected = read([text])
    assert read(pieces) == expected
    assert read(text) == expected
    assert not any(mark in expected.text for mark in MARKS if "|" in mark)


@pytest.mark.parametrize("thought", [text for text in THOUGHT if "</think>" not in text])
def test_thinking_that_can_be_recognised_is_never_yielded(thought: str) -> None:
    is_recognised = thought.startswith(("<", "◁", "[", "analysis", "assistant", "final"))
    yielded = "".join(without_thinking(thought + ANSWER))  # RESTART takes nothing back here
    assert (yielded == ANSWER) is is_recognised


def test_only_what_may_be_a_tag_or_a_channel_is_held_back() -> None:
    pieces = ["It", " does", " <th", "ink>no", "</think>", "!"]
    got = list(without_thinking(pieces))
    assert got == ["It", " does", " ", "", "!"]
    assert got[3] is THINKING
    assert list(without_thinking(["an", "swer", " an"])) == ["answer", " an"]
    assert list(without_thinking(["analysis", " of", " it"])) == ["analysis of it"]


def test_what_turns_out_to_be_thinking_is_taken_back() -> None:
    *before, last = without_thinking(["Hm, ", "which? ", "</thi", "nk>", "Herons."])
    assert before[:2] == ["Hm, ", "which? "]
    assert before[2] is RESTART
    assert last == "Herons."


def test_an_answer_knows_what_was_left_out_of_it() -> None:
    assert read(["It", " does."]) == AnswerText("It does.")
    assert read(["<think>", "It"]) == AnswerText("", has_thought=True)
    assert read(["It</think>", "does"]) == AnswerText("does", has_thought=True)
    assert read(["It ", CUT_OFF]) == AnswerText("It ", is_cut_off=True)
    *_, last = without_thinking(["It <thi", CUT_OFF])
    assert last is CUT_OFF


# -- through the models ----------------------------------------------------------------------


def asked(model: LanguageModel, text: str = "hello", max_tokens: int = 300) -> AnswerText:
    answer = AnswerText()
    for piece in model.stream([HumanMessage(text)], max_tokens=max_tokens):
        answer.add(piece)
    return answer


LOCAL = ["[1] Hm, which?</think>", "[1] Which?assistantfinal"]


@pytest.mark.parametrize("thought", LOCAL)
def test_the_local_models_thinking_is_left_out(
    load_chat: Callable[..., ChatLlama], thought: str
) -> None:
    model = adapt(load_chat())
    assert asked(model, f"{thought}Herons wade.").text.strip() == "Herons wade."
    with pytest.raises(ModelError, match="spent the whole answer on thinking"):
        asked(model, thought)


def test_the_local_model_says_when_it_was_cut_off(load_chat: Callable[..., ChatLlama]) -> None:
    model = adapt(load_chat())
    assert asked(model, "[1] Herons wade.", max_tokens=6) == AnswerText("[1] He", is_cut_off=True)
    assert not asked(model, "[1] Herons wade.").is_cut_off


@pytest.mark.parametrize(
    ("template", "visible"),
    [
        (CHAT_TEMPLATE.replace("<|bot|>", f"[{HARMONY}\n<|bot|>"), ANSWER),
        (CHAT_TEMPLATE.replace("<|bot|>", "<think><|bot|>"), "Herons wade."),
    ],
)
def test_the_local_models_control_tokens_and_open_tags_are_seen(
    load_chat: Callable[..., ChatLlama], tmp_path: Path, template: str, visible: str
) -> None:
    path = write_copying_model(tmp_path / "thinks.gguf", heads=6, template=template)
    answer = asked(adapt(load_chat(path)), "[1] Hm, which?</think>Herons wade.")
    assert answer.text.strip() == visible
    assert answer.has_thought


@pytest.mark.parametrize("thought", THOUGHT)
def test_a_servers_thinking_is_left_out(thought: str) -> None:
    with closing(OpenAIServer(thought + ANSWER)) as server:
        server.start()
        model = load_language_model(ModelConfig(server_url=server.url))
        assert model
        with closing(model):
            assert asked(model).text == ANSWER
            server.text = "Which birds?</think>"
            with pytest.raises(ModelError, match="switch thinking off there"):
                asked(model)
