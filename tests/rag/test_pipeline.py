import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from ingest.sync import ingest
from rag.answering.refusal import REFUSAL
from rag.config import RagConfig
from rag.errors import QuestionError
from rag.library import Library
from rag.pipeline import WIDENED, PaperQA
from rag.records import Paper, Question, Turn
from tests.papers import HERON, LOOM, PAPERS, PASTRY, TIDAL, TODAY, ListSource


@pytest.fixture
def qa(filled: Library) -> PaperQA:
    return PaperQA(filled, RagConfig(), today=lambda: TODAY)


def test_an_answer_quotes_word_for_word_and_links(qa: PaperQA) -> None:
    answer = qa.ask("how accurate is HeronNet compared with human counters?")
    assert not answer.refused
    assert answer.mode == "extractive"
    assert answer.citations[0].paper == HERON
    assert "94.2%" in answer.text
    for quoted, marker in re.findall(r"“([^”]+)” \[(\d+)\]", answer.text):
        assert quoted in answer.citations[int(marker) - 1].paper.abstract
    for citation in answer.citations:
        assert citation.quote in citation.paper.abstract
        assert f"[{citation.n}]" in answer.text
    assert answer.seconds > 0
    assert answer.hits[0].paper == HERON
    assert answer.evidence[0].paper == HERON


def test_every_marker_has_its_source(qa: PaperQA) -> None:
    answer = qa.ask("what do these papers report about accuracy, memory and errors?")
    markers = {int(n) for n in re.findall(r"\[(\d+)\]", answer.text)}
    assert markers == {citation.n for citation in answer.citations}


def test_a_refusal_names_what_was_read_and_quotes_only_titles(qa: PaperQA) -> None:
    answer = qa.ask("which loss functions suit text retrieval?")
    assert answer.refused
    assert answer.text.startswith(REFUSAL)
    assert "4 papers, 2024-11-05 to 2025-02-20" in answer.text
    assert all(citation.quote == citation.paper.title for citation in answer.citations)


def test_refuse_below_1_refuses_everything(filled: Library) -> None:
    strict = RagConfig.model_validate({"evidence": {"refuse_below": 1}})
    answer = PaperQA(filled, strict, today=lambda: TODAY).ask("how accurate is HeronNet?")
    assert answer.refused
    assert answer.citations[0].paper == HERON  # named as the nearest


def test_an_empty_library_refuses(library: Library) -> None:
    answer = PaperQA(library, RagConfig(), today=lambda: TODAY).ask("anything about birds?")
    assert answer.refused
    assert "no papers yet" in answer.text


def test_a_summary_is_quoted_as_a_summary(make_library: Callable[..., Library]) -> None:
    library = make_library()
    ingest(ListSource([replace(PASTRY, abstract_source="summary")]), library)
    answer = PaperQA(library, RagConfig(), today=lambda: TODAY).ask(
        "how many errors do bakers find in PastryBench?"
    )
    assert answer.text.startswith("Paperboy's summary: “")


def test_a_follow_up_refers_to_the_question_before(qa: PaperQA) -> None:
    answer = qa.ask(
        Question(text="and how long does it train?", history=(Turn("what does HeronNet count?"),))
    )
    assert answer.citations[0].paper == HERON
    assert "3 hours" in answer.text
    named = qa.ask(
        Question(text="what is PastryBench?", history=(Turn("what does HeronNet count?"),))
    )
    assert [citation.paper for citation in named.citations] == [PASTRY]
    alone = qa.ask(
        Question(text="Tidal Attention and its cache", history=(Turn("what does HeronNet count?"),))
    )
    assert TIDAL in [citation.paper for citation in alone.citations]


@pytest.mark.parametrize(
    ("question", "says"),
    [("", "empty"), (" \n\t ", "empty"), ("😀🎉", "no word"), ("?!", "no word"),
     ("x" * 20_000, "20,000 characters")],
)  # fmt: skip
def test_an_invalid_question_is_one_sentence(qa: PaperQA, question: str, says: str) -> None:
    with pytest.raises(QuestionError, match=says):
        qa.ask(question)


