"""Answers that turn out to be thinking, and answers that were cut off."""

from contextlib import closing

import pytest

from rag.answering.brief import passages_of_list
from rag.answering.manuscript import Manuscript
from rag.answering.writer import NO_TEXT, NOTES
from rag.config import ModelConfig, RagConfig
from rag.library import Library
from rag.llm.language_model import load_language_model
from rag.llm.reasoning import CUT_OFF, RESTART
from rag.pipeline import PaperQA
from rag.records import Evidence
from tests.models.openai_server import OpenAIServer
from tests.papers import HERON, QUESTION, TODAY

TRUE = "HeronNet reaches 94.2% of the accuracy of human counters [1]."
THOUGHT = "HeronNet counts herons in drone video [1]. It trains for 3 hours [1]. "
SENTENCES = [Evidence(HERON, sentence, 0, 1.0) for sentence in HERON.abstract.split(". ")[:1]]


def read(*pieces: str) -> tuple[Manuscript, list[str]]:
    """Return what was read, and its text each time that it changed."""
    manuscript = Manuscript(passages_of_list(SENTENCES), None)
    return manuscript, [manuscript.text for _ in manuscript.read(p for p in pieces)]


def test_sentences_that_turn_out_to_be_thinking_are_taken_back() -> None:
    manuscript, shown = read(THOUGHT, "Hm.", RESTART, TRUE)
    assert shown[0].startswith("HeronNet counts")
    assert shown[-2:] == ["", TRUE]
    assert manuscript.raw == TRUE
    assert read(THOUGHT, "Hm.", RESTART)[0].text == ""


def test_a_sentence_that_was_thought_may_be_written() -> None:
    manuscript, shown = read(f"{TRUE} Hm. ", RESTART, TRUE)
    assert shown[-2:] == ["", TRUE]
    assert manuscript.degeneration is None


@pytest.mark.parametrize(
    "rest",
    [
        "And furthermore, the",
        "It counts herons [1] and",
        "It counts herons [1]",
        "It reaches 94.",
        "It",
    ],
)
def test_a_sentence_that_was_cut_off_is_dropped(rest: str) -> None:
    assert read(f"{TRUE} {rest}", CUT_OFF)[0].text == TRUE
    assert read(rest, CUT_OFF)[0].text == ""


@pytest.mark.parametrize(
    "last", ["It counts herons [1].", "It counts herons. [1]", "It counts [1]! "]
)
def test_a_sentence_that_had_ended_when_the_text_was_cut_off_stays(last: str) -> None:
    assert read(f"{TRUE} {last}", CUT_OFF)[0].text == read(f"{TRUE} {last}")[0].text
    assert "It counts" in read(f"{TRUE} {last}", CUT_OFF)[0].text


def test_without_a_cut_a_cited_sentence_needs_no_full_stop() -> None:
    assert read("[1] HeronNet counts herons and egrets")[0].text


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_answer_leaves_the_quotes_with_a_note(filled: Library, text: str) -> None:
    with closing(OpenAIServer(text)) as server:
        server.start()
        config = RagConfig(model=ModelConfig(server_url=server.url))
        model = load_language_model(config.model)
        assert model
        with closing(model):
            qa = PaperQA(filled, config, today=lambda: TODAY, model=model)
            quoted = qa.ask(QUESTION)
            last = qa.written(quoted)
    assert (last.text, last.mode, last.note) == (quoted.text, "extractive", NOTES[NO_TEXT])


def test_an_answer_that_was_thinking_gives_way_to_the_quotes_and_to_the_next_one(
    filled: Library,
) -> None:
    with closing(OpenAIServer(f"{TRUE} It counts them. Hm.</think>{TRUE} And")) as server:
        server.start()
        config = RagConfig(model=ModelConfig(server_url=server.url))
        model = load_language_model(config.model)
        assert model
        with closing(model):
            qa = PaperQA(filled, config, today=lambda: TODAY, model=model)
            quoted = qa.ask(QUESTION)
            thought, retracted, *_, last = qa.write(quoted)
            assert (thought.text, thought.mode) == (TRUE, "generated")
            assert (retracted.text, retracted.mode) == (quoted.text, "extractive")
            assert not retracted.finished
            assert (last.text, last.mode) == (TRUE, "generated")
            assert last.writing
            assert last.writing.raw == f"{TRUE} And"
            server.text = f"{TRUE} It counts them. Hm.</think>"
            thought, *_, last = qa.write(quoted)
            assert thought.mode == "generated"
            assert (last.text, last.mode) == (quoted.text, "extractive")
            assert "thinking" in last.note
