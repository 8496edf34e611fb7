"""From a question to a request, with the sample papers."""

from datetime import date
from typing import Any

import pytest

from rag.errors import QuestionError
from rag.library import Library
from rag.query.followups import ALONE, resolve
from rag.query.model_reader import ModelReader, Reading
from rag.query.numeric_days import DayHabit
from rag.query.request import Past, Request
from rag.query.request_reader import KINDS, TaggedWord
from rag.query.slots import MAX_LIMIT, fill_slots
from rag.query.understand import QueryUnderstanding
from rag.records import Paper, Turn, Window
from tests.papers import HERON, LOOM, PASTRY, TODAY

UNCLEAR = "maybe the birds thing"


def understanding(library: Library, model: ModelReader | None = None) -> QueryUnderstanding:
    return QueryUnderstanding(
        library.catalog,
        library.retriever.keywords,
        library.word_vectors,
        library.bundled_embedder.encode_question,
        model,
    )


@pytest.fixture
def query(filled: Library) -> QueryUnderstanding:
    return understanding(filled)


def test_papers_are_found_by_the_names_of_their_systems(query: QueryUnderstanding) -> None:
    assert query.understand("how accurate is HeronNet?", TODAY).named == (HERON,)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("papers on herons <:hm:333333333333333333>", "papers on herons"),
        ("<@222222222222222222> papers on birds since <t:1736121600:D>",
         "papers on birds since 2025-01-06"),
        ("which papers came out on <t:1736121600:R>?", "which papers came out on 2025-01-06?"),
        ("what came out between <t:1735689600:d> and <t:1736121600:f>?",
         "what came out between 2025-01-01 and 2025-01-06?"),
        ("in <#333333333333333333>: how accurate is ||HeronNet||?",
         "in: how accurate is HeronNet?"),
    ],
)  # fmt: skip
def test_discords_markup_changes_nothing(query: QueryUnderstanding, typed: str, plain: str) -> None:
    assert query.understand(typed, TODAY) == query.understand(plain, TODAY)


def test_a_time_stamp_is_the_day_in_the_time_zone(filled: Library) -> None:
    query = understanding(filled)
    query.day_habit = DayHabit("America/New_York")
    window = query.understand("papers since <t:1736121600>", TODAY).window  # midnight UTC
    assert window is not None
    assert window.since == date(2025, 1, 5)


def test_misspelt_english_words_are_corrected(query: QueryUnderstanding) -> None:
    assert "accuracy" in query.understand("what acuracy does it reach?", TODAY).topic


def test_other_languages_are_translated_and_remembered(query: QueryUnderstanding) -> None:
    request = query.understand("wann wurde HeronNet veröffentlicht?", TODAY)
    assert (request.language, request.facts, request.named) == ("de", ("date",), (HERON,))


@pytest.mark.parametrize(
    "chat",
    [
        "haha nice", "lmao true", "gn folks", "dang son", "wdym lol", "nah lol", "haha sure",
        "lol cool", "hmm ok", "yay", "wow nice one", "brb", "np thx", "hehe ok", "yep lol",
        "oh man haha", "dude nice", "aww cute", "kk np", "ikr lol", "haha rude", "yas queen",
        "lol amen",
    ],
)  # fmt: skip
def test_short_chat_is_small_talk_and_not_another_language(
    query: QueryUnderstanding, chat: str
) -> None:
    request = query.understand(chat, TODAY)
    assert (request.foreign, request.kind) == ("", "small talk")


@pytest.mark.parametrize("question", ["yeni makaleler", "dank je wel", "yapay zeka", "tudo bem"])
def test_short_questions_in_other_languages_are_told(
    query: QueryUnderstanding, question: str
) -> None:
    assert query.understand(question, TODAY).foreign


def test_authors_organisations_and_days_of_papers_come_from_the_catalogue(
    query: QueryUnderstanding,
) -> None:
    assert query.understand("papers by A. One", TODAY).author == "A. One"
    assert query.understand("papers by Z. Nobody", TODAY).author is None
    assert query.understand("papers from Crumb Lab", TODAY).organization == "Crumb Lab"
    window = query.understand("papers since PastryBench", TODAY).window
    assert window is not None
    assert window.since == PASTRY.day


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("summarize today's papers", "en"),
        ("fasse die heutigen Paper zusammen", "de"),
        ("résume les articles d'aujourd'hui", "fr"),
        ("resume los artículos de hoy", "es"),
        ("总结今天的论文", "zh"),
    ],
)
def test_a_summary_of_today_in_five_languages(
    query: QueryUnderstanding, question: str, language: str
) -> None:
    request = query.understand(question, TODAY)
    assert (request.kind, request.language) == ("summary", language)
    assert request.window == Window(TODAY, TODAY)
    assert request.topic_terms == []


