"""Questions about different things are told apart; what belongs together stays so."""

from collections.abc import Iterator

import pytest

from bot.app import open_library
from ingest.sync import ingest
from rag.config import RagConfig
from rag.pipeline import PaperQA
from tests.papers import HERON, PAPERS, TODAY, ListSource


@pytest.fixture(scope="module")
def qa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperQA]:
    library = open_library(tmp_path_factory.mktemp("several") / "data", RagConfig())
    ingest(ListSource(PAPERS), library)
    yield PaperQA(library, RagConfig(), today=lambda: TODAY)
    library.close()


SEVERAL = [
    ("what is Loom about? and who wrote HeronNet?", ["sensors whose clocks", "A. One"]),
    ("How much does Loom cut the drift? How many recipes has PastryBench?", ["2 ms", "1,200"]),
    ("1. How accurate is HeronNet?\n2. How long does its training take?\n3. Who wrote Loom?",
     ["94.2%", "3 hours", "names no authors"]),
    ("1) summarize Loom 2) who wrote HeronNet?", ["sensors whose clocks", "A. One"]),
    ("how accurate is HeronNet and what does Tidal Attention lose?", ["94.2%", "0.3 points"]),
    ("- what does Loom align?\n- when was PastryBench published?", ["streams", "2025-02-20"]),
    ("Hello! Who wrote HeronNet? And what does PastryBench test?", ["A. One", "PastryBench"]),
    ("What does Loom align? I read about HeronNet. How long does its training take?",
     ["streams", "3 hours"]),
    ("bibtex of HeronNet? and of PastryBench?", ["2501.00001", "2502.00003"]),
    ("Who wrote HeronNet? What is the most upvoted paper?", ["A. One", "Tidal Attention"]),
    ("worum geht es in Loom? Und wer hat HeronNet geschrieben?",
     ["sensors whose clocks", "A. One"]),
]  # fmt: skip


@pytest.mark.parametrize(("message", "said"), SEVERAL)
def test_each_question_of_a_message_is_answered(qa: PaperQA, message: str, said: list[str]) -> None:
    answer = qa.ask(message)
    assert answer.questions == len(said)
    parts = answer.text.split("\n\n“")
    assert len(parts) == len(said)
    for part, words in zip(parts, said, strict=True):
        assert words in part
    assert not answer.refused
    assert not qa.can_write(answer)


SINGLE = [
    "who wrote HeronNet and when was it published?",
    "What is HeronNet? Who wrote it?",
    "how accurate is HeronNet and how long does its training take?",
    "compare HeronNet and Tidal Attention",
    "what is the difference between Loom and HeronNet? which is better?",
    "Is there a paper on counting birds? Especially from drones?",
    "are there papers about birds? any with code?",
    "I read about Tidal Attention. What does it lose?",
    "PastryBench: Can Language Models Follow a Recipe? what does it release?",
    "how do drones count birds, and how accurate are they?",
    "which papers are from Crumb Lab and which are about birds?",
    "Hello, can you help me? How accurate is HeronNet?",
    "what did “Who counts? And why?” say about birds",
    "do models notice errors in recipes? How many do they find?",
    "Does Tidal Attention need retraining? yes or no?",
    "what is new in version 1. 2. or so of HeronNet?",
    "Why is Loom fast? How?",
    "how do HeronNet and Loom relate? which of them generalises better",
    "what comes first in Loom, i.e. what aligns the streams",
    "hot or not? show me what is hot",
]


@pytest.mark.parametrize("message", SINGLE)
def test_what_is_one_question_stays_one(qa: PaperQA, message: str) -> None:
    assert [part.text for part in qa.query.questions(message, TODAY)] == [message]
    assert qa.ask(message).questions == 1


def test_no_more_than_three_questions_are_answered_at_a_time(qa: PaperQA) -> None:
    names = ("HeronNet", "Loom", "Tidal Attention", "PastryBench")
    answer = qa.ask(" ".join(f"What is {name}?" for name in names))
    assert answer.questions == 3
    assert answer.note == "I answer 3 questions at a time: ask “What is PastryBench?” again."


