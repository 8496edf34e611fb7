"""`paperboy eval`: measure retrieval on a corpus, or answers on a question set."""

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from statistics import mean
from typing import Any

from bot.actions.ask import answer_batch, question_of
from bot.app import App, open_library
from bot.console.live import progress
from bot.console.metrics import AT, answered, known_item, links_allowed, ndcg, recall
from bot.console.pairs_page import pairs_page
from bot.console.side_by_side import Pair, ask_twice, compare_figures, comparison_lines, pair_row
from bot.console.terminal import Terminal
from ingest.sources.source import SetAside
from ingest.sync import index_sentences, ingest
from rag.errors import ModelError, QuestionError, UsageError
from rag.pipeline import PaperQA
from rag.query.request import clean_question
from rag.records import Paper

Figures = dict[str, dict[str, float]]


def evaluate_retrieval(app: App, beir: Path, split: str, *, as_json: bool) -> None:
    """Print nDCG@10 and recall@10 on a corpus in BEIR format."""
    terminal = Terminal()
    _print_figures(_beir(app, beir, split, terminal), terminal, as_json=as_json)


def evaluate_answers(app: App, questions: Path, *, today: date | None, as_json: bool) -> None:
    """Print how good the answers to a question set are, by kind of question."""
    items = _read_questions(questions)
    with app.assistant("paperboy eval", today=lambda: today or app.today()) as qa:
        figures = _judge(items, list(answer_batch(qa, items)))
    _print_figures(figures, Terminal(), as_json=as_json)


def compare_written(
    app: App, questions: Path, *, page: Path | None, today: date | None, as_json: bool
) -> None:
    """Answer a question set twice, by quotes and by the model, and print or write both."""
    items = _read_questions(questions)
    with app.assistant("paperboy eval", today=lambda: today or app.today(), even_base=True) as qa:
        _compare(qa, items, Terminal(), page=page, as_json=as_json)


def _print_figures(figures: Figures, terminal: Terminal, *, as_json: bool) -> None:
    if as_json:
        terminal.rows([figures])
        return
    for kind, values in figures.items():
        terminal.print("  ".join([f"{kind:14}", *(f"{k} {v:.3f}" for k, v in values.items())]))


def _read_questions(path: Path) -> list[dict[str, Any]]:
    """Return the questions; raise UsageError for the first that has no expected answer."""
    items = _lines(path)
    for number, item in enumerate(items, start=1):
        has_question = isinstance(item.get("question"), str) or item.get("turns")
        if not has_question or not (
            item.get("kind") == "unanswerable"
            or {"gold_arxiv_id", "gold_title"} <= item.keys()
            or (item.get("gold_titles") and "must_contain" in item)
        ):
            raise UsageError(
                f"question {number} of {path} cannot be judged: give it question, and gold_titles "
                "with must_contain, gold_arxiv_id with gold_title, or kind unanswerable."
            )
        try:
            clean_question(question_of(item).text)
        except QuestionError as error:
            raise UsageError(f"question {number} of {path} cannot be asked: {error}") from error
    return items


def _compare(
    qa: PaperQA,
    items: list[dict[str, Any]],
    terminal: Terminal,
    *,
    page: Path | None,
    as_json: bool,
) -> None:
    """Answer each question by quotes and by the model, and print or write both side by side."""
    if qa.writer is None:
        raise UsageError("--written needs a model: see `paperboy model list`.")
    if qa.writer.problem:
        raise ModelError(qa.writer.problem)
    if page:
        _write_page(page, "")  # not to fail after an hour of answers
    quoting = PaperQA(qa.library, qa.config, today=qa.today)  # the model reads no request either
    found: list[Pair] = []
    with progress(terminal) as report_progress:
        for n, item in enumerate(items, start=1):
            found.append(ask_twice(quoting, qa, item, question_of(item)))
            if as_json:
                terminal.rows([pair_row(found[-1])])
            report_progress("questions", n, len(items))
    figures = compare_figures(found)
    if as_json:
        terminal.rows([{"model": qa.writer.name, "figures": figures}])
    else:
        terminal.lines(comparison_lines(figures))
    if page:
        _write_page(page, pairs_page(found, figures, model=qa.writer.name))


def _write_page(path: Path, html: str) -> None:
    try:
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error}): choose another file.") from error


def _judge(items: list[dict[str, Any]], rows: list[dict[str, Any]]) -> Figures:
    """Return the mean of each figure, by kind of question."""
    collected: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for item, row in zip(items, rows, strict=True):
        is_known = "gold_arxiv_id" in item
        judged = known_item(item, row) if is_known else answered(item, row)
        kind = "known-item" if is_known else item.get("kind", "answerable")
        for name, value in judged.items():
            collected[kind][name].append(value)
        collected["all"]["links allowed"] += links_allowed(row)
        collected["all"]["seconds"].append(row["seconds"])
    return {
        kind: {name: round(mean(values), 4) for name, values in figures.items() if values}
        for kind, figures in collected.items()
    }


def _beir(app: App, folder: Path, split: str, terminal: Terminal) -> Figures:
    """Index the corpus in a temporary folder and rank it for each question."""
    relevant = _qrels(folder / "qrels" / f"{split}.tsv")
    queries = {item["_id"]: item["text"] for item in _lines(folder / "queries.jsonl")}
    with tempfile.TemporaryDirectory() as data_dir:
        library = open_library(Path(data_dir), app.settings.rag, purpose="paperboy eval")
        with progress(terminal) as report_progress:
            ingest(_Corpus(folder / "corpus.jsonl"), library, progress=report_progress)
            index_sentences(library, progress=report_progress)
        scores: dict[str, list[float]] = {"ndcg@10": [], "recall@10": []}
        for query, gains in relevant.items():
            hits = library.retriever.search(queries[query], top_k=AT)
            ranking = [(hit.paper.arxiv_id or "") for hit in hits]
            scores["ndcg@10"].append(ndcg(ranking, gains))
            scores["recall@10"].append(recall(ranking, gains))
        library.close()
    return {f"{folder.name} {split}": {name: round(mean(v), 4) for name, v in scores.items()}}


class _Corpus:
    """The documents of a BEIR corpus as papers; document ids stand in for arXiv ids."""

    name = "corpus"

    def __init__(self, path: Path) -> None:
        self.items = _lines(path)

    def records(self) -> Iterator[Paper | SetAside]:
        for item in self.items:
            yield Paper(
                title=item.get("title") or item["_id"],
                abstract=item["text"] or item["title"],
                arxiv_id=item["_id"],
            )


def _lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a JSON Lines file."""
    try:
        text = path.read_text(encoding="utf-8")
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read ({error}): give a file of JSON lines.") from error


def _qrels(path: Path) -> Mapping[str, dict[str, int]]:
    """Return each question's relevant documents and their grades."""
    relevant: dict[str, dict[str, int]] = defaultdict(dict)
    try:
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            query, document, grade = line.split("\t")
            if int(grade) > 0:
                relevant[query][document] = int(grade)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read ({error}): give --beir and --split.") from error
    return relevant