@pytest.mark.parametrize(
    ("question", "language", "topic"),
    [
        ("papers about reinforcement learning", "en", "reinforcement learning"),
        ("Paper zu Verstärkungslernen", "de", "reinforcement learning"),
        ("Arbeiten über Roboter", "de", "robot"),
        ("des articles sur la diffusion", "fr", "diffusion"),
        ("artículos sobre robots", "es", "robot"),
        ("关于扩散模型的论文", "zh", "diffusion model"),
    ],
)
def test_papers_on_a_topic_in_five_languages(
    query: QueryUnderstanding, question: str, language: str, topic: str
) -> None:
    request = query.understand(question, TODAY)
    assert (request.kind, request.language, request.topic) == ("list", language, topic)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("is there code for HeronNet?", "en"),
        ("gibt es Code für HeronNet?", "de"),
        ("y a-t-il du code pour HeronNet ?", "fr"),
        ("¿hay código para HeronNet?", "es"),
        ("HeronNet有代码吗？", "zh"),
    ],
)
def test_the_code_of_a_paper_in_five_languages(
    query: QueryUnderstanding, question: str, language: str
) -> None:
    request = query.understand(question, TODAY)
    assert (request.kind, request.language) == ("paper", language)
    assert (request.facts, request.named) == (("code",), (HERON,))


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("thanks", "en"), ("thank you so much!", "en"), ("danke", "de"), ("danke schön!", "de"),
        ("merci beaucoup", "fr"), ("¡muchas gracias!", "es"), ("谢谢", "zh"), ("多谢", "zh"),
    ],
)  # fmt: skip
def test_thanks_in_five_languages(query: QueryUnderstanding, question: str, language: str) -> None:
    request = query.understand(question, TODAY)
    assert (request.kind, request.language) == ("small talk", language)


def test_a_list_has_its_number_order_days_and_code(query: QueryUnderstanding) -> None:
    request = query.understand("top 3 newest papers about robots with code last week", TODAY)
    assert (request.kind, request.topic, request.limit) == ("list", "robots", 3)
    assert (request.order, request.with_code) == ("newest", True)
    assert request.window is not None
    everything = query.understand("list all papers about robots", TODAY)
    assert everything.limit == MAX_LIMIT


def test_what_is_upvoted_on_a_topic_is_ordered_and_a_list_of_days_is_a_summary(
    query: QueryUnderstanding,
) -> None:
    about = fill_slots(Request(topic="", kind="trending"), [TaggedWord("robots", "topic", 1.0)])
    assert (about.topic, about.order) == ("robots", "most upvotes")
    days = query.understand("papers between December 2024 and January 2025", TODAY)
    assert days.kind == "summary"


def test_the_newest_paper_is_one(query: QueryUnderstanding) -> None:
    assert query.understand("the newest paper about robots", TODAY).limit == 1
    assert query.understand("the newest papers about robots", TODAY).limit is None


def test_words_that_no_paper_has_are_no_topic_beside_a_name(query: QueryUnderstanding) -> None:
    narrowed = query.understand("papers about wobbledygook from Crumb Lab", TODAY)
    assert (narrowed.organization, narrowed.topic) == ("Crumb Lab", "")
    known = query.understand("papers about recipes from Crumb Lab", TODAY)
    assert (known.organization, known.topic) == ("Crumb Lab", "recipes")


def test_only_a_question_with_a_turn_before_it_is_a_follow_up(query: QueryUnderstanding) -> None:
    assert query.understand("the second one", TODAY, follows=True).kind == "follow-up"
    assert query.understand("the second one", TODAY).kind != "follow-up"
    asked = query.understand("what does it do in bad weather?", TODAY, follows=True)
    assert asked.kind not in ALONE


def test_a_text_without_words_is_no_question(query: QueryUnderstanding) -> None:
    with pytest.raises(QuestionError):
        query.understand("???", TODAY)


def test_the_history_has_the_cited_papers_in_order_and_searches_where_they_are_unknown(
    query: QueryUnderstanding,
) -> None:
    searched: list[str] = []

    def papers_for(request: Request) -> list[Paper]:
        searched.append(request.topic)
        return [HERON]

    cited = (PASTRY.paper_id, "arxiv:0000.00000", LOOM.paper_id)  # one was removed since
    history = [Turn("which errors do bakers find?"), Turn("which papers use recipes?", cited)]
    first, second = query.past(history, TODAY, papers_for=papers_for)
    assert first.papers == (HERON,)
    assert searched == ["which errors do bakers find?"]
    assert second.papers == (PASTRY, LOOM)
    follow_up = query.past(
        [*history, Turn("and the second one?", ())], TODAY, papers_for=papers_for
    )
    assert follow_up[-1].request.pointed == (LOOM,)


