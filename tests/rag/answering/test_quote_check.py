"""Whether a quoted sentence holds what is asked about its paper."""

import pytest

from rag.pipeline import PaperQA
from rag.records import Paper
from tests.papers import HERON
from tests.rag.answering.test_full_text import TIDEWATER, qa

__all__ = ["qa"]


@pytest.mark.parametrize(
    ("question", "paper"),
    [
        ("how large is the network of Tidewater?", TIDEWATER),
        ("what loss does Tidewater use to train the mask?", TIDEWATER),
        ("how many birds are in WetlandMix that Tidewater uses?", TIDEWATER),
        ("what batch size is HeronNet trained with?", HERON),
        ("what backbone does the HeronNet detector use?", HERON),
    ],
)
def test_a_quote_beside_the_point_names_the_paper_to_read(
    qa: PaperQA, question: str, paper: Paper
) -> None:
    answer = qa.ask(question)
    assert answer.text.startswith("“")
    assert not answer.refused
    assert answer.silent_paper == paper


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("what mask does Tidewater predict for each caller?", "a sparse mask"),
        ("by how many dB does Tidewater improve the quality?", "3.1 dB"),
        ("how accurate is HeronNet compared with human counters?", "94.2%"),
        ("how long does training HeronNet take?", "3 hours"),
        ("how many recipes are in PastryBench?", "1,200"),
    ],
)
def test_a_quote_with_the_answer_names_none(qa: PaperQA, question: str, said: str) -> None:
    answer = qa.ask(question)
    assert said in answer.text
    assert answer.silent_paper is None


def test_a_quote_about_no_paper_in_particular_names_none(qa: PaperQA) -> None:
    answer = qa.ask("what batch size do detectors of herons in drone video use?")
    assert answer.silent_paper is None