@pytest.mark.parametrize(
    "question",
    ['"quotes" AND (NEAR* ^x: -y', "the of and", "NOT birds", "bird OR", "col:umn", "模型 鸟类",
     "\u202ebirds", "a" * 1_900, "birds\0"],
)  # fmt: skip
def test_no_question_breaks_the_search(qa: PaperQA, question: str) -> None:
    assert qa.ask(question).text


@pytest.mark.parametrize(
    ("question", "papers"),
    [
        ("what came out in February 2025?", [TIDAL]),  # PASTRY was never among the Daily Papers
        ("papers published in 2024", [PAPERS[3]]),
        ("list everything featured since 2025-02-01", [TIDAL, PASTRY]),
    ],
)
def test_a_question_for_days_is_answered_from_the_catalogue(
    qa: PaperQA, question: str, papers: list[Paper]
) -> None:
    answer = qa.ask(question)
    assert [citation.paper for citation in answer.citations] == papers
    assert re.match(rf"{len(papers)} (?:Daily Paper|paper)s?\b", answer.text)
    for citation in answer.citations:
        assert citation.quote in f"{citation.paper.title} {citation.paper.abstract}"


def test_a_topic_within_days_is_answered_from_those_days(qa: PaperQA) -> None:
    answer = qa.ask("which paper from 2025 is about language models and memory?")
    assert answer.text.startswith(
        "1 paper on language models and memory, featured or published 2025-01-01"
    )
    assert [citation.paper for citation in answer.citations] == [TIDAL]


def test_days_without_papers_are_named_before_the_last_day_that_has_some(qa: PaperQA) -> None:
    answer = qa.ask("what came out last week?")
    assert answer.text.startswith("No Daily Papers of the week of 2025-12-01 yet.")
    assert "2025-02-05, the last day before it" in answer.text
    assert [citation.paper for citation in answer.citations] == [TIDAL]


@pytest.mark.parametrize("question", ["hello", "what's the weather in Berlin tomorrow?"])
def test_small_talk_and_what_is_off_topic_cite_nothing(qa: PaperQA, question: str) -> None:
    answer = qa.ask(question)
    assert answer.text
    assert (answer.citations, answer.hits) == ((), ())
    assert not re.search(r"“|\[\d", answer.text)


def test_a_conversation_about_a_paper_stays_with_it_if_it_has_an_answer(qa: PaperQA) -> None:
    def ask(question: str, *said: Turn) -> tuple[list[Paper], str]:
        answer = qa.ask(Question(text=question, history=tuple(said), keep_to=HERON.paper_id))
        return [citation.paper for citation in answer.citations], answer.note

    assert ask("how long does training take?") == ([HERON], "")
    assert ask("and its accuracy?") == ([HERON], "")
    assert ask("which errors do bakers find in recipes?") == ([PASTRY], WIDENED)
    assert ask("how many recipes does PastryBench have?") == ([PASTRY], "")
    papers, note = ask("which papers are about language models?")
    assert (HERON not in papers, note) == (True, "")
    about = Turn("how many recipes does PastryBench have?", (PASTRY.paper_id,))
    assert ask("and what do bakers find in it?", about) == ([PASTRY], "")


@pytest.mark.parametrize("question", ["which gpus", "learning rate?", "weight decay"])
def test_a_detail_asked_after_a_paper_is_one_of_that_paper(qa: PaperQA, question: str) -> None:
    before = Turn("what is HeronNet?", (HERON.paper_id,))
    answer = qa.ask(Question(text=question, history=(before,)))
    assert {citation.paper for citation in answer.citations} == {HERON}
    assert answer.silent_paper == HERON


@pytest.mark.parametrize(
    ("question", "paper"),
    [
        ("how many recipes does PastryBench have?", PASTRY),
        ("which errors do bakers find in recipes?", PASTRY),
        ("which paper weaves sensor streams, and what does it say?", LOOM),
    ],
)
def test_another_subject_after_a_paper_is_searched_in_all(
    qa: PaperQA, question: str, paper: Paper
) -> None:
    before = Turn("what is HeronNet?", (HERON.paper_id,))
    answer = qa.ask(Question(text=question, history=(before,)))
    assert answer.citations[0].paper == paper


