"""Answers from a whole paper."""

from dataclasses import replace
from pathlib import Path

import pytest

from ingest.sources.full_text import parse_full_text
from ingest.sync import ingest
from rag.config import CheckConfig, RagConfig
from rag.grounding.checker import Grounding
from rag.library import Library
from rag.pipeline import PaperQA
from rag.records import Answer, Evidence, Paper, Passage, Question
from tests.papers import HERON, TODAY, ListSource

FOLDER = Path(__file__).parents[2] / "questions" / "full_text"
TIDEWATER = Paper(
    title="Tidewater: Separating Overlapping Bird Calls with Sparse Masks",
    abstract=(
        "Recordings from forests and wetlands contain many birds that call at the same time. We "
        "present Tidewater, a network that separates overlapping calls by predicting a sparse mask "
        "for each caller. On the WetlandMix benchmark it improves the separation quality by 3.1 dB."
    ),
    arxiv_id="2511.70001",
)


@pytest.fixture
def qa(filled: Library) -> PaperQA:
    ingest(ListSource([TIDEWATER]), filled)
    return PaperQA(filled, RagConfig(), today=lambda: TODAY)


def read(qa: PaperQA) -> None:
    body = (FOLDER / "2511.70001.md").read_bytes()
    qa.library.full_texts.store(parse_full_text(body, "2511.70001"))


def ask(qa: PaperQA, text: str) -> Answer:
    return qa.ask(Question(text=text, paper=TIDEWATER.paper_id))


def test_an_abstract_that_does_not_say_it_names_the_paper_to_read(qa: PaperQA) -> None:
    assert ask(qa, "what weight decay do they use?").silent_paper == TIDEWATER
    assert ask(qa, "what are the limitations?").silent_paper == TIDEWATER
    assert ask(qa, "by how many dB does it improve the quality?").silent_paper is None
    assert qa.ask("which papers count herons?").silent_paper is None
    assert ask(qa, "who wrote it?").silent_paper is None


def test_the_papers_own_sentence_answers_with_its_section(qa: PaperQA) -> None:
    read(qa)
    answer = ask(qa, "how many GPUs was it trained on?")
    assert answer.text.startswith(
        "§4.1 Training Details: “Training took 38 hours on four A6000 GPUs.” [1]"
    )
    (source,) = answer.citations
    assert (source.section, source.paper) == ("§4.1 Training Details", TIDEWATER)
    assert not answer.refused
    assert answer.silent_paper is None


def test_a_row_of_a_table_answers(qa: PaperQA) -> None:
    read(qa)
    answer = ask(qa, "what weight decay do they use?")
    assert answer.text == "§Appendix B Hyperparameters, Table 4: Weight decay: 0.01 [1]"


def test_limits_come_from_their_section(qa: PaperQA) -> None:
    read(qa)
    answer = ask(qa, "what are the limitations?")
    assert {e.section for e in answer.evidence[:2]} == {"§5 Limitations"}
    assert answer.text.startswith("§5 Limitations: “")


def test_what_the_paper_does_not_say_either_is_refused(qa: PaperQA) -> None:
    read(qa)
    answer = ask(qa, "which tokenizer does it use?")
    assert answer.refused
    assert answer.text.endswith(
        "[1] does not say it, and the paper does not say it either "
        "(read: 15 sections, 26 paragraphs)."
    )
    assert answer.silent_paper is None


@pytest.mark.slow
def test_what_the_abstract_says_is_answered_from_it(qa: PaperQA) -> None:
    before = ask(qa, "what does it predict for each caller?")
    read(qa)
    after = ask(qa, "what does it predict for each caller?")
    assert (after.text, after.citations) == (before.text, before.citations)


def test_answers_from_other_papers_are_as_before(qa: PaperQA) -> None:
    question = "how accurate is HeronNet compared with human counters?"
    before = qa.ask(question)
    read(qa)
    after = qa.ask(question)
    assert replace(after, seconds=0, understand_seconds=0) == replace(
        before, seconds=0, understand_seconds=0
    )


def test_written_sentences_may_stand_on_a_section(filled: Library) -> None:
    grounding = Grounding(filled.bundled_embedder.embeddings, CheckConfig())
    section = Evidence(HERON, "We train with a batch size of 64 images.", 1001, 1.0, "§4 Training")
    written = "It is trained with a batch size of 64 images [1]."
    with_section = grounding.check(written, [Passage(1, HERON, (section,))])
    alone = grounding.check(written, [Passage(1, HERON, (replace(section, section=""),))])
    assert (with_section.text, alone.text) == (written, "")
