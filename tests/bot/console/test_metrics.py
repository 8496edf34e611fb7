"""Measures for rankings and answers."""

import math
from typing import Any

import pytest

from bot.console.metrics import answered, known_item, links_allowed, ndcg, recall
from tests.papers import HERON, PASTRY, TIDAL


def test_ndcg_and_recall_follow_the_textbook() -> None:
    assert ndcg(["a", "b"], {"a": 1}) == 1.0
    assert ndcg(["b", "a"], {"a": 1}) == pytest.approx(1 / math.log2(3))
    assert ndcg(["x", "a", "b"], {"a": 2, "b": 1}) == pytest.approx(
        (2 / math.log2(3) + 1 / math.log2(4)) / (2 + 1 / math.log2(3))
    )
    assert ndcg(["x"] * 10 + ["a"], {"a": 1}) == 0.0
    assert ndcg(["a"], {}) == 0.0
    assert recall(["a", "x"], {"a": 1, "b": 1}) == 0.5


def row(**changes: Any) -> dict[str, Any]:
    return {
        "answer": "It counts 42 herons [1].",
        "refused": False,
        "sources": [{"n": 1, "title": HERON.title, "url": HERON.url, "quote": "x"}],
        "retrieved": [{"paper_id": TIDAL.paper_id}, {"paper_id": HERON.paper_id}],
        "seconds": 0.1,
    } | changes


def test_an_answer_is_right_if_it_is_complete_and_cites_the_paper() -> None:
    item = {"gold_titles": [HERON.title], "must_contain": ["42", ["egrets", "Herons"]]}
    judged = answered(item, row())
    assert judged["answer right"] == judged["gold cited"] == judged["citations right"] == 1.0
    assert answered(item | {"must_contain": ["43"]}, row())["answer right"] == 0.0
    assert answered(item, row(refused=True))["answer right"] == 0.0
    assert answered(item, row(answer="word " * 200 + "42 herons"))["answer right"] == 0.0
    wrong = [{"n": 1, "title": PASTRY.title, "url": PASTRY.url, "quote": "x"}]
    assert answered(item, row(sources=wrong))["gold cited"] == 0.0
    assert answered({"kind": "unanswerable"}, row(refused=True)) == {"refused": 1.0}


def test_a_known_item_scores_by_its_rank() -> None:
    item = {"gold_arxiv_id": HERON.arxiv_id, "gold_title": HERON.title}
    judged = known_item(item, row())
    assert judged == {"hit@1": 0.0, "mrr@10": 0.5, "recall@10": 1.0, "gold cited": 1.0}


def test_only_links_to_known_hosts_are_allowed() -> None:
    evil = {"n": 2, "title": "x", "url": "https://arxiv.org.evil.example/abs/1", "quote": "x"}
    assert links_allowed(row(sources=[*row()["sources"], evil])) == [1.0, 0.0]
