"""Questions as people type them, over the starter papers, with a fixed day for today."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from rag.records import Answer, Question, Turn
from tests.papers import TODAY, ListSource

Ask = Callable[..., Answer]


@pytest.fixture
def ask(make_library: Callable[..., Library], starter_folder: Path) -> Ask:
    """Ask one question after the other, as in a conversation; return the last answer."""
    library = make_library(starter_folder)

    def ask(*questions: str, today: date = date(2025, 10, 20)) -> Answer:
        qa = PaperQA(library, RagConfig(), today=lambda: today)
        turns: list[Turn] = []
        for question in questions:
            answer = qa.ask(Question(text=question, history=tuple(turns)))
            turns.append(Turn.of(answer))
        return answer

    return ask


def titles(answer: Answer) -> list[str]:
    return [citation.paper.title.partition(":")[0] for citation in answer.citations]


def test_what_came_out_last_week(ask: Ask) -> None:
    answer = ask("what came out last week")
    assert "2025-10-13 to 2025-10-19" in answer.understood
    assert set(titles(answer)) == {"SSL4RL", "Spatial Forcing"}
    later = ask("what came out last week", today=TODAY)  # nothing did: the newest are shown
    assert later.text.startswith("No Daily Papers have been fetched yet; these are the newest")
    assert titles(later)[1:3] == ["SSL4RL", "Spatial Forcing"]


def test_a_half_year_and_a_topic(ask: Ask) -> None:
    answer = ask("papers from the first half of 2025 about hallucination")
    assert "published 2025-01-01 to 2025-06-30" in answer.text
    assert answer.citations
    for citation in answer.citations:
        assert "hallucination" in citation.paper.abstract.casefold()
        assert date(2025, 1, 1) <= (citation.paper.published_on or TODAY) <= date(2025, 6, 30)
    assert ask("papers from the first half of 2023 about hallucination").refused


def test_papers_of_a_month_are_counted(ask: Ask) -> None:
    counted = ask("how many papers this month")
    assert counted.text.startswith("4 papers featured or published since 2025-10-01.")
    assert len(counted.citations) == 4
    assert ask("how many papers this month", "and last month?").text.startswith("3 papers")


def test_the_newest_then_the_oldest(ask: Ask) -> None:
    (newest,) = ask("newest paper on video").citations
    assert newest.paper.published_on == date(2025, 10, 31)
    assert "video" in newest.paper.abstract
    oldest = ask("newest paper on video", "oldest one")
    assert titles(oldest) == ["Align and Prompt"]
    assert "; the oldest:" in oldest.text


def test_who_wrote_the_most(ask: Ask, filled: Library) -> None:
    names = PaperQA(filled, RagConfig(), today=lambda: TODAY).ask("who wrote the most")
    assert "A. One: 1 paper" in names.text
    nobody = ask("who wrote the most")  # the starter set has no names
    assert nobody.text.startswith("The authors of the 56 papers that I have read")
    assert nobody.text.endswith("are not known.")
    assert not nobody.citations


def test_a_comparison_and_the_second_of_it(ask: Ask) -> None:
    assert titles(ask("compare LaVi with EE-MLLM")) == ["LaVi", "EE-MLLM"]
    second = ask("compare LaVi with EE-MLLM", "and the second one?")
    assert titles(second) == ["EE-MLLM"]
    assert "EE-MLLM" in second.text


@pytest.mark.parametrize(
    "question",
    ["arxiv 2405.20797", "https://huggingface.co/papers/2405.20797",
     "what is https://arxiv.org/abs/2405.20797v2 about?"],
)  # fmt: skip
def test_a_paper_is_named_by_its_id_or_link(ask: Ask, question: str) -> None:
    assert titles(ask(question)) == ["Ovis"]


def test_an_unknown_id_is_refused(ask: Ask) -> None:
    answer = ask("arxiv 1912.99999")
    assert answer.refused
    assert "not read arXiv 1912.99999" in answer.text


def test_a_chinese_question_for_todays_papers(ask: Ask) -> None:
    answer = ask("今天有什么论文", today=date(2025, 10, 18))
    assert titles(answer) == ["SSL4RL"]


def test_a_french_question_for_a_topic(ask: Ask) -> None:
    assert "GeoX" in titles(ask("quels articles parlent de géométrie ?"))


def test_papers_since_another_paper(ask: Ask) -> None:
    answer = ask("what came out since SSL4RL?", today=TODAY)
    assert set(titles(answer)) == {
        "SSL4RL",
        "Can MLLMs Read the Room? A Multimodal Benchmark for Verifying Truthfulness in Multi-Party "
        "Social Interactions",
    }


def test_a_typing_error_is_corrected(ask: Ask) -> None:
    assert "hallucination" in ask("which papers reduce halucination?").understood


def test_an_answer_says_how_it_was_made(ask: Ask) -> None:
    answer = ask("which paper uses an overuse penalty?")
    assert answer.evidence[0].score >= answer.evidence[-1].score
    assert answer.hits
    assert answer.seconds > 0
    assert answer.model == ""
    assert "overuse penalty" in answer.understood


def test_papers_without_a_day_are_left_out_of_days(library: Library) -> None:
    ingest(ListSource(), library)
    qa = PaperQA(library, RagConfig(), today=lambda: TODAY)
    assert "4 papers" in qa.ask("how many papers are there?").text