def test_a_false_premise_about_a_paper_is_not_answered_from_others(qa: PaperQA) -> None:
    answer = qa.ask(Question(text="which recipes does it list?", keep_to=HERON.paper_id))
    assert PASTRY not in [citation.paper for citation in answer.citations]
    assert answer.note == ""
    nowhere = qa.ask(Question(text="what is the capital of France?", keep_to=HERON.paper_id))
    assert nowhere.refused
    assert nowhere.note == ""


def test_a_comparison_quotes_each_paper(qa: PaperQA) -> None:
    answer = qa.ask("do HeronNet and PastryBench beat humans in accuracy?")
    assert {citation.paper for citation in answer.citations} == {HERON, PASTRY}
    assert "94.2%" in answer.text
    assert "97%" in answer.text


@pytest.mark.parametrize("question", ["arxiv 2501.00001", "compare HeronNet with PastryBench"])
def test_a_question_of_names_alone_introduces_the_papers(qa: PaperQA, question: str) -> None:
    answer = qa.ask(question)
    assert answer.text.startswith("“We present HeronNet, a detector")
    assert not answer.refused


@pytest.mark.parametrize("question", ["is it so?", "does it work?", "are you sure?"])
def test_a_chosen_paper_answers_even_what_sounds_like_chat(qa: PaperQA, question: str) -> None:
    answer = qa.ask(Question(text=question, paper=HERON.paper_id))
    assert {citation.paper for citation in answer.citations} == {HERON}
    assert not answer.is_chat


GONE = "title:no-longer-its-id"


@pytest.mark.parametrize(
    "question",
    [
        Question(text="how accurate is it?", paper=GONE),
        Question(text="how accurate is it?", keep_to=GONE),
    ],
)
def test_a_paper_whose_id_has_changed_is_explained(qa: PaperQA, question: Question) -> None:
    with pytest.raises(QuestionError, match="choose it again"):
        qa.ask(question)


@pytest.mark.parametrize("question", ["what is new about it?", "summarize", "the bibtex, please"])
def test_short_requests_about_a_chosen_paper_are_about_that_paper(
    qa: PaperQA, question: str
) -> None:
    for asked in (
        Question(text=question, paper=HERON.paper_id),
        Question(text=question, keep_to=HERON.paper_id),
    ):
        assert [citation.paper for citation in qa.ask(asked).citations] == [HERON]


WITHOUT_TOPIC = [
    "why?", "tell me more", "what is this about?", "explain this paper", "and the results?",
    "who wrote it?", "is there code for it?", "the paper", "summarize it", "what did they find?",
    "compare them", "go on", "tell me more about number 3", "who wrote the second one?",
    "what are its limitations?", "give me the bibtex",
]  # fmt: skip


@pytest.mark.parametrize("question", WITHOUT_TOPIC)
def test_what_has_no_topic_asks_back(qa: PaperQA, question: str) -> None:
    answer = qa.ask(question)
    assert answer.text.startswith("Which paper or topic do you mean")
    assert answer.text.count("\n") == 0
    assert (answer.citations, answer.refused, answer.is_chat) == ((), True, True)


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("warum?", "Welches Paper"),
        ("und die Ergebnisse?", "Welches Paper"),
        ("pourquoi ?", "De quel article"),
        ("cuéntame más", "¿A qué artículo"),
        ("为什么？", "你指的是哪篇"),
    ],
)
def test_it_asks_back_in_the_language_of_the_question(
    qa: PaperQA, question: str, begins: str
) -> None:
    assert qa.ask(question).text.startswith(begins)


@pytest.mark.parametrize("question", WITHOUT_TOPIC[:7])
def test_with_a_paper_before_it_is_a_follow_up(qa: PaperQA, question: str) -> None:
    turn = Turn("how accurate is HeronNet?", cited=(HERON.paper_id,))
    answer = qa.ask(Question(text=question, history=(turn,)))
    assert "Which paper or topic" not in answer.text
    assert {citation.paper for citation in answer.citations} <= {HERON}
    chosen = qa.ask(Question(text=question, paper=HERON.paper_id))
    assert "Which paper or topic" not in chosen.text


