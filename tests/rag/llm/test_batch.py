"""Several answers at once, with a real llama.cpp and a tiny model."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.llm import batch as batch_module
from rag.llm.batch import AnswerRequest, Batch
from rag.llm.llama_model import LlamaModel, Message

SYSTEM = "Answer with brief sentences that only say what is written below; name its source."
LINES = (
    "[1] Herons wade; egrets fly, and cranes dance at dawn.",
    "[1] Crème brûlée, naïve 漢字 😀.",
    "[1] Kites stall above gusty ridges near 47 lakes.",
    "[1] " + " ".join(f"{n * 7919 % 10007:05d}" for n in range(40)),
    "[1] Bees forage nectar from clover.",
    "[1] " + "".join(f"{n * 6007 % 9973:05d}" for n in range(130)),
)
MAX_TOKENS = 150
LONG_PROMPT = "[1] " + "".join(f"{n * 7919 % 10007:05d}" for n in range(500))


def chat(line: str, *, system: str = SYSTEM) -> list[Message]:
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": f"{line}\nQuestion: what?"},
    ]


class Desk:
    """A batch and what it sent."""

    def __init__(self, model: LlamaModel) -> None:
        self.model = model
        self.sent: list[dict[str, Any]] = []
        self.batch = Batch(model, self.sent.append)
        self.asked = 0

    def ask(self, line: str, *, messages: Sequence[Message] = (), **options: Any) -> int:
        """Add a request; return its id."""
        self.asked += 1
        prompt = self.model.prompt_tokens(messages or chat(line))
        options = {"max_tokens": MAX_TOKENS, "temperature": 0.0} | options
        self.batch.add(AnswerRequest(self.asked, prompt, **options))
        return self.asked

    def finish(self) -> None:
        """Let all answers end."""
        while not self.batch.is_idle:
            self.batch.step()

    def text(self, request_id: int) -> str:
        return "".join(m.get("text", "") for m in self.sent if m["id"] == request_id)

    def end(self, request_id: int) -> dict[str, Any]:
        """Return the only message that ended a request."""
        (end,) = [m for m in self.sent if m["id"] == request_id and "text" not in m]
        return end


@pytest.fixture(scope="module")
def load(copying_model: Path) -> Iterator[Callable[[int], LlamaModel]]:
    opened: list[LlamaModel] = []

    def make(sequences: int) -> LlamaModel:
        opened.append(LlamaModel(str(copying_model), n_ctx=1024, threads=1, sequences=sequences))
        return opened[-1]

    yield make
    for model in opened:
        model.llama.close()


@pytest.fixture(scope="module")
def model(load: Callable[[int], LlamaModel]) -> LlamaModel:
    """One model for all tests: what one leaves in the cache must not disturb the next."""
    return load(4)


@pytest.fixture
def desk(model: LlamaModel) -> Desk:
    model.llama._ctx.kv_cache_clear()
    return Desk(model)


@pytest.fixture(scope="module")
def alone(load: Callable[[int], LlamaModel]) -> dict[str, str]:
    """The answers that a model with one sequence writes one by one."""
    desk, said = Desk(load(1)), {}
    for line in LINES:
        asked = desk.ask(line)
        desk.finish()
        said[line] = desk.text(asked)
        assert said[line].strip() == line[:MAX_TOKENS].strip() or "漢" in line
    return said


def test_each_sequence_has_the_whole_context(desk: Desk) -> None:
    assert (desk.model.sequences, desk.model.n_ctx) == (4, 1024)
    asked = [desk.ask(LONG_PROMPT[: 700 - n], max_tokens=200) for n in range(4)]
    desk.finish()
    assert [desk.end(n)["done"] for n in asked] == ["length"] * 4


ACTIONS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(LINES)),
    st.tuples(st.just("cancel"), st.integers(0, 30)),
    st.tuples(st.just("step"), st.integers(1, 40)),
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(ACTIONS, min_size=4, max_size=30))
def test_answers_at_once_equal_those_alone_whoever_joins_leaves_or_cancels(
    model: LlamaModel, alone: dict[str, str], actions: Sequence[tuple[str, Any]]
) -> None:
    check_equal_to_alone(desk_of(model), alone, actions)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(st.lists(ACTIONS, min_size=4, max_size=60))
def test_many_answers_at_once_equal_those_alone(
    model: LlamaModel, alone: dict[str, str], actions: Sequence[tuple[str, Any]]
) -> None:
    check_equal_to_alone(desk_of(model), alone, actions)


def desk_of(model: LlamaModel) -> Desk:
    model.llama._ctx.kv_cache_clear()
    return Desk(model)


def check_equal_to_alone(
    desk: Desk, alone: dict[str, str], actions: Sequence[tuple[str, Any]]
) -> None:
    asked: dict[int, str] = {}
    cancelled: set[int] = set()
    for action, value in actions:
        if action == "ask":
            asked[desk.ask(value)] = value
        elif action == "cancel":
            open_ids = [
                n for n in asked if not any(m["id"] == n and "done" in m for m in desk.sent)
            ]
            if open_ids:
                cancelled.add(open_ids[value % len(open_ids)])
                desk.batch.cancel(open_ids[value % len(open_ids)])
        else:
            for _ in range(value):
                desk.batch.step()
    desk.finish()
    for n, line in asked.items():
        end = desk.end(n)
        if n in cancelled:
            assert end["done"] == "cancelled"
            assert alone[line].startswith(desk.text(n).removesuffix("\ufffd"))
        else:
            assert desk.text(n) == alone[line]
            assert end["done"] == ("length" if end["tokens"] == MAX_TOKENS else "end")


def test_four_write_at_the_same_time_and_the_fifth_joins_when_one_leaves(desk: Desk) -> None:
    first = desk.ask(LINES[0], max_tokens=10)
    others = [desk.ask(line, max_tokens=60) for line in LINES[:4]]
    while not any("done" in message for message in desk.sent):
        desk.batch.step()
    assert desk.end(first)["done"] == "length"
    assert {m["id"] for m in desk.sent} == {first, *others[:3]}
    before = len(desk.sent)
    desk.batch.step()
    desk.batch.step()
    assert {m["id"] for m in desk.sent[before:]} == set(others)
    desk.finish()


@pytest.mark.parametrize("sequences", [1, 4])
def test_a_conversation_goes_on_where_it_ended(
    load: Callable[[int], LlamaModel], sequences: int
) -> None:
    desk = Desk(load(sequences))
    turns = chat(LINES[0])
    first = desk.ask("", messages=turns)
    desk.finish()
    turns += [
        {"role": "assistant", "content": desk.text(first).strip()},
        {"role": "user", "content": "Question: and?"},
    ]
    second = desk.ask("", messages=turns)
    desk.finish()
    # The first prompt ends with one token of the template that the second one does not have.
    assert desk.end(second)["reused"] == desk.end(first)["prompt"] - 1
    again = desk.ask("", messages=turns)
    desk.finish()
    assert desk.end(again)["reused"] == desk.end(second)["prompt"] - 1


def test_other_conversations_are_remembered_as_well(desk: Desk) -> None:
    first = [desk.ask(line) for line in LINES[:4]]
    desk.finish()
    second = [desk.ask(line) for line in LINES[:4]]
    desk.finish()
    for earlier, later in zip(first, second, strict=True):
        assert desk.end(later)["reused"] == desk.end(earlier)["prompt"] - 1
        assert desk.text(later) == desk.text(earlier)


def test_what_prompts_have_in_common_is_evaluated_once(desk: Desk, alone: dict[str, str]) -> None:
    asked = [desk.ask(line) for line in LINES[:4]]  # at once: three are copied while one is written
    desk.finish()
    assert desk.end(asked[0])["reused"] == 0
    for n, line in zip(asked[1:], LINES[1:4], strict=True):
        assert desk.end(n)["reused"] >= len(SYSTEM)
        assert desk.text(n) == alone[line]


def test_a_new_subject_takes_the_place_of_what_was_used_least_recently(desk: Desk) -> None:
    subjects = [f"{letter * 3} is what this one is about." for letter in "abcdefgh"]
    for system in [*subjects[:4], subjects[0], subjects[4]]:
        desk.ask("", messages=chat(LINES[4], system=system))
        desk.finish()
    kept = desk.ask("", messages=chat(LINES[4], system=subjects[0]))
    given_up = desk.ask("", messages=chat(LINES[4], system=subjects[1]))
    desk.finish()
    assert desk.end(kept)["reused"] == desk.end(kept)["prompt"] - 1
    assert desk.end(given_up)["reused"] < len("system: ") + 4


@pytest.mark.slow
def test_nothing_is_copied_where_llama_cpp_cannot(
    desk: Desk, alone: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Recurrent models have one state for each sequence, of its end alone.
    monkeypatch.setattr(LlamaModel, "can_share", False)
    real = LlamaModel.cut
    monkeypatch.setattr(LlamaModel, "cut", lambda model, number, _: real(model, number, 0))
    asked = {desk.ask(line): line for line in LINES * 2}
    desk.finish()
    assert all(desk.text(n) == alone[line] for n, line in asked.items())
    assert {desk.end(n)["reused"] for n in asked} == {0}


def test_the_others_write_while_a_long_prompt_is_evaluated(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_module, "PIECE_SECONDS", 0.0)  # the smallest pieces
    writing = desk.ask(LINES[3], max_tokens=140)
    for _ in range(5):
        desk.batch.step()
    joining = desk.ask(LONG_PROMPT[:800], max_tokens=10)
    before = Counter(m["id"] for m in desk.sent)[writing]
    while not desk.text(joining):
        desk.batch.step()
    pieces = desk.model.prompt_tokens(chat(LONG_PROMPT[:800]))
    written = Counter(m["id"] for m in desk.sent)[writing] - before
    assert written >= len(pieces[len(SYSTEM) :]) // 32 - 2
    desk.finish()
    assert desk.text(writing).strip() == LINES[3][:140].strip()
    assert desk.text(joining).strip() == LONG_PROMPT[:10]


def test_a_cancel_ends_the_evaluation_of_one_prompt_and_the_others_lose_nothing(
    desk: Desk, alone: dict[str, str]
) -> None:
    writing = desk.ask(LINES[3])
    for _ in range(5):
        desk.batch.step()
    long, calls = desk.ask(LONG_PROMPT[:800]), 0
    should_abort = desk.model.should_abort

    def cancel_soon() -> bool:
        nonlocal calls
        calls += 1
        if calls == 3:
            desk.batch.cancel(long)
        return should_abort()

    desk.model.should_abort = cancel_soon
    desk.batch.step()
    assert calls == 3  # nothing was computed after that
    desk.batch.step()
    assert desk.end(long) == {
        "id": long, "done": "cancelled", "tokens": 0, "reused": desk.end(long)["reused"],
        "prompt": len(desk.model.prompt_tokens(chat(LONG_PROMPT[:800]))),
    }  # fmt: skip
    desk.finish()
    assert desk.text(writing) == alone[LINES[3]]
    again = desk.ask(LINES[0])
    desk.finish()
    assert desk.text(again) == alone[LINES[0]]


def test_who_waits_and_cancels_leaves_at_once(desk: Desk) -> None:
    asked = [desk.ask(line) for line in LINES]
    desk.batch.step()
    desk.batch.cancel(asked[5])
    assert desk.end(asked[5])["done"] == "cancelled"  # without another step
    desk.batch.cancel(99)
    desk.batch.add(AnswerRequest(99, [1, 2], 5, 0))
    assert desk.end(99)["done"] == "cancelled"
    desk.finish()


def test_a_schema_binds_its_own_answer_alone(desk: Desk, alone: dict[str, str]) -> None:
    schema = {
        "type": "object", "properties": {"kind": {"enum": ["list", "paper"]}},
        "required": ["kind"],
    }  # fmt: skip
    free = desk.ask(LINES[0])
    bound = [desk.ask(LINES[2], schema=schema) for _ in range(2)]
    unusable = desk.ask(LINES[2], schema={"type": "no such type"})
    desk.finish()
    assert desk.text(free) == alone[LINES[0]]
    assert all(json.loads(desk.text(n))["kind"] in ("list", "paper") for n in bound)
    assert "no such type" in desk.end(unusable)["error"]


def test_an_empty_prompt_is_refused(desk: Desk) -> None:
    desk.batch.add(AnswerRequest(1, [], 5, 0))
    desk.finish()
    assert desk.end(1)["error"] == "the prompt is empty"


def test_each_answer_has_its_own_temperature(desk: Desk, alone: dict[str, str]) -> None:
    # The copying model is so sure that chance changes nothing.
    asked = {desk.ask(line, temperature=n / 2): line for n, line in enumerate(LINES[:4])}
    desk.finish()
    assert all(desk.text(n) == alone[line] for n, line in asked.items())


@pytest.mark.parametrize("code", [1, -1, 2])
def test_a_failure_is_told_to_all_who_were_in_the_batch(
    desk: Desk, alone: dict[str, str], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    asked = [desk.ask(line) for line in LINES[:2]]
    for _ in range(5):
        desk.batch.step()
    with monkeypatch.context() as patch:
        patch.setattr("llama_cpp.llama_decode", lambda *_: code)
        desk.batch.step()
    if code == 2:  # aborted, but nobody has cancelled: they are evaluated again
        desk.finish()
        assert [desk.text(n) for n in asked] == [alone[line] for line in LINES[:2]]
        return
    assert {desk.end(n)["error"] for n in asked} == {f"llama_decode returned {code}"}
    again = desk.ask(LINES[1])
    desk.finish()
    assert desk.text(again) == alone[LINES[1]]


def test_fewer_sequences_are_opened_where_memory_does_not_suffice(
    copying_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llama_cpp import _internals

    real = _internals.LlamaContext
    tried: list[int] = []

    def small(**options: Any) -> Any:
        tried.append(options["params"].n_seq_max)
        if options["params"].n_ctx > 2 * 512:
            raise ValueError("Failed to create llama_context")
        return real(**options)

    monkeypatch.setattr(_internals, "LlamaContext", small)
    model = LlamaModel(str(copying_model), n_ctx=512, threads=1, sequences=4)
    try:
        assert (model.sequences, model.n_ctx) == (2, 512)
        assert tried == [1, 4, 3, 2]
    finally:
        model.llama.close()


@pytest.mark.parametrize("sequences", [1, 2])
def test_a_context_smaller_than_a_batch_is_filled_in_smaller_ones(
    copying_model: Path, sequences: int
) -> None:
    model = LlamaModel(str(copying_model), n_ctx=200, threads=1, sequences=sequences)
    try:
        assert model.n_batch < model.n_ctx * model.sequences + 1 <= 513
        desk = Desk(model)
        asked = [desk.ask("", messages=chat(line, system="")) for line in (LINES[2], LINES[4]) * 2]
        desk.finish()
        assert [desk.end(n)["done"] for n in asked] == ["end"] * 4
        assert desk.text(asked[3]).strip() == LINES[4]
    finally:
        model.llama.close()


@pytest.mark.slow
def test_long_runs_leave_nothing_behind(desk: Desk, alone: dict[str, str]) -> None:
    chance = random.Random(3)
    for _ in range(6):
        asked = {desk.ask(line): line for line in chance.sample(LINES, 4)}
        for n in chance.sample(sorted(asked), 2):
            for _ in range(chance.randrange(20)):
                desk.batch.step()
            desk.batch.cancel(n)
            asked.pop(n)
        desk.finish()
        assert all(desk.text(n) == alone[line] for n, line in asked.items())
    assert not desk.batch._waiting
    assert all(s.answer is None and s.evaluated == len(s.tokens) for s in desk.batch._sequences)
