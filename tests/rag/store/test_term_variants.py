"""Abbreviations, long forms and hyphens of technical terms, as papers write them."""

from dataclasses import replace

import pytest

from ingest.sync import ingest
from rag.library import Library
from rag.records import Paper
from rag.store.keywords import KeywordIndex
from rag.store.term_variants import TermVariants, long_form, read_forms
from tests.papers import HERON, ListSource, many

TEXTS = [
    *["We train a mixture-of-experts (MoE) model by fine-tuning."] * 3,
    *["A mixture of experts (MoE) translates text-to-sql."] * 3,
    *["Vision-language models (VLMs) read maps. The mean average precision (mAP) is high."] * 3,
    *["Speech is synthesised by text-to-speech (TTS). A finetuning of a map helps on a map."] * 3,
    *["Test-time scaling (TTS) of text-to-video (T2V) models."] * 3,
    "A museum of ears (MoE) is open.",
    "Heron counting networks (HCN) are new.",
]


class KnownForms(TermVariants):
    """The variants in the texts above."""

    def __init__(self) -> None:
        self.forms = read_forms(TEXTS)

    def _current_forms(self) -> dict[str, list[str]]:
        return self.forms


@pytest.mark.parametrize(
    ("topic", "others"),
    [
        ("moe", ["mixture-of-experts", "mixture of experts"]),
        ("MoEs", ["mixture-of-experts", "mixture of experts"]),
        ("mixture of experts", ["moe", "mixture-of-experts"]),
        ("vlm", ["vision-language models"]),
        ("vision language model", ["vlm", "vision-language models"]),
        ("fine tuning", ["fine-tuning", "finetuning"]),
        ("text2sql", ["text-to-sql"]),
        ("tts", ["text-to-speech", "test-time scaling"]),
        ("t2v", ["text-to-video"]),
        ("moe on birds", ["mixture-of-experts on birds", "mixture of experts on birds"]),
        ("map", []),  # a word, rarely the abbreviation
        ("hcn", []),  # one paper's name
        ("museum of ears", []),
        ("herons", []),
    ],
)
def test_other_forms_of_a_topic(topic: str, others: list[str]) -> None:
    first, *found = KnownForms().variants(topic)
    assert first == topic
    assert sorted(found) == sorted(others)


def test_only_the_phrase_itself_is_replaced() -> None:
    texts = ["Reinforcement learning (RL) in the world."] * 10
    topic = "rl in the world"
    variants = KnownForms()
    variants.forms = read_forms(texts)
    assert variants.variants(topic) == [topic, "reinforcement learning in the world"]


@pytest.mark.parametrize(
    ("before", "short", "long"),
    [
        ("we use retrieval-augmented generation", "RAG", "retrieval-augmented generation"),
        ("a key-value", "KV", "key-value"),
        ("we study low-rank adaptation", "LoRA", "low-rank adaptation"),
        ("generation of text-to-image", "T2I", "text-to-image"),
        ("this has nothing in common", "XYZ", ""),
    ],
)
def test_an_abbreviation_stands_for_the_words_before_it(before: str, short: str, long: str) -> None:
    assert long_form(before, short) == long


def test_new_papers_bring_new_forms(filled: Library) -> None:
    variants = TermVariants(KeywordIndex(filled.catalog.database))
    assert variants.variants("wbc") == ["wbc"]
    new = [
        replace(
            HERON,
            title=f"Counting {n}",
            arxiv_id=f"2504.0000{n}",
            abstract=f"We do wading bird counting (WBC) in {n} ways.",
        )
        for n in range(3)
    ]
    ingest(ListSource(new), filled)
    assert variants.variants("wbc") == ["wbc", "wading bird counting"]


def test_a_few_changes_among_many_papers_are_not_read(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.store.term_variants.MIN_CHANGED_SHARE", 0.5)
    library.catalog.upsert(many(10))
    variants = TermVariants(KeywordIndex(library.catalog.database))
    assert variants.variants("wbc") == ["wbc"]
    abstract = "We do wading bird counting (WBC)."
    news = [Paper(title=f"Counting {n}", abstract=abstract) for n in range(15)]
    library.catalog.upsert(news[:4])
    assert variants.variants("wbc") == ["wbc"]
    library.catalog.upsert(news[4:])
    assert variants.variants("wbc") == ["wbc", "wading bird counting"]
