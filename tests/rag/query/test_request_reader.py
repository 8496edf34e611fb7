"""What the committed classifiers read in requests that they were not trained on."""

import json
from pathlib import Path

import pytest

from rag.encoders.embedder import Embedder
from rag.encoders.word_vectors import WordVectors
from rag.query.followups import MIN_INSIDE
from rag.query.request import Kind
from rag.query.request_reader import KINDS, RequestReader, Slots, TaggedWord, topics_of

PAPER, TWO_PAPERS, LAB, DAYS = (
    Slots(papers=1), Slots(papers=2), Slots(organization=True), Slots(window=True),
)  # fmt: skip
QUESTIONS = Path(__file__).parents[2] / "questions"
UTTERANCES = QUESTIONS / "requests" / "utterances.jsonl"

# Names of papers and spans of time have placeholders, which QueryUnderstanding puts in.
REQUESTS: dict[Kind, list[tuple[str, Slots]]] = {
    "content": [
        ("how much memory does paperx save?", PAPER),
        ("does longer training hurt calibration?", Slots()),
        ("why do language models hallucinate citations?", Slots()),
        ("how many errors do bakers find?", Slots()),
        ("which loss functions suit text retrieval?", Slots()),
    ],
    "concept": [
        ("what is knowledge distillation?", Slots()),
        ("explain rotary embeddings to me", Slots()),
        ("define contrastive decoding", Slots()),
        ("what does NTK mean?", Slots()),
        ("can you explain beam search in simple words", Slots()),
    ],
    "list": [
        ("papers about bird counting", Slots()),
        ("anything on protein design?", Slots()),
        ("show me work on speech enhancement", Slots()),
        ("recent papers on robot grasping with code", Slots()),
        ("any papers from companyx on recipes", LAB),
    ],
    "summary": [
        ("summarize papers windowx", DAYS),
        ("what came out windowx?", DAYS),
        ("give me a digest windowx", DAYS),
        ("what did I miss windowx?", DAYS),
        ("tldr windowx", DAYS),
    ],
    "trending": [
        ("what's trending?", Slots()),
        ("top 5 papers right now", Slots()),
        ("most upvoted papers windowx", DAYS),
        ("what's hot at the moment", Slots()),
        ("which papers are people talking about", Slots()),
    ],
    "paper": [
        ("what is paperx about?", PAPER),
        ("is there code for paperx?", PAPER),
        ("bibtex for paperx", PAPER),
        ("link to paperx please", PAPER),
        ("who are the authors of paperx", PAPER),
    ],
    "similar": [
        ("papers like paperx", PAPER),
        ("anything similar to paperx?", PAPER),
        ("what else is close to paperx", PAPER),
        ("related work to paperx", PAPER),
        ("more papers in the spirit of paperx", PAPER),
    ],
    "comparison": [
        ("compare paperx and paperx", TWO_PAPERS),
        ("paperx vs paperx", TWO_PAPERS),
        ("how does paperx differ from paperx?", TWO_PAPERS),
        ("what's the difference between paperx and paperx", TWO_PAPERS),
        ("which is better, paperx or paperx?", TWO_PAPERS),
    ],
    "count": [
        ("how many papers are about robots?", Slots()),
        ("number of papers on tokenizers", Slots()),
        ("how many papers came out windowx", DAYS),
        ("how many papers did companyx publish?", LAB),
        ("count the papers on agents", Slots()),
    ],
    "advice": [
        ("what should I read first about diffusion models?", Slots()),
        ("has anyone tried distilling reward models?", Slots()),
        ("where do I start with robot learning?", Slots()),
        ("I'm new to agents, which papers should I read", Slots()),
        ("what would you recommend on tokenizers?", Slots()),
    ],
    "follow-up": [
        ("some more please", Slots()),
        ("the second one, in detail", Slots()),
        ("and from companyx?", LAB),
        ("only those with code on github", Slots()),
        ("tell me more about number 4", Slots()),
    ],
    "bot": [
        ("what can you do for me?", Slots()),
        ("who has built you", Slots()),
        ("how do you find your answers?", Slots()),
        ("how do I subscribe to you?", Slots()),
        ("are you a language model", Slots()),
    ],
    "small talk": [
        ("hi there", Slots()),
        ("thanks a lot!", Slots()),
        ("a very good morning", Slots()),
        ("you're wonderful", Slots()),
        ("bye for now", Slots()),
    ],
    "off topic": [
        ("what's the weather in Oslo?", Slots()),
        ("who won the football match?", Slots()),
        ("compose a poem about my cats", Slots()),
        ("how do I cook rice?", Slots()),
        ("book a flight to Rome", Slots()),
    ],
}


@pytest.fixture(scope="module")
def reader() -> RequestReader:
    return RequestReader(WordVectors())


