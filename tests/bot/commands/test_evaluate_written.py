"""`paperboy eval --written`: quoted and written answers of a real llama.cpp process."""

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.models.real_model import real_model
from tests.models.tiny_gguf import write_reciting_model
from tests.papers import HERON, LOOM, PASTRY, TIDAL

Run = Callable[..., tuple[int, str, str]]
ITEMS: list[dict[str, Any]] = [
    {"id": "heron", "question": "how accurate is HeronNet compared with human counters?",
     "gold_titles": [HERON.title], "must_contain": ["94.2"]},
    {"id": "tidal", "question": "how much cache memory does Tidal Attention save?",
     "gold_titles": [TIDAL.title], "must_contain": [["halves", "half"]]},
    {"id": "pastry", "question": "which share of the errors do bakers find in recipes?",
     "gold_titles": [PASTRY.title], "must_contain": ["97"]},
    {"id": "recipes", "question": "how many recipes does PastryBench have?",
     "gold_titles": [PASTRY.title], "must_contain": ["1,200"]},
    {"id": "loom", "question": "how large is the drift of the sensor clocks on a quadruped?",
     "gold_titles": [LOOM.title], "must_contain": ["2 ms"]},
    {"id": "weather", "kind": "unanswerable", "question": "what's the weather in Berlin?"},
]  # fmt: skip
DAY = ("--today", "2025-12-08")


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, ITEMS)))
    return path


@pytest.fixture
def given(tmp_path: Path, sample_folder: Path) -> Callable[[Path], tuple[object, ...]]:
    """Return the options before the command, for a model."""

    def options(model: Path) -> tuple[object, ...]:
        config = tmp_path / "config.toml"
        config.write_text(f'[rag.model]\npath = "{model}"\nmax_tokens = 150\nthreads = 1\n')
        return "--data-dir", sample_folder, "--config", config

    return options


def judged(run: Run, *arguments: object) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the rows of `--json` and the figures behind them."""
    status, out, _ = run(*arguments, "--json")
    assert status == 0
    *rows, last = map(json.loads, out.splitlines())
    return rows, last["figures"]


@pytest.mark.slow
def test_each_question_is_answered_by_quotes_and_by_the_model(
    run: Run,
    given: Callable[[Path], tuple[object, ...]],
    questions: Path,
    tmp_path: Path,
) -> None:
    written = "HeronNet has 94.2% of the accuracy of human counters on MarshCount [1]."
    model = write_reciting_model(tmp_path / "reciting.gguf", written)
    command = (*given(model), "eval", "--questions", questions, "--written", *DAY)
    rows, figures = judged(run, *command)
    assert [row["id"] for row in rows] == [item["id"] for item in ITEMS]
    by_id = {row["id"]: row for row in rows}
    assert by_id["heron"]["asked"]
    assert by_id["heron"]["raw"]
    assert by_id["heron"]["tokens"] > 0
    assert by_id["heron"]["quoted"]["mode"] == "extractive"
    assert not by_id["weather"]["asked"]
    assert by_id["weather"]["raw"] == ""
    shown = [row for row in rows if row["written"]["mode"] == "generated"]
    assert [row["id"] for row in shown] == ["heron"]
    assert shown[0]["written"]["answer"] == written
    assert all(row["stayed"] for row in rows if row["asked"] and row not in shown)
    everything = figures["all"]["written"]
    assert everything["replaced"] == len(shown)
    assert everything["replaced"] + everything["stayed"] == everything["asked"] == 5
    assert figures["answerable"]["quoted"]["answer right"] == 1.0
    assert figures["unanswerable"]["written"]["refused"] == 1.0


@pytest.mark.slow
def test_the_table_and_the_page_show_both_sides(
    run: Run,
    given: Callable[[Path], tuple[object, ...]],
    questions: Path,
    copying_model: Path,
    tmp_path: Path,
) -> None:
    page = tmp_path / "pairs.html"
    command = (*given(copying_model), "eval", "--questions", questions, "--written", *DAY)
    status, out, _ = run(*command, "--pairs", page)
    assert status == 0
    assert "quoted   written" in out
    assert "removed sentences" in out
    html = page.read_text(encoding="utf-8")
    HTMLParser().feed(html)
    assert html.count("<article>") == len(ITEMS)
    assert "HeronNet reaches 94.2%" in html
    assert "what&#x27;s the weather in Berlin?" in html


@pytest.mark.slow
def test_the_quoted_figures_are_those_of_an_evaluation_without_a_model(
    run: Run,
    given: Callable[[Path], tuple[object, ...]],
    questions: Path,
    copying_model: Path,
) -> None:
    before = given(copying_model)
    _, figures = judged(run, *before, "eval", "--questions", questions, "--written", *DAY)
    assert_same_as_without_a_model(run, before, questions, figures)


def assert_same_as_without_a_model(
    run: Run, before: tuple[object, ...], questions: Path, figures: dict[str, Any]
) -> None:
    status, out, _ = run(*before, "--no-model", "eval", "--questions", questions, *DAY, "--json")
    assert status == 0
    alone = json.loads(out)
    for kind in ("answerable", "unanswerable"):
        quoted = figures[kind]["quoted"]
        assert {name: quoted[name] for name in alone[kind] if name != "words"} == {
            name: value for name, value in alone[kind].items() if name != "words"
        }


def test_wrong_usage_prints_one_sentence(
    run: Run,
    given: Callable[[Path], tuple[object, ...]],
    questions: Path,
    tmp_path: Path,
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"<html></html>")
    long = tmp_path / "long.jsonl"
    long.write_text(json.dumps(ITEMS[0] | {"question": "why? " * 2000}))
    asked = ("eval", "--questions", questions, "--written")
    for arguments, status, said in (
        ((*given(broken), "eval", "--beir", tmp_path, "--written"), 2, "needs --questions FILE"),
        ((*given(broken), "eval", "--questions", questions, "--pairs", "x.html"), 2, "--written"),
        ((*given(broken), "--no-model", *asked), 2, "--written needs a model"),
        ((*given(broken), *asked), 1, "broken.gguf"),
        ((*given(broken), "eval", "--questions", long, "--written"), 2, "question 1 of"),
    ):
        found, _, err = run(*arguments)
        assert (found, said in err, err.count("\n")) == (status, True, 1), err


def test_a_page_that_cannot_be_written_is_noticed_before_anything_is_asked(
    run: Run,
    given: Callable[[Path], tuple[object, ...]],
    questions: Path,
    copying_model: Path,
    tmp_path: Path,
) -> None:
    command = (*given(copying_model), "eval", "--questions", questions, "--written", "--json")
    status, out, err = run(*command, "--pairs", tmp_path / "none" / "pairs.html")
    assert (status, out) == (2, "")
    assert "cannot be written" in err


@pytest.mark.slow
def test_what_is_shown_of_a_real_weak_model_is_readable(
    run: Run, given: Callable[[Path], tuple[object, ...]], questions: Path
) -> None:
    before = given(real_model())
    rows, figures = judged(run, *before, "eval", "--questions", questions, "--written", *DAY)
    everything = figures["all"]["written"]
    assert everything["replaced"] + everything["stayed"] == everything["asked"] == 5
    assert [(row["id"], row["written"]["answer"]) for row in rows if row["unreadable"]] == []
    assert all(row["raw"] or row["stayed"] for row in rows if row["asked"])
    assert_same_as_without_a_model(run, before, questions, figures)