def test_a_turn_without_a_question_is_a_list_that_numbers_refer_to(
    query: QueryUnderstanding,
) -> None:
    shown = tuple(paper.paper_id for paper in (HERON, PASTRY, LOOM))
    (past,) = query.past([Turn("", shown)], TODAY, papers_for=lambda _: [])
    assert past == Past(Request(topic="", kind="list"), (HERON, PASTRY, LOOM))
    assert resolve(query.understand("who wrote number 2?", TODAY), [past]).pointed == (PASTRY,)
    # "Recipes" is a word of one of them, which does not make it a question about the list.
    assert resolve(query.understand("what are recipes?", TODAY), [past]).pointed == ()


def test_small_talk_does_not_interrupt_a_conversation(query: QueryUnderstanding) -> None:
    turns = [Turn("what does HeronNet count?", (HERON.paper_id,)), Turn("thanks!", ())]
    past = query.past(turns, TODAY, papers_for=lambda _: [])
    assert [turn.papers for turn in past] == [(HERON,)]


@pytest.fixture
def any_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the model choose among all kinds."""
    monkeypatch.setattr("rag.query.understand.LIKELY_KINDS", len(KINDS))


def read_by(library: Library, reading: Reading | None, text: str, *, below: float = 1.0) -> Request:
    """Return the request as it is understood with a model that gives this reading."""

    def fill(_messages: object, _fields: object) -> Any:
        return reading

    return understanding(library, ModelReader(fill, below=below)).understand(text, TODAY)


@pytest.mark.usefixtures("any_kind")
def test_the_model_reads_what_the_classifier_is_unsure_about(filled: Library) -> None:
    reading = Reading(kind="list", topic="wading birds")
    request = read_by(filled, reading, UNCLEAR)
    assert (request.kind, request.reader) == ("list", "model")
    sure = read_by(filled, reading, UNCLEAR, below=0.0)
    assert sure.reader == "classifier"
    assert read_by(filled, None, UNCLEAR) == sure
    topic = read_by(filled, Reading(kind="off topic"), "birds maybe")  # needs no model
    assert (topic.kind, topic.reader) == ("list", "classifier")


def test_the_model_chooses_among_the_likeliest_kinds(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.query.understand.LIKELY_KINDS", 2)
    offered: list[str] = []

    def fill(_messages: object, fields: Any) -> None:
        offered.extend(fields.model_json_schema()["properties"]["kind"]["enum"])

    understanding(filled, ModelReader(fill, below=1.0)).understand("summarise today", TODAY)
    assert len(offered) == 2
    assert "summary" in offered


@pytest.mark.usefixtures("any_kind")
def test_what_the_text_does_not_say_is_dropped(filled: Library) -> None:
    made_up = Reading(
        kind="list", topic="speech recognition", days="since Monday", number=7, order="oldest",
        papers=["HeronNet"], people=["A. One"], organizations=["Crumb Lab"], with_code=True,
    )  # fmt: skip
    request = read_by(filled, made_up, UNCLEAR)
    assert request.kind == "list"
    assert request == read_by(filled, Reading(kind="list"), UNCLEAR)


@pytest.mark.usefixtures("any_kind")
def test_names_that_only_the_model_finds_are_looked_up(filled: Library) -> None:
    reading = Reading(kind="list", papers=["loom", "nonsuch"], organizations=["crumb lab", "birds"])
    text = "do crumb lab models count birds with loom or nonsuch"
    assert not read_by(filled, None, text).organization
    request = read_by(filled, reading, text)
    assert (request.organization, request.organizations) == ("crumb lab", ("Crumb Lab",))
    assert request.named == (LOOM,)
    assert "crumb" not in request.topic
    about = read_by(filled, reading.model_copy(update={"kind": "content"}), text)
    assert about.organization is None  # whose abstracts need not be of its papers


@pytest.mark.usefixtures("any_kind")
def test_slots_that_the_classifier_leaves_empty_get_the_words_of_the_model(filled: Library) -> None:
    reading = Reading(kind="list", topic="birds", number=7, order="fresh", with_code=True)
    request = read_by(filled, reading, "seven? birds? fresh? github?")
    assert request.topic == "birds"
    assert (request.limit, request.order, request.with_code) == (7, "newest", True)


@pytest.mark.parametrize(
    "question",
    ["2513.99999 what is this?", "what is arXiv:2513.99999?", "https://arxiv.org/abs/2500.12345",
     "arxiv.org/abs/2501.1234 why?", "tell me more about arXiv 2513.00001"],
)  # fmt: skip
def test_an_id_that_cannot_be_one_is_a_topic(query: QueryUnderstanding, question: str) -> None:
    assert query.understand(question, TODAY).has_topic