@pytest.mark.parametrize("kind", KINDS)
def test_requests_in_other_words_have_their_kind(
    reader: RequestReader, embedder: Embedder, kind: Kind
) -> None:
    def likeliest(text: str, slots: Slots) -> Kind:
        chances = reader.kinds(text, embedder.encode_question(text), slots)
        assert sum(chances.values()) == pytest.approx(1, abs=1e-4)
        return max(chances, key=lambda other: chances[other])

    found = {text: likeliest(text, slots) for text, slots in REQUESTS[kind]}
    assert found == dict.fromkeys(found, kind)


def test_what_a_request_names_helps_to_tell_its_kind(
    reader: RequestReader, embedder: Embedder
) -> None:
    vector = embedder.encode_question("summarize paperx")
    one, none = (
        reader.kinds("summarize paperx", vector, slots)["paper"] for slots in (PAPER, DAYS)
    )
    assert one > none


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("which papers came out today?", "en"),
        ("fasse die heutigen Paper zusammen", "de"),
        ("danke", "de"),
        ("résume les articles d'aujourd'hui", "fr"),
        ("merci", "fr"),
        ("artículos sobre robots", "es"),
        ("gracias", "es"),
        ("总结今天的论文", "zh"),
        ("HeronNet有代码吗?", "zh"),
        ("TiDAR code?", "en"),
        ("LoRA", "en"),
    ],
)
def test_the_language_of_a_short_request(reader: RequestReader, text: str, language: str) -> None:
    assert reader.language(text) == language


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("papers about bird counting", ["bird counting"]),
        ("show me work on memory for agents, please", ["memory for agents"]),
        ("anything new on text to speech?", ["text to speech"]),
        ("top 5 papers on protein design windowx", ["protein design"]),
        ("what is contrastive decoding?", ["contrastive decoding"]),
        ("papers from companyx about world models with code", ["world models"]),
        ("summarize papers windowx", []),
        ("thanks a lot!", []),
    ],
)
def test_the_topic_of_a_request(reader: RequestReader, text: str, topics: list[str]) -> None:
    assert topics_of(reader.tags(text)) == topics


@pytest.mark.parametrize(
    ("text", "tag", "words"),
    [
        ("top 5 papers on protein design", "number", ["5"]),
        ("give me three papers on agents", "number", ["three"]),
        ("newest papers on agents", "order", ["newest"]),
        ("most upvoted papers about robots", "order", ["most", "upvoted"]),
        ("papers on robots with code", "code", ["with", "code"]),
        ("the second one please", "ordinal", ["the", "second"]),
    ],
)
def test_words_have_the_slot_that_they_fill(
    reader: RequestReader, text: str, tag: str, words: list[str]
) -> None:
    assert [word.text for word in reader.tags(text) if word.tag == tag] == words


def test_placeholders_belong_to_no_slot(reader: RequestReader) -> None:
    tagged = reader.tags("papers like paperx from companyx windowx by personx")
    names = [word for word in tagged if word.text.endswith("x")]
    assert [(word.tag, word.topic_probability) for word in names] == [("outside", 0.0)] * 4


def test_topics_keep_the_function_words_between_their_words() -> None:
    def word(text: str, tag: str = "outside", chance: float = 0.0) -> TaggedWord:
        return TaggedWord(text, tag, chance)

    tagged = [
        word("papers"), word("on"), word("text", "topic", 0.9), word("to"),
        word("speech", "topic", 0.9), word(","), word("not"), word("images", "topic", 0.8),
    ]  # fmt: skip
    assert topics_of(tagged)[0].startswith("text to speech")
    unsure = [word("memory", chance=0.3), word("for"), word("agents", "topic", 0.9)]
    assert topics_of(unsure) == ["memory for agents"]


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("explain paperx please", False),
        ("tell me more about it", False),
        ("how is paperx annotated by volunteers?", True),
    ],
)
def test_whether_a_request_asks_for_something_in_particular(
    reader: RequestReader, text: str, asks: bool
) -> None:
    assert reader.asks_more(text) == asks


def test_none_of_these_requests_was_trained_on() -> None:
    rows = [json.loads(line) for line in UTTERANCES.read_text("utf-8").splitlines()]
    known = {row["text"].casefold().rstrip("?!.") for row in rows}
    texts = [text.casefold().rstrip("?!.") for asked in REQUESTS.values() for text, _ in asked]
    assert [text for text in texts if text in known] == []


def test_what_one_paper_says_inside_is_told_from_what_leads_elsewhere(
    embedder: Embedder, reader: RequestReader
) -> None:
    lines = (QUESTIONS / "after_a_paper.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    inside = [reader.asks_inside(r["text"], embedder.encode_question(r["text"])) for r in rows]
    by_place = {
        place: [p >= MIN_INSIDE for p, r in zip(inside, rows, strict=True) if r["about"] == place]
        for place in ("paper", "elsewhere")
    }
    assert sum(by_place["paper"]) >= 50  # of 60
    assert sum(by_place["elsewhere"]) <= 7  # of 60
    facts = [p >= MIN_INSIDE for p, r in zip(inside, rows, strict=True) if r.get("fact")]
    assert len(facts) == 8
    assert not any(facts)
