"""The model's reading of a request: its prompt, what is remembered, and which words are said."""

from collections.abc import Sequence

import pytest
from langchain_core.messages import BaseMessage

from rag.query.model_reader import EXAMPLES, ModelReader, Reading, messages, reading_as
from rag.query.request import Kind
from rag.query.request_reader import is_said

KINDS: list[Kind] = ["bot", "list"]


class Filler:
    """Fills in the same reading each time and counts how often."""

    def __init__(self, reading: Reading | None) -> None:
        self.reading = reading
        self.prompts: list[Sequence[BaseMessage]] = []

    def __call__(self, messages: Sequence[BaseMessage], fields: type[Reading]) -> Reading | None:
        self.kinds = fields.model_json_schema()["properties"]["kind"]["enum"]
        self.prompts.append(messages)
        return self.reading


def test_the_prompts_of_two_requests_differ_only_at_the_end() -> None:
    first, second = messages("any news?"), messages("who are you?")
    assert first[:-1] == second[:-1]
    assert (first[-1].text, second[-1].text) == ("any news?", "who are you?")


@pytest.mark.parametrize(("request_", "reading"), EXAMPLES)
def test_the_examples_copy_words_of_their_requests(request_: str, reading: Reading) -> None:
    copied = [reading.topic, reading.days, reading.order]
    copied += [*reading.papers, *reading.people, *reading.organizations]
    assert all(is_said(words, request_) for words in copied if words)


def test_only_the_kind_must_be_filled_in() -> None:
    assert Reading.model_validate_json('{"kind": "bot"}') == Reading(kind="bot")
    assert Reading.model_json_schema()["required"] == ["kind"]


def test_a_request_is_read_once_and_an_answered_one_not_at_all() -> None:
    fill = Filler(Reading(kind="bot"))
    reader = ModelReader(fill, below=0.5)
    assert reader.read("what are you", KINDS, again=True) is None
    assert reader.read("what are you", KINDS) == fill.reading
    assert reader.read("what are you", KINDS, again=True) == fill.reading
    assert len(fill.prompts) == 1


def test_the_model_chooses_among_the_given_kinds() -> None:
    fill = Filler(Reading(kind="bot"))
    ModelReader(fill, below=0.5).read("what are you", ["small talk", "bot"])
    assert fill.kinds == ["bot", "small talk"]
    form = reading_as(("bot", "small talk"))
    with pytest.raises(ValueError, match="kind"):
        form(kind="list")
    assert next(iter(form.model_fields)) == "kind"  # which the model decides first


def test_a_failure_is_not_remembered_and_a_long_text_not_read() -> None:
    fill = Filler(None)
    reader = ModelReader(fill, below=0.5)
    assert reader.read("what are you", KINDS) is None
    fill.reading = Reading(kind="bot")
    assert reader.read("what are you", KINDS) == fill.reading
    assert reader.read("what are you " * 100, KINDS) is None


@pytest.mark.parametrize(
    ("words", "text", "said"),
    [
        ("GUI agents", "agents for any gui?", True),
        ("", "anything", False),
        ("gent", "agents", False),
        ("speech", "audio models", False),
        ("扩散模型", "有没有扩散模型的论文", True),
        ("Übersetzung", "etwas zur übersetzung?", True),
    ],
)
def test_words_are_said_if_the_text_has_all_of_them(words: str, text: str, said: bool) -> None:
    assert is_said(words, text) is said
