"""`paperboy eval`, and the measures behind it."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.console.metrics import answered, known_item, ndcg, recall
from tests.papers import HERON, PASTRY, TIDAL

Run = Callable[..., tuple[int, str, str]]


def test_ndcg_and_recall_are_what_the_textbook_says() -> None:
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


def test_an_answer_is_right_where_all_is_said_and_the_paper_cited() -> None:
    item = {"gold_titles": [HERON.title], "must_contain": ["42", ["egrets", "Herons"]]}
    judged = answered(item, row())
    assert judged["answer right"] == judged["gold cited"] == judged["citations right"] == 1.0
    assert answered(item | {"must_contain": ["43"]}, row())["answer right"] == 0.0
    assert answered(item, row(refused=True))["answer right"] == 0.0
    assert answered(item, row(answer="word " * 200 + "42 herons"))["answer right"] == 0.0
    wrong = [{"n": 1, "title": PASTRY.title, "url": PASTRY.url, "quote": "x"}]
    assert answered(item, row(sources=wrong))["gold cited"] == 0.0
    assert answered({"kind": "unanswerable"}, row(refused=True)) == {"refused": 1.0}


def test_a_known_item_counts_by_its_place() -> None:
    item = {"gold_arxiv_id": HERON.arxiv_id, "gold_title": HERON.title}
    judged = known_item(item, row())
    assert judged == {"hit@1": 0.0, "mrr@10": 0.5, "recall@10": 1.0, "gold cited": 1.0}


def test_a_beir_corpus_is_read_and_ranked(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "birds"
    (folder / "qrels").mkdir(parents=True)
    papers = [HERON, TIDAL, PASTRY]
    (folder / "corpus.jsonl").write_text(
        "\n".join(
            json.dumps({"_id": f"d{n}", "title": p.title, "text": p.abstract})
            for n, p in enumerate(papers)
        )
    )
    (folder / "queries.jsonl").write_text(
        json.dumps({"_id": "q1", "text": "counting wading birds"})
        + "\n"
        + json.dumps({"_id": "q2", "text": "errors in recipes"})
    )
    (folder / "qrels" / "test.tsv").write_text("query\tcorpus\tscore\nq1\td0\t1\nq2\td2\t1\n")
    status, out, _ = run("--data-dir", tmp_path / "d", "eval", "--beir", folder, "--json")
    assert status == 0
    assert json.loads(out) == {"birds test": {"ndcg@10": 1.0, "recall@10": 1.0}}


def test_a_question_set_is_answered_and_judged(
    run: Run, starter_folder: Path, tmp_path: Path
) -> None:
    title = "Unified Lexical Representation for Interpretable Visual-Language Alignment"
    items = [
        {"question": "which paper uses an overuse penalty?", "kind": "answerable",
         "gold_titles": [title], "must_contain": ["overuse"]},
        {"question": "what's the weather in Berlin?", "kind": "unanswerable"},
        {"question": "lexical alignment with an overuse penalty", "gold_arxiv_id": "2407.17827",
         "gold_title": title},
    ]  # fmt: skip
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, items)))
    given = ("--no-model", "--data-dir", starter_folder)
    status, out, _ = run(*given, "eval", "--questions", path, "--today", "2025-12-08", "--json")
    figures = json.loads(out)
    assert status == 0
    assert figures["answerable"]["answer right"] == 1.0
    assert figures["unanswerable"] == {"refused": 1.0}
    assert figures["known-item"]["hit@1"] == 1.0
    assert figures["all"]["links allowed"] == 1.0
    status, out, _ = run(*given, "eval", "--questions", path)
    assert "answer right 1.000" in out


def test_wrong_usage_is_one_sentence(run: Run, tmp_path: Path) -> None:
    odd = tmp_path / "odd.jsonl"
    odd.write_text('{"question": "why?"}\n')
    for arguments, said in (
        ((), "give --beir DIR or --questions FILE."),
        (("--questions", tmp_path / "none.jsonl"), "cannot be read"),
        (("--beir", tmp_path / "none"), "cannot be read"),
        (("--questions", odd), "question 1 of"),
    ):
        status, _, err = run("--data-dir", tmp_path / "d", "eval", *arguments)
        assert status == 2
        assert said in err
        assert err.count("\n") == 1
