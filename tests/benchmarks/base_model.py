"""Measure how a base model, one without a chat template, answers with each kind of prompt.

    python -m tests.benchmarks.base_model MODEL.gguf QUESTIONS.jsonl --data-dir D [--count 15]

The questions are JSON lines with `kind` and `question`; D contains their papers. Readable is what
ends by itself and has no sign that it degenerates (rag/answering/degeneration.py); shown is what
takes the place of the quotes.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from llama_cpp.llama_chat_format import CHATML_CHAT_TEMPLATE

from bot.app import open_library
from rag.answering import writer
from rag.answering.manuscript import Manuscript
from rag.config import ModelConfig, RagConfig
from rag.library import Library
from rag.llm.language_model import LocalProcessModel, load_language_model
from rag.pipeline import PaperQA


class WithoutExample(LocalProcessModel):
    """The same model, taken for one that was trained to answer."""

    is_base = False


def measure(path: Path, library: Library, questions: Sequence[str], *, has_example: bool) -> str:
    """Return how many answers are readable and shown, and the median of their seconds."""
    config = RagConfig(model=ModelConfig(path=str(path)))
    model = load_language_model(config.model)
    assert isinstance(model, LocalProcessModel)
    if not has_example:
        model = WithoutExample(model.chat, model.config)
    manuscripts: list[Manuscript] = []

    class Watched(Manuscript):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[arg-type]
            manuscripts.append(self)

    writer.__dict__["Manuscript"] = Watched
    qa = PaperQA(library, config, today=lambda: date(2025, 12, 8), model=model)
    answers = [qa.written(qa.ask(question)) for question in questions]
    model.close()
    writings = [answer.writing for answer in answers if answer.writing]
    readable = sum(
        bool(m.raw.strip() and not m.degeneration and not m.is_cut_off) for m in manuscripts
    )
    shown = sum(not writing.kept_quotes for writing in writings)
    seconds = statistics.median(writing.seconds for writing in writings)
    return f"{len(writings):4} written  {readable:4} readable  {shown:4} shown  {seconds:5.1f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--count", type=int, default=15)
    arguments = parser.parse_args()
    items = map(json.loads, arguments.questions.read_text(encoding="utf-8").splitlines())
    questions = [item["question"] for item in items if item["kind"] == "answerable"]
    library = open_library(arguments.data_dir, RagConfig(), purpose="base model")
    questions = questions[: arguments.count]
    with tempfile.TemporaryDirectory() as folder:
        chatml = Path(folder) / "chatml.gguf"
        command = ["gguf.scripts.gguf_new_metadata", "--chat-template", CHATML_CHAT_TEMPLATE]
        subprocess.run(
            [sys.executable, "-m", *command, str(arguments.model), str(chatml)],
            check=True, capture_output=True,
        )  # fmt: skip
        print("ChatML         ", measure(chatml, library, questions, has_example=False))
    print("plain          ", measure(arguments.model, library, questions, has_example=False))
    print("with an example", measure(arguments.model, library, questions, has_example=True))
    library.close()


if __name__ == "__main__":
    main()