def test_what_was_asked_back_is_no_turn_of_the_conversation(qa: PaperQA) -> None:
    asked_back = Turn("explain this paper", cited=())
    assert qa.ask(Question(text="why?", history=(asked_back,))).is_chat
    answer = qa.ask(Question(text="HeronNet", history=(asked_back,)))
    assert answer.citations[0].paper == HERON


@pytest.mark.parametrize(
    "question",
    [
        "herons", "memory", "what is attention?", "newest papers", "which paper is the oldest?",
        "papers with code", "what's new?", "HeronNet?", "what does 2501.00001 find?",
        "what is trending?", "how many papers are there?", "thanks, this is great",
    ],
)  # fmt: skip
def test_what_has_a_topic_or_needs_none_is_not_asked_back(qa: PaperQA, question: str) -> None:
    assert "Which paper or topic" not in qa.ask(question).text


@pytest.mark.parametrize(
    ("question", "paper"),
    [
        ("which paper is the oldest you know?", LOOM),
        ("what is the earliest paper you have?", LOOM),
        ("what was the first paper you read", LOOM),
        ("what's your newest paper", PASTRY),
        ("newest paper you've read", PASTRY),
        ("what is the newest paper about language models", PASTRY),
        ("what's the first paper on language models?", TIDAL),
    ],
)
def test_the_oldest_and_the_newest_paper_are_the_first_by_date(
    qa: PaperQA, question: str, paper: Paper
) -> None:
    assert qa.ask(question).citations[0].paper == paper


@pytest.mark.parametrize(
    "question",
    [
        "who wrote Loom and when?",
        "when and by whom was Loom published?",
        "authors and date of Loom",
    ],
)
def test_a_half_known_record_is_told_whole(qa: PaperQA, question: str) -> None:
    answer = qa.ask(question)
    assert not answer.refused
    assert "names no authors" in answer.text
    assert "2024-11-05" in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "papers in December 9999",
        "papers from 29 February 2025",
        "2025年13月45日",
        "monday the 32nd",
    ],
)
def test_a_day_that_does_not_exist_is_told_and_no_other_one_read(
    qa: PaperQA, question: str
) -> None:
    answer = qa.ask(question)
    assert re.fullmatch(r"There is no day [^.]+\.", answer.text)
    assert (answer.refused, answer.citations, answer.note) == (True, (), "")


@pytest.mark.parametrize(
    "question",
    [
        "2513.99999 what is this?",
        "what is arXiv:2513.99999?",
        "arxiv.org/abs/2513.99999 ?",
        "2513.99999",
    ],
)
def test_an_id_that_cannot_be_one_is_told(qa: PaperQA, question: str) -> None:
    assert "2513.99999 cannot be an arXiv id: there is no month 13." in qa.ask(question).text


@pytest.mark.parametrize(
    ("question", "says", "titles"),
    [
        ("papers not about language models", "2 papers not on language models", {HERON, LOOM}),
        ("papers of 2025 without code", "2 Daily Papers of this year so far", {HERON, TIDAL}),
        ("Artikel ohne Code", "4 papers without code", {HERON, TIDAL, PASTRY, LOOM}),
        ("how many papers from 2024 do you know?", "1 paper featured or published in", {LOOM}),
    ],
)
def test_what_a_request_leaves_out_is_left_out_and_said(
    qa: PaperQA, question: str, says: str, titles: set[Paper]
) -> None:
    answer = qa.ask(question)
    assert says in answer.text.splitlines()[0]
    assert {citation.paper for citation in answer.citations} == titles


def test_what_cannot_be_left_out_is_a_note(qa: PaperQA) -> None:
    answer = qa.ask("papers except those from Crumb Lab")
    assert "not “from Crumb Lab”" in answer.note
    assert PASTRY in [citation.paper for citation in answer.citations]
