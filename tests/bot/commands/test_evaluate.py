"""`paperboy eval`."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.papers import HERON, PASTRY, TIDAL

Run = Callable[..., tuple[int, str, str]]


def test_a_beir_corpus_is_indexed_and_ranked(run: Run, tmp_path: Path) -> None:
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


def test_wrong_usage_prints_one_sentence(run: Run, tmp_path: Path) -> None:
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
