"""What the model reads from turn to turn: only ever more, until it is too long."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult

from ingest.sync import ingest
from rag.answering.conversation import Prompt, build_prompt, paper_ids
from rag.answering.refusal import REFUSAL
from rag.config import ModelConfig, RagConfig
from rag.library import Library
from rag.llm.chat_models import ChatLlama
from rag.llm.language_model import adapt
from rag.pipeline import PaperQA
from rag.records import Answer, Citation, Coverage, Evidence, Exchange, Question, Turn
from tests.papers import HERON, PASTRY, TIDAL, TODAY, ListSource, many

PAPERS = {paper.paper_id: paper for paper in (HERON, PASTRY, TIDAL)}
H1 = Evidence(HERON, "Counting birds by hand is slow.", 1, 0.9)
H4 = Evidence(HERON, "Training takes 3 hours on one laptop.", 4, 0.8)
P1 = Evidence(PASTRY, "Recipes are instructions with consequences.", 1, 0.9)
T1 = Evidence(TIDAL, "Long contexts slow language models down.", 1, 0.9)


def answer(text: str, *citations: Citation, refused: bool = False) -> Answer:
    return Answer(
        question=Question(text="?"), today=TODAY, standalone="?", understood="",
        text=text, citations=citations, hits=(),
        evidence=(), refused=refused, mode="generated", coverage=Coverage(0, None, None, 0),
        seconds=0.0,
    )  # fmt: skip


def texts(request: Prompt) -> list[str]:
    return [message.text for message in request.messages]


def test_each_turn_begins_with_all_that_was_read_before() -> None:
    first = build_prompt("what is slow?", [P1, H1], TODAY)
    assert [(p.n, p.paper) for p in first.citable] == [(1, HERON), (2, PASTRY)]
    by_hand = answer("By hand [1].", Citation(1, HERON, H1.sentence))
    said: tuple[Exchange, ...] = (first.exchange(by_hand),)
    second = build_prompt("and training?", [H4, H1, T1], TODAY, exchanges=said, papers=PAPERS)
    assert texts(second)[:3] == [*texts(first), "By hand [1]."]
    new = texts(second)[3]
    assert new.splitlines() == [
        f"[1] {HERON.title} (2025-01-06): {H4.sentence}",
        f"[3] {TIDAL.title} (2025-02-05): {T1.sentence}",
        "",
        "Question: and training?",
        "Today is 2025-12-08.",
    ]
    assert {p.n: p.paper for p in second.citable} == {1: HERON, 2: PASTRY, 3: TIDAL}
    said = (*said, second.exchange(answer("Hours.")))
    third = build_prompt("why?", [H1, H4], TODAY, exchanges=said, papers=PAPERS)
    assert texts(third)[-1] == "Question: why?\nToday is 2025-12-08."
    assert texts(third)[:5] == [*texts(second), "Hours."]
    assert paper_ids(said) == [HERON.paper_id, PASTRY.paper_id, TIDAL.paper_id]


def test_the_answer_stands_there_with_the_numbers_of_the_passages() -> None:
    request = build_prompt("?", [H1, P1], TODAY)
    shown = answer("Pastry [1]. Birds [2][1].", Citation(1, PASTRY, ""), Citation(2, HERON, ""))
    assert request.exchange(shown).answer == "Pastry [2]. Birds [1][2]."
    elsewhere = answer("Tides [1].", Citation(1, TIDAL, ""))
    assert request.exchange(elsewhere).answer == "Tides."
    assert request.exchange(answer("… I have read …", refused=True)).answer == REFUSAL


def test_a_paper_that_is_gone_or_was_changed_cannot_be_cited_any_more() -> None:
    said = (build_prompt("?", [H1, P1], TODAY).exchange(answer("Slow.")),)
    changed = replace(PASTRY, abstract="Something else.")
    papers = {HERON.paper_id: HERON, changed.paper_id: changed}
    request = build_prompt("?", [T1], TODAY, exchanges=said, papers=papers)
    assert {p.n: p.paper for p in request.citable} == {1: HERON, 3: TIDAL}


def converse(qa: PaperQA, *questions: str) -> list[Answer]:
    answers: list[Answer] = []
    for question in questions:
        history = [Turn.of(before) for before in answers]
        answers.append(qa.written(qa.ask(Question(text=question, history=tuple(history)))))
    return answers


def test_the_process_keeps_what_it_has_read(
    filled: Library, load_chat: Callable[..., ChatLlama]
) -> None:
    chat = load_chat()
    qa = PaperQA(filled, RagConfig(), today=lambda: TODAY, model=adapt(chat))
    first, second = converse(
        qa, "how accurate is HeronNet compared with human counters?", "how long does it train?"
    )
    assert len(second.exchanges) == len(first.exchanges) + 1 == 2
    figures = chat.local.last_usage
    assert figures["reused"] > 0.5 * figures["prompt"]
    usage = chat.invoke("[1] Hello there").usage_metadata
    assert usage is not None
    assert usage["output_tokens"] == chat.local.last_usage["tokens"] > 0
    counted = chat.get_num_tokens_from_messages(list(build_prompt("?", [H1], TODAY).messages))
    assert counted > 500  # the copying model's tokens are characters


class Elsewhere(ChatLlama):
    """A model that only counts: a character of context is a token."""

    @classmethod
    def over(cls, chat: ChatLlama) -> "Elsewhere":
        return cls(local=chat.local)

    def get_num_tokens_from_messages(
        self, messages: list[BaseMessage], tools: object = None
    ) -> int:
        return sum(len(message.text) for message in messages)

    def _generate(self, *args: object, **kwargs: object) -> ChatResult:
        raise NotImplementedError


def test_oldest_turns_are_dropped_in_whole_and_seldom(
    library: Library, load_chat: Callable[..., ChatLlama]
) -> None:
    ingest(ListSource(many(12)), library)
    chat = Elsewhere.over(load_chat())
    config = RagConfig(model=ModelConfig(max_tokens=96))
    qa = PaperQA(library, config, today=lambda: TODAY, model=adapt(chat))
    assert qa.writer is not None
    question, changes, lengths = "what is it about?", 0, []
    said: tuple[Exchange, ...] = ()
    paper_list = many(12)
    for n in range(40):
        quoted = replace(
            qa.ask(Question(text=question, paper=paper_list[n % 12].paper_id)), exchanges=said
        )
        request = qa.writer._prompt(quoted)
        assert chat.get_num_tokens_from_messages(list(request.messages)) <= 4000
        changes += request.exchanges != said
        said = (*request.exchanges, request.exchange(replace(quoted, text="Yes. " * 20)))
        lengths.append(len(request.exchanges))
    assert max(lengths) > 3
    assert 1 <= changes <= 12


@pytest.mark.parametrize("room", [2000, 1200])
def test_evidence_is_shortened_and_the_question_stays_whole(
    filled: Library, load_chat: Callable[..., ChatLlama], room: int
) -> None:
    chat = Elsewhere.over(load_chat())
    qa = PaperQA(
        filled,
        RagConfig(model=ModelConfig(max_tokens=4096 - room)),
        today=lambda: TODAY,
        model=adapt(chat),
    )
    assert qa.writer is not None
    quoted = qa.ask("how accurate is HeronNet compared with human counters?")
    padding = tuple(replace(quoted.evidence[0], sentence="word " * 60, index=n) for n in range(9))
    request = qa.writer._prompt(replace(quoted, evidence=(*quoted.evidence[:1], *padding)))
    assert quoted.evidence[0].sentence in request.messages[-1].text
    assert f"Question: {quoted.question.text}" in request.messages[-1].text
    assert chat.get_num_tokens_from_messages(list(request.messages)) <= room
