"""Measure how well a language model puts questions in other languages into English.

python -m tests.benchmarks.translation MODEL.gguf [--seconds 15] [--data-dir DIR --questions FILE]

The questions are those of tests/questions/languages.jsonl, whose papers are invented ones; other
questions about the papers of a data folder have the same fields: question, language, english, and
the paper's arXiv id or title. Prints for each question the seconds, what the model made of it, and
whether the paper is then the first source of the quotes; "-" if the model translated nothing
usable. German, French, Spanish and Chinese questions show what the glossary finds without a model.
"""

import argparse
import json
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bot.app import open_library
from ingest.sync import ingest
from rag.config import ModelConfig, RagConfig
from rag.library import Library
from rag.llm.language_model import load_language_model
from rag.pipeline import PaperQA
from rag.records import Answer
from tests.papers import TODAY, ListSource

QUESTIONS = Path(__file__).parents[1] / "questions" / "languages.jsonl"


def is_found(answer: Answer, paper: str) -> bool:
    """Return whether the answer's first source is this paper, by arXiv id or title."""
    first = answer.citations[0].paper if answer.citations and not answer.refused else None
    return first is not None and paper in (first.arxiv_id, first.title)


def measure(library: Library, model: Path, questions: Path, seconds: float) -> None:
    """Ask each question and print the table."""
    config = RagConfig(model=ModelConfig(path=str(model), translate_seconds=seconds))
    language_model = load_language_model(config.model)
    assert language_model is not None
    plain = PaperQA(library, config, today=lambda: TODAY)
    qa = PaperQA(library, config, today=lambda: TODAY, model=language_model)
    items: list[dict[str, Any]] = [
        json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines()
    ]
    found: dict[str, list[tuple[bool, bool, bool, bool]]] = defaultdict(list)
    times = []
    for item in items:
        while qa.writer and len(qa.writer.queue):  # it is still stopping after a time limit
            time.sleep(0.1)
        started = time.perf_counter()
        answer = qa.ask(item["question"])
        if answer.translation:
            times.append(time.perf_counter() - started)
        right = (
            bool(answer.translation),
            is_found(answer, item["paper"]),
            is_found(plain.ask(item["question"]), item["paper"]),
            is_found(plain.ask(item["english"]), item["paper"]),
        )
        found[item["language"]].append(right)
        print(f"{item['language']} {time.perf_counter() - started:5.2f} s {right[1]!s:5} "
              f"{answer.translation or '-'} | {item['english']}")  # fmt: skip
    language_model.close()
    print(f"{len(times)} translated, {np.median(times or [0]):.2f} s in the middle")
    print(
        "| language | questions | translated | paper found | without a model | asked in English |"
    )
    print("| --- |" + " ---: |" * 5)
    for language, rights in found.items():
        counts = " | ".join(str(sum(column)) for column in zip(*rights, strict=True))
        print(f"| {language} | {len(rights)} | {counts} |")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--seconds", type=float, default=15.0, help="time limit per question")
    parser.add_argument("--data-dir", type=Path, help="default: the tests' invented papers")
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    options = parser.parse_args()
    with (
        TemporaryDirectory() as folder,
        closing(open_library(options.data_dir or Path(folder), RagConfig())) as library,
    ):
        if options.data_dir is None:
            ingest(ListSource(), library)
        measure(library, options.model, options.questions, options.seconds)


if __name__ == "__main__":
    main()