def test_sources_are_numbered_through(qa: PaperQA) -> None:
    answer = qa.ask("what does Loom align? how accurate is HeronNet? which sensors drift in Loom?")
    loom, heron = answer.citations
    assert (loom.n, heron.n, heron.paper) == (1, 2, HERON)
    first, second = answer.text.split("\n\n")[:2]
    assert "[1]" in first
    assert "[2]" in second
    assert "[1]" not in second


def test_a_question_refers_to_the_one_before_it(qa: PaperQA) -> None:
    answer = qa.ask("1. what is Loom? 2. who wrote HeronNet? 3. and its bibtex?")
    assert "2501.00001" in answer.text.split("\n\n“")[2]


REQUESTS = [
    ("1. what is HeronNet\n2. bibtex of Loom\n3. papers on birds",
     ["detector", "Loom", "HeronNet"]),
    ("1) What is Loom?\n2) bibtex of HeronNet\n3) papers on recipes",
     ["sensors whose clocks", "2501.00001", "PastryBench"]),
    ("* HeronNet results\n* code for Loom", ["94.2%", "names no code"]),
    ("- authors of HeronNet\n- link to Tidal Attention", ["A. One", "2502.00002"]),
    ("• the most upvoted paper\n• bibtex of PastryBench", ["Tidal Attention", "2502.00003"]),
    ("Hi, please tell me the following:\n- HeronNet authors\n- compare Loom and PastryBench",
     ["A. One", "Loom"]),
    ("a) tldr of Loom\nb) when was PastryBench published\nc) papers about birds",
     ["sensors whose clocks", "2025-02-20", "HeronNet"]),
    ("1、bibtex of HeronNet\n2、authors of HeronNet", ["2501.00001", "A. One"]),
    ("1: limitations of HeronNet\n2: similar papers to Loom", ["HeronNet", ""]),
    ("compare HeronNet and Loom; who made PastryBench?", ["Loom", "Crumb Lab"]),
    ("1. compare HeronNet and Tidal Attention\n2. number of authors of PastryBench",
     ["HeronNet", "2"]),
    ("How long does the training of HeronNet take; who made it", ["3 hours", "A. One"]),
    ("what does Loom align? Is there code for it?", ["streams", "names no code"]),
    ("what is HeronNet; how many parameters does it have; who wrote it",
     ["detector", "I found no paper that answers this", "A. One"]),
]  # fmt: skip


@pytest.mark.parametrize(("message", "said"), REQUESTS)
def test_each_request_of_a_list_is_answered(qa: PaperQA, message: str, said: list[str]) -> None:
    answer = qa.ask(message)
    parts = answer.text.split("\n\n“")
    assert answer.questions == len(parts) == len(said), answer.text
    for part, words in zip(parts, said, strict=True):
        assert words in part


@pytest.mark.parametrize(
    "message",
    [
        "compare these two:\n- HeronNet\n- Loom",
        "which papers deal with\n* birds\n* recipes",
        "1. HeronNet\n2. Loom",
        "* many papers ignore herons in fog\n* the detector of HeronNet was trained on a laptop",
        "HeronNet:\n- it was trained on a laptop\n- we should add it to the table\nwho wrote it",
    ],
)
def test_a_list_of_what_one_request_is_about_stays_together(qa: PaperQA, message: str) -> None:
    assert [part.text for part in qa.query.questions(message, TODAY)] == [message]


def test_what_no_paper_is_about_is_named(qa: PaperQA) -> None:
    answer = qa.ask("1. bibtex of HeronNet\n2. what's the weather in Oslo\n3. papers on recipes")
    assert answer.questions == 2
    assert answer.note == (
        "I answer from papers alone, so I left out “what's the weather in Oslo”."
    )
