"""The command line as a whole: output, errors and exit codes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.library import Library

Run = Callable[..., tuple[int, str, str]]

LINK = re.compile(r"https://huggingface\.co/papers/\d{4}\.\d{5}")
QUESTION = "which paper uses an overuse penalty, and what for?"


def rows(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_ask_quotes_and_links(run: Run, starter_folder: Path) -> None:
    status, out, _ = run("--data-dir", starter_folder, "ask", QUESTION)
    assert status == 0
    assert "“" in out
    assert "overuse penalty" in out
    assert "Paperboy's summary" in out
    assert LINK.search(out)


def test_ask_json_has_the_promised_fields(run: Run, starter_folder: Path) -> None:
    status, out, _ = run("--data-dir", starter_folder, "ask", "--json", QUESTION)
    (answer,) = rows(out)
    assert status == 0
    assert list(answer) == ["answer", "refused", "mode", "sources", "retrieved", "seconds"]
    sources = answer["sources"]
    assert isinstance(sources, list)
    assert list(sources[0]) == ["n", "paper_id", "title", "url", "quote"]
    assert sources[0]["paper_id"] == "arxiv:2407.17827"
    assert isinstance(answer["retrieved"], list)
    assert len(answer["retrieved"]) == 10
    assert list(answer["retrieved"][0]) == ["paper_id", "title"]


def test_batch_answers_every_line_in_order(run: Run, starter_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    lines = [
        {"id": "a", "question": QUESTION},
        {"id": 7, "turns": ["what is VLoRA?", "and does it need more compute?"]},
        {"id": "c", "question": "😀"},
        {"id": "d", "question": "x" * 20_000},
    ]
    file.write_text("\n\n".join(map(json.dumps, lines)), encoding="utf-8")
    status, out, _ = run("--no-model", "--data-dir", starter_folder, "ask", "--batch", file)
    answers = rows(out)
    assert status == 0
    assert [answer["id"] for answer in answers] == ["a", 7, "c", "d"]
    assert [answer["refused"] for answer in answers] == [False, False, True, True]
    assert "VLoRA" in json.dumps(answers[1]["sources"]) or "Weights" in json.dumps(answers[1])


def test_search_papers_and_daily_as_json(run: Run, starter_folder: Path) -> None:
    _, out, _ = run("--data-dir", starter_folder, "search", "chest X-ray", "-k", "3", "--json")
    hits = rows(out)
    assert [list(hit) for hit in hits] == [["n", "paper_id", "title", "url", "score", "quote"]] * 3
    assert "LLM-CXR" in str(hits[0]["title"]) or "MeDSLIP" in str(hits[0]["title"])
    _, out, _ = run("--data-dir", starter_folder, "papers", "--json")
    assert len(rows(out)) == 56
    _, out, _ = run(
        "--data-dir", starter_folder,
        "papers", "--since", "2025-10-01", "--until", "2025-10-31", "--json",
    )  # fmt: skip
    days = [str(row["published_on"]) for row in rows(out)]
    assert len(days) == 5
    assert days == sorted(days, reverse=True)
    _, out, err = run("--data-dir", starter_folder, "daily", "--json")
    assert rows(out)[0]["published_on"] == "2025-10-31"
    assert rows(out)[0]["tldr"]
    assert "newest by publication" in err


def test_the_output_of_papers_can_be_ingested(
    run: Run, starter_folder: Path, tmp_path: Path
) -> None:
    _, out, _ = run("--data-dir", starter_folder, "papers", "--json")
    file = tmp_path / "papers.jsonl"
    file.write_text(out, encoding="utf-8")
    assert run("--data-dir", tmp_path / "data", "ingest", file)[0] == 0
    _, again, _ = run("--data-dir", tmp_path / "data", "papers", "--json")
    assert sorted(again.splitlines()) == sorted(out.splitlines())


def test_daily_search_and_papers_print_readable_lists(run: Run, starter_folder: Path) -> None:
    status, out, _ = run("--data-dir", starter_folder, "daily")
    assert status == 0
    assert "newest by publication" in out
    assert len(LINK.findall(out)) == 10
    status, out, _ = run("--data-dir", starter_folder, "daily", "2025-12-04")
    assert status == 0
    assert "newest by publication" in out
    _, out, _ = run("--data-dir", starter_folder, "search", "sound", "--since", "2030-01-01")
    assert "No paper matches. I have read 56 papers" in out
    _, out, _ = run("--data-dir", starter_folder, "papers", "--since", "2030-01-01")
    assert out.startswith("None. I have read 56 papers")


def test_daily_orders_a_featured_day_by_upvotes(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "papers.json"
    papers = [
        {"arxiv_id": f"2512.0000{n}", "title": f"Paper {n}", "abstract": "We show it.",
         "featured_on": "2025-12-04", "upvotes": n}
        for n in (1, 3, 2)
    ]  # fmt: skip
    file.write_text(json.dumps(papers), encoding="utf-8")
    data = tmp_path / "data"
    assert run("--data-dir", data, "ingest", file)[0] == 0
    for day in ("latest", "2025-12-04"):
        _, out, _ = run("--data-dir", data, "daily", day, "--json")
        assert [row["upvotes"] for row in rows(out)] == [3, 2, 1]
        assert rows(out)[0]["featured_on"] == "2025-12-04"


def test_trends_counts_the_papers_of_each_week(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "papers.json"
    papers = [
        {"arxiv_id": f"2512.0000{n}", "title": title, "abstract": "We show it.",
         "featured_on": day}
        for n, (title, day) in enumerate([
            ("Counting herons", "2025-12-01"), ("How to bake", "2025-12-02"),
            ("Counting herons again", "2025-12-15"),
        ], start=1)
    ]  # fmt: skip
    file.write_text(json.dumps(papers), encoding="utf-8")
    data = tmp_path / "data"
    assert run("--data-dir", data, "ingest", file)[0] == 0
    status, out, _ = run("--data-dir", data, "trends", "counting herons")
    assert status == 0
    bars = [line.split("  ", 1)[1] for line in out.splitlines()[:3]]
    assert bars == [f"{'█' * 40} 1 of 2", "nothing read", f"{'█' * 40} 1 of 1"]
    assert "2 of 3 papers, 2025-12-01 to 2025-12-21." in out
    assert "Counts papers whose abstract is similar" in out
    _, out, err = run("--data-dir", data, "trends", "counting herons", "--json")
    assert rows(out)[0] == {"week": "2025-12-01", "papers": 1, "read": 2}
    assert "2 of 3 papers" in err


def test_daily_and_trends_work_beside_a_running_bot(run: Run, filled: Library) -> None:
    assert filled.index.pending_count() == 0  # the index is taken now
    status, out, _ = run("--data-dir", filled.folder, "daily", "2025-01-06")
    assert status == 0
    assert "HeronNet" in out
    status, out, _ = run("--data-dir", filled.folder, "trends", "counting birds")
    assert status == 0
    assert "of 4 papers" in out
    status, _, err = run("--data-dir", filled.folder, "search", "birds")
    assert status == 1
    assert "in use" in err


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["ingest", "nothing.txt"], 1, "there is no file nothing.txt"),
        (["ingest", "."], 1, "is not a file"),
        (["ingest", "nowhere:2025"], 1, "unknown source"),
        (["ingest", "hf:2025-02-30"], 1, "not a known day"),
        (["ingest"], 2, "name a source"),
        (["ask"], 2, "give one question"),
        (["ask", "x" * 20_000], 2, "20,000 characters"),
        (["ask", "   "], 2, "question is empty"),
        (["ask", "😀🎉"], 2, "no word"),
        (["search", ""], 2, "question is empty"),
        (["search", "birds", "--since", "2025-13-01"], 2, "not a day"),
        (["daily", "tomorrow"], 2, "not a day"),
        (["trends", "😀"], 2, "no word"),
        (["ask", "--batch", "nothing.jsonl"], 2, "cannot be read"),
        (["--config", "nothing.toml", "papers"], 2, "cannot be read"),
        (["answer", "me"], 2, "No such command"),
        (["--colour", "papers"], 2, "No such option"),
    ],
)
def test_wrong_usage_prints_one_sentence(
    run: Run, tmp_path: Path, arguments: list[str], status: int, says: str
) -> None:
    got, out, err = run("--data-dir", tmp_path, *arguments)
    assert got == status
    assert says in err
    assert out == ""
    assert err.count("\n") == 1
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("line", "says"),
    [('{"id": 1, "question"', "line 7 of"), ('{"question": "no id"}', "line 7 of"),
     ('{"id": 1}', "line 7 of"), ("[]", "line 7 of")],
)  # fmt: skip
def test_a_broken_batch_names_its_line(run: Run, tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "batch.jsonl"
    file.write_text('{"id": 1, "question": "what?"}\n' * 6 + line, encoding="utf-8")
    status, _, err = run("--data-dir", tmp_path, "ask", "--batch", file)
    assert status == 2
    assert says in err


def test_broken_json_in_line_7_costs_only_that_line(run: Run, tmp_path: Path) -> None:
    lines = [
        json.dumps({"arxiv_id": f"2501.0000{n}", "title": f"T{n}", "abstract": "We test."})
        for n in range(1, 10)
    ]
    lines[6] = '{"title": '
    file = tmp_path / "papers.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    status, out, err = run("--data-dir", tmp_path / "data", "ingest", file)
    assert status == 1
    assert "8 papers" in out
    assert "line 7 of papers.jsonl is damaged, not valid JSON" in err
    assert "correct it and ingest the file again; everything else is stored" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        (
            "[rag.retrieval]\ntopk = 5",
            "[rag.retrieval] topk is an unknown key: did you mean top_k?",
        ),
        ("[rga]\n", "[rga] is an unknown key: did you mean rag?"),
        ("[rag.retrieval]\ntop_k = 0", "[rag.retrieval] top_k: "),
        ("[bot]\ntimezone = 'Mars/Base'", "is not a time zone that I know"),
        ("[rag\n", "not valid TOML"),
    ],
)
def test_a_mistake_in_the_config_prints_one_sentence(
    run: Run, tmp_path: Path, toml: str, says: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(toml, encoding="utf-8")
    status, _, err = run("--config", file, "--data-dir", tmp_path, "papers")
    assert status == 2
    assert says in err
    assert err.count("\n") == 1


def test_an_unwritable_data_folder_names_the_option(run: Run, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("here")
    status, _, err = run("--data-dir", blocked / "data", "papers")
    assert status == 1
    assert "--data-dir" in err
    assert err.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_data_folder(run: Run, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    status, _, err = run("--data-dir", tmp_path, "papers")
    tmp_path.chmod(0o700)
    assert status == 1
    assert "cannot be written" in err


def test_an_answer_from_an_empty_folder_says_how_to_begin(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("--data-dir", tmp_path, "ask", "what is VLoRA?")
    assert status == 0
    assert "no papers yet" in out


@pytest.mark.slow
def test_doctor_passes_with_papers_and_names_a_cure_without(
    run: Run, starter_folder: Path, tmp_path: Path
) -> None:
    status, out, _ = run("--data-dir", starter_folder, "doctor", "--json")
    checks = rows(out)
    assert status == 0
    assert all(check["ok"] for check in checks)
    assert {"python", "disk", "papers", "embedding model", "index"} <= {c["check"] for c in checks}
    status, out, _ = run("--data-dir", tmp_path, "doctor")
    assert status == 1
    assert "→ run `paperboy ingest starter`." in out
    blocked = tmp_path / "file"
    blocked.write_text("here")
    status, out, _ = run("--data-dir", blocked, "doctor")
    assert status == 1
    assert "→ give another one with --data-dir." in out


@pytest.mark.slow
def test_reindex_after_another_model(run: Run, tmp_path: Path, starter_folder: Path) -> None:
    data = tmp_path / "data"
    assert run("--data-dir", data, "ingest", "starter")[0] == 0
    status, out, _ = run("--data-dir", data, "reindex")
    assert status == 0
    assert "56 papers indexed" in out
    assert run("--data-dir", data, "doctor")[0] == 0


def test_bare_paperboy_shows_the_help(run: Run) -> None:
    status, out, err = run()
    assert status in (0, 2)
    assert "Begin with" in out + err


def test_daily_as_json_is_ordered_by_rank_with_tldr_and_topic(
    run: Run, shared_data: Path, tmp_path: Path
) -> None:
    path = shared_data / "hf_api" / "2025-12-05.json"
    assert run("--data-dir", tmp_path, "ingest", path)[0] == 0
    status, out, err = run("--data-dir", tmp_path, "daily", "2025-12-05", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [r["upvotes"] for r in rows] == sorted([r["upvotes"] for r in rows], reverse=True)
    assert list(rows[0])[-2:] == ["tldr", "topic"]
    assert f"Daily Papers of Friday, 2025-12-05: {len(rows)}, by upvotes." in err
    _, out, _ = run("--data-dir", tmp_path, "daily", "2025-12-07", "--week", "--json")
    assert [json.loads(line)["paper_id"] for line in out.splitlines()] == [
        row["paper_id"] for row in rows[:30]
    ]
    status, _, err = run("--data-dir", tmp_path, "daily", "--week", "--month")
    assert status == 2
    assert "give one of" in err


@pytest.mark.slow
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_an_answer_is_printed_whatever_the_terminal_says_of_itself(
    starter_folder: Path, options: list[str]
) -> None:
    environment = {"PYTHONIOENCODING": "ascii", "COLUMNS": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "--data-dir", starter_folder, "--no-model", "ask", *options,
         QUESTION],
        capture_output=True, env=os.environ | environment, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    out = done.stdout.decode("utf-8")
    assert "overuse penalty" in out
    if options:
        assert "\u201c" in json.loads(out)["answer"]
