"""A receipt as an embed."""

from typing import Any

from bot.render.receipt import MAX_PAPERS, MAX_SENTENCES, receipt_embed
from tests.papers import HERON, PASTRY

RECEIPT: dict[str, Any] = {
    "question": "how are birds counted?",
    "understood": "",
    "coverage": "4 papers",
    "seconds": 0.123,
    "support": 0.77,
    "note": "",
    "model": "",
    "refused": False,
    "sources": [{"n": 1, "paper_id": HERON.paper_id, "title": HERON.title}],
    "evidence": [
        {"score": 1.5, "paper_id": HERON.paper_id, "sentence": "Herons are counted."},
        {"score": 0.5, "paper_id": "arxiv:x", "sentence": "Cakes are baked."},
    ],
    "ranking": [
        {"paper_id": HERON.paper_id, "title": "x", "score": 0.9, "cosine": 0.5, "bm25": 3.0},
        {"paper_id": "gone", "title": "A deleted paper", "score": 0.1, "cosine": 0.1, "bm25": 0.0},
    ],
}
PAPERS = {paper.paper_id: paper for paper in (HERON, PASTRY)}


def text_of(**changes: object) -> str:
    return receipt_embed(RECEIPT | changes, PAPERS).description or ""


def test_the_kind_that_was_understood_is_named_unless_the_receipt_is_older() -> None:
    assert "**Read as:**" not in text_of()
    line = "**Read as:** a list of papers (by the classifier, 0.83)"
    assert line in text_of(read_as="a list of papers (by the classifier, 0.83)")


def test_sentences_refer_to_the_ranked_papers_and_those_to_the_sources() -> None:
    text = text_of()
    assert "`1.50` Herons are counted. (paper 1)" in text
    assert "`0.50` Cakes are baked. (arxiv:x)" in text
    assert f"1. `0.90 0.50 3.00` [{HERON.title}](<{HERON.url}>) · source 1" in text
    assert "2. `0.10 0.10 0.00` A deleted paper" in text
    assert "**Likely answered:** 0.77" in text
    assert "**Understood" not in text


def test_the_method_names_the_model_or_why_there_is_none() -> None:
    assert "**Took** 0.12 s, quoted, no model" in text_of()
    assert "written by tiny" in text_of(model="tiny")
    assert "refused, no model" in text_of(refused=True)
    assert "from the catalogue, no model" in text_of(evidence=[])


def test_only_the_best_sentences_and_papers_are_listed() -> None:
    text = text_of(evidence=RECEIPT["evidence"] * 9, ranking=RECEIPT["ranking"] * 9)
    assert text.count("Herons are counted") + text.count("Cakes are baked") == MAX_SENTENCES
    assert f"\n{MAX_PAPERS}. `" in text
    assert f"\n{MAX_PAPERS + 1}. `" not in text


def test_papers_that_were_not_ranked_are_listed_by_number() -> None:
    text = text_of(ranking=[], evidence=[])
    assert f"**Papers shown**\n1. [{HERON.title}](<{HERON.url}>)" in text
    assert "Papers, best first" not in text
