"""Questions in languages without a glossary: a model translates them, or nobody answers them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.app import open_library
from ingest.sync import ingest
from rag.answering.refusal import REFUSAL
from rag.config import ModelConfig, RagConfig
from rag.library import Library
from rag.llm.chat_models import ChatLlama, ChatServer
from rag.llm.language_model import adapt
from rag.llm.server_client import ServerClient
from rag.llm.server_errors import Timeouts
from rag.pipeline import PaperQA
from rag.records import Question, Turn
from rag.text.language import ENGLISH, question_language, unread_language
from tests.models.openai_server import OpenAIServer
from tests.models.tiny_gguf import write_reciting_model
from tests.papers import HERON, QUESTION, TIDAL, TODAY, ListSource

FILE = Path(__file__).parents[1] / "questions" / "languages.jsonl"
ITEMS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
GLOSSARY = ("de", "fr", "es", "zh")
FOREIGN = [item for item in ITEMS if item["language"] not in GLOSSARY]
KOREAN = "HeronNet은 사람이 세는 것에 비해 얼마나 정확한가요?"  # what QUESTION asks
ITALIAN = "I modelli linguistici riescono a trovare gli errori nelle ricette?"
TIMEOUTS = Timeouts(first_token=60.0, next_token=60.0, answer=60.0)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    server = OpenAIServer("")
    server.start()
    yield server
    server.close()


@pytest.fixture
def qa(filled: Library, server: OpenAIServer) -> Iterator[PaperQA]:
    """A PaperQA whose questions are translated by the server."""
    config = RagConfig(model=ModelConfig(server_url=server.url, read_below=0))
    chat = ChatServer(server=ServerClient(server.url, timeouts=TIMEOUTS))
    yield PaperQA(filled, config, today=lambda: TODAY, model=adapt(chat, config.model))
    chat.server.close()


@pytest.fixture
def alone(filled: Library) -> PaperQA:
    return PaperQA(filled, RagConfig(), today=lambda: TODAY)


def says(english: str) -> str:
    return json.dumps({"english": english})


def test_the_questions_are_in_ten_languages_and_the_glossarys() -> None:
    assert {item["language"] for item in FOREIGN} == set("ja ko ru pt it nl pl tr ar hi".split())
    assert {item["language"] for item in ITEMS} > set(GLOSSARY)


@pytest.mark.parametrize("item", FOREIGN, ids=lambda item: item["question"])
def test_a_translated_question_finds_its_paper(
    qa: PaperQA, server: OpenAIServer, item: dict[str, str]
) -> None:
    server.text = says(item["english"])
    answer = qa.ask(item["question"])
    assert not answer.refused
    assert item["paper"] in (answer.citations[0].paper.arxiv_id, answer.citations[0].paper.title)
    assert answer.question.text == item["question"]
    assert answer.standalone == answer.translation == item["english"]
    assert f"by the model: “{item['english']}”" in answer.read_as
    assert item["english"] in answer.note
    assert server.requests[-1]["messages"][-1]["content"] == item["question"]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item["question"])
def test_without_a_model_only_the_glossarys_languages_are_read(
    alone: PaperQA, item: dict[str, str]
) -> None:
    answer = alone.ask(item["question"])
    if item["language"] in GLOSSARY:
        assert item["paper"] == answer.citations[0].paper.arxiv_id
        assert "translated" not in answer.read_as
        return
    assert "which nobody translated" in answer.read_as
    if not answer.refused:  # the paper is named, and one of its sentences is near
        assert answer.citations[0].paper.arxiv_id == item["paper"]
        return
    assert answer.is_chat
    assert answer.citations == ()
    assert not answer.text.startswith((REFUSAL, "Without"))  # there is one in this language
    assert answer.text.count("\n") == 0


def test_the_sentence_is_english_in_a_language_without_one(alone: PaperQA) -> None:
    answer = alone.ask("Hur noggrann är modellen jämfört med människor?")
    assert answer.refused
    assert "only English, German, French, Spanish and Chinese" in answer.text
    assert answer.read_as == "a question, in Swedish, which nobody translated"


@pytest.mark.parametrize(
    ("fault", "text"), [("", says("Foo 새")), ("", "no form"), ("500", ""), ("silent", "")]
)
def test_a_model_that_does_not_translate_is_mentioned(
    filled: Library, server: OpenAIServer, fault: str, text: str
) -> None:
    server.fault, server.text = fault, text
    config = RagConfig(model=ModelConfig(server_url=server.url, translate_seconds=0.5))
    chat = ChatServer(server=ServerClient(server.url, timeouts=TIMEOUTS))
    qa = PaperQA(filled, config, today=lambda: TODAY, model=adapt(chat, config.model))
    answer = qa.ask(ITALIAN)
    assert answer.refused
    assert answer.citations == ()
    assert answer.text.startswith("Il modello linguistico ora non è riuscito")
    assert not qa.can_write(answer)
    chat.server.close()


def test_nobody_waits_for_a_model_that_is_busy(qa: PaperQA, server: OpenAIServer) -> None:
    server.text = says(QUESTION)
    assert qa.writer
    with qa.writer.queue.wait_for_turn():
        assert qa.ask(KOREAN).translation == ""
    assert server.requests == []
    assert qa.ask(KOREAN).translation == QUESTION


def test_a_written_answer_is_asked_for_in_the_persons_words(
    qa: PaperQA, server: OpenAIServer
) -> None:
    server.text = says(QUESTION)
    quoted = qa.ask(KOREAN)
    server.text = "HeronNet의 정확도는 94.2%입니다 [1]."
    written = qa.written(quoted)
    prompt = server.requests[-1]["messages"][-1]["content"]
    assert f"Question: {KOREAN}\n" in prompt
    assert QUESTION not in prompt
    assert (written.mode, written.text) == ("generated", "HeronNet의 정확도는 94.2%입니다 [1].")
    assert QUESTION in written.note


def test_a_follow_up_is_resolved_in_english_and_earlier_turns_are_not_translated_anew(
    qa: PaperQA, server: OpenAIServer
) -> None:
    server.text = says(QUESTION)
    first = qa.ask(KOREAN)
    server.text = says("how long does it train?")
    turn = Turn(KOREAN, tuple(c.paper.paper_id for c in first.citations[:1]))
    answer = qa.ask(Question(text="훈련하는 데 얼마나 걸리나요?", history=(turn,)))
    assert "3 hours" in answer.text
    assert [c.paper for c in answer.citations] == [HERON]
    assert answer.standalone == f"how long does it train? (about {HERON.title})"
    assert answer.asked == f"훈련하는 데 얼마나 걸리나요? (about {HERON.title})"
    assert len(server.requests) == 2


def test_an_earlier_turn_that_nobody_can_read_still_has_its_papers(alone: PaperQA) -> None:
    turn = Turn(KOREAN, (TIDAL.paper_id,))
    answer = alone.ask(Question(text="how much memory does it save?", history=(turn,)))
    assert [c.paper for c in answer.citations] == [TIDAL]
    lost = Question(text="how much memory does it save?", history=(Turn(KOREAN),))
    assert alone.ask(lost).standalone == lost.text


def test_the_chosen_paper_does_not_make_a_question_readable(alone: PaperQA) -> None:
    answer = alone.ask(Question(text="얼마나 정확한가요?", paper=HERON.paper_id))
    assert answer.refused
    assert answer.text.startswith("언어 모델이 없어서")


@pytest.mark.slow
def test_a_llama_cpp_process_translates(
    filled: Library, load_chat: Callable[..., ChatLlama], tmp_path: Path, copying_model: Path
) -> None:
    def ask(model: Path) -> Any:
        config = RagConfig(model=ModelConfig(path=str(model), translate_seconds=60))
        language_model = adapt(load_chat(model), config.model)
        return PaperQA(filled, config, today=lambda: TODAY, model=language_model).ask(KOREAN)

    answer = ask(write_reciting_model(tmp_path / "reciting.gguf", says(QUESTION)))
    assert "94.2%" in answer.text
    assert answer.standalone == QUESTION
    copied = ask(copying_model)  # which writes what stands in its prompt
    assert copied.translation == ""
    assert copied.note.startswith("언어 모델이 지금 이 질문을 번역하지 못했습니다.")
    assert copied.citations[0].paper == HERON  # which is named


@pytest.mark.parametrize(
    "question",
    [
        "HeronNetとは何ですか？",
        "HeronNet는 무엇인가요?",
        "HeronNetคืออะไร",
        "Что такое HeronNet?",
        "ما هو HeronNet؟",
        "מה זה HeronNet?",
        "τι είναι το HeronNet;",
        "HeronNet nedir?",
        "HeronNet'in sonuçları neler?",
        "Mikä on HeronNetin tulos?",
        "HeronNet là gì?",
    ],
)
def test_a_paper_is_found_by_its_name_in_any_language(alone: PaperQA, question: str) -> None:
    answer = alone.ask(question)
    assert not answer.refused
    assert [citation.paper for citation in answer.citations] == [HERON]
    assert "HeronNet" in answer.text
    assert answer.note  # it says which languages are read


@pytest.mark.parametrize("question", ["yeni makaleler", "grazie mille", "artigos novos"])
def test_a_few_words_in_another_language_are_not_searched_for(
    alone: PaperQA, question: str
) -> None:
    answer = alone.ask(question)
    assert answer.refused
    assert answer.is_chat
    assert answer.citations == ()
    assert not answer.text.startswith((REFUSAL, "Without"))  # there is one in this language


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("answer in Japanese", "language of the abstracts, English"),
        ("in Spanish please", "language of the abstracts, English"),
        ("auf Deutsch bitte", "der Sprache der Abstracts, Englisch"),
        ("en français s'il vous plaît", "langue des résumés, l'anglais"),
        ("responde en español", "idioma de los resúmenes, el inglés"),
        ("请用中文回答", "即英语"),
        ("auf Japanisch bitte", "der Sprache der Abstracts, Englisch"),
        ("用日语回答", "即英语"),
    ],
)
def test_a_language_alone_is_answered_with_the_languages(
    alone: PaperQA, question: str, says: str
) -> None:
    answer = alone.ask(question)
    assert says in answer.text
    assert (answer.citations, answer.is_chat) == ((), True)


def test_a_language_beside_a_question_is_no_topic(alone: PaperQA) -> None:
    plain = alone.ask("how accurate is HeronNet?")
    answer = alone.ask("how accurate is HeronNet? Answer in Japanese, please")
    assert answer.text == plain.text
    assert answer.note == "Answers are in English, the language of the abstracts."
    assert alone.ask("how accurate is HeronNet? Answer in English").note == ""
    german = alone.ask("wie genau ist HeronNet? Antworte auf Französisch")
    assert german.note == "Antworten sind auf Englisch, der Sprache der Abstracts."


def test_a_model_writes_in_the_language_that_is_asked_for(
    qa: PaperQA, server: OpenAIServer
) -> None:
    quoted = qa.ask("how accurate is HeronNet compared with human counters? Answer in Korean")
    server.text = "HeronNet의 정확도는 94.2%입니다 [1]."
    written = qa.written(quoted)
    assert (written.mode, written.text) == ("generated", server.text)
    assert written.note == ""
    assert "Answer in Korean" in server.requests[-1]["messages"][-1]["content"]


TITLES = (
    "גשרים של אור: מיפוי נחלים מלוויין",
    "خرائط الريح: تعلم الطقس من الصحراء",
    "风筝地图：从卫星影像中学习天气",
    "바람길: 위성으로 배우는 날씨 모델",
    "Comment écouter la nuit des marais",
)


@pytest.fixture(scope="module")
def foreign_titles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperQA]:
    """A PaperQA of papers with foreign titles."""
    library = open_library(tmp_path_factory.mktemp("titles") / "data", RagConfig())
    papers = [
        replace(TIDAL, title=title, abstract=f"We map {n + 1}00 rivers.", arxiv_id=f"2504.0000{n}")
        for n, title in enumerate(TITLES)
    ]
    ingest(ListSource([HERON, *papers]), library)
    yield PaperQA(library, RagConfig(), today=lambda: TODAY)
    library.close()


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("question", ["what is {} about?", "summarize {}", "what does “{}” map?"])
def test_an_english_question_may_have_a_foreign_title(
    foreign_titles: PaperQA, question: str, title: str
) -> None:
    answer = foreign_titles.ask(question.format(title))
    assert [citation.paper.title for citation in answer.citations] == [title]
    assert f"{TITLES.index(title) + 1}00 rivers" in answer.text
    assert not answer.note  # nothing on languages that are not read


def test_a_question_around_a_title_keeps_its_language(foreign_titles: PaperQA) -> None:
    request = foreign_titles.query.understand(f"מי כתב את המאמר {HERON.title}?", TODAY)
    assert request.foreign == "he"
    request = foreign_titles.query.understand(f"wer hat {TITLES[4]} geschrieben?", TODAY)
    assert request.language == "de"
    assert [paper.title for paper in request.named] == [TITLES[4]]


@pytest.mark.parametrize(
    "quoted", ["„Vögel im hohen Schilf“", "«Le chant du marais»", "「沼地の鳥」", "《沼泽之歌》"]
)
def test_what_is_quoted_says_nothing_of_the_language(quoted: str) -> None:
    question = f"what is {quoted} about?"
    assert question_language(question) == ENGLISH
    assert unread_language(question, ENGLISH) == ""
