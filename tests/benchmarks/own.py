"""Ask the project's own questions about the papers of one page.

    python -m tests.benchmarks.own --page D --starter S                      # the figures
    python -m tests.benchmarks.own --page D --starter S --answers answers.md # and every answer

D is a data folder with the saved page, S one with the starter set. The questions are in
tests/questions/own.jsonl, two per paper; they were committed before any was asked. The table of
answers quotes the starter set, which is this project's text, in full. The page's abstracts belong
to their authors: the table names the quoted sentences (#4 is the fourth) and shows the words around
the facts. It is not committed.
"""

import argparse
import json
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bot.app import open_library
from bot.console.metrics import answered
from bot.json_rows import answer_row
from rag.config import RagConfig
from rag.pipeline import PaperQA
from rag.records import Answer
from rag.text.sentences import split_sentences

QUESTIONS = Path(__file__).resolve().parents[1] / "questions" / "own.jsonl"
TODAY = date(2025, 12, 8)
CONTEXT_WORDS = 4  # words shown on each side of a fact
MAX_TITLE = 40  # characters


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, required=True)
    parser.add_argument("--starter", type=Path, required=True)
    parser.add_argument("--answers", type=Path, help="Write the table of every answer to this file")
    arguments = parser.parse_args()
    items = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    folders = {"page": arguments.page, "starter set": arguments.starter}
    answers = {name: ask(folder, items) for name, folder in folders.items()}
    print("| over | right | paper cited | citations right | not refused | words |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, found in answers.items():
        print(f"| the {name} | {summary(items, found)} |")
    if arguments.answers:
        text = table(items, answers["page"], answers["starter set"])
        arguments.answers.write_text(text, encoding="utf-8")


def table(
    items: Sequence[dict[str, Any]], over_page: Sequence[Answer], over_starter: Sequence[Answer]
) -> str:
    """Return a Markdown table with a row per question, its facts in brackets."""
    rows = [["", "question", "over the page", "over the starter set"], ["---"] * 4]
    for item, page, starter in zip(items, over_page, over_starter, strict=True):
        rows.append(
            [
                item["id"].removeprefix("own-"),
                f"{item['question']} *({facts(item)})*",
                f"{verdict(item, page)} {quotes(item, page)}",
                f"{verdict(item, starter)} {starter.text}",
            ]
        )
    cleaned = ([cell.replace("|", "/").replace("\n", " ") for cell in row] for row in rows)
    return "".join(f"| {' | '.join(row)} |\n" for row in cleaned)


def ask(folder: Path, items: Sequence[dict[str, Any]]) -> list[Answer]:
    """Return the quoted answer to each question."""
    library = open_library(folder, RagConfig(), purpose="own questions")
    qa = PaperQA(library, RagConfig(), today=lambda: TODAY)
    answers = [qa.ask(item["question"]) for item in items]
    library.close()
    return answers


def judged(item: dict[str, Any], answer: Answer) -> dict[str, float]:
    return answered(
        item | {"kind": "answerable", "gold_titles": [item["paper"]]}, answer_row(answer)
    )


def summary(items: Sequence[dict[str, Any]], answers: Sequence[Answer]) -> str:
    """Return the means of the figures as table cells."""
    rows = [judged(item, answer) for item, answer in zip(items, answers, strict=True)]
    names = ("answer right", "gold cited", "citations right", "not refused", "words")
    means = []
    for name in names:
        values = [row[name] for row in rows if name in row]
        means.append(sum(values) / len(values))
    return " | ".join(f"{mean:.0f}" if mean > 1 else f"{mean:.3f}" for mean in means)


def verdict(item: dict[str, Any], answer: Answer) -> str:
    """Return whether the answer is right, right but from another paper, refused, or wrong."""
    row = judged(item, answer)
    if answer.refused:
        return "**refused**"
    if not row["answer right"]:
        return "**wrong**"
    return "right" if row["gold cited"] else "**right, but another paper**"


def quotes(item: dict[str, Any], answer: Answer) -> str:
    """Return the numbers of the quoted sentences, and the words around the facts."""
    parts = []
    for citation in answer.citations:
        sentences = split_sentences(citation.paper.abstract)
        quoted = [n for n, sentence in enumerate(sentences, start=1) if sentence in answer.text]
        title = citation.paper.title[:MAX_TITLE].strip()
        parts.append(f"{title} {', '.join(f'#{n}' for n in quoted)}".strip())
    excerpts = [around(answer.text, entry) for entry in item["must_contain"]]
    return f"{'; '.join(parts)} “{' … '.join(filter(None, excerpts))}”"


def around(text: str, entry: str | list[str]) -> str:
    """Return the words around the first of these alternatives that the text contains."""
    for fact in [entry] if isinstance(entry, str) else entry:
        match = re.search(re.escape(fact), text, re.IGNORECASE)
        if match:
            before = text[: match.start()].split()[-CONTEXT_WORDS:]
            after = text[match.end() :].split()[:CONTEXT_WORDS]
            return " ".join([*before, match[0], *after])
    return ""


def facts(item: dict[str, Any]) -> str:
    """Return the expected facts, in the first spelling of each."""
    return ", ".join(e if isinstance(e, str) else e[0] for e in item["must_contain"])


if __name__ == "__main__":
    main()
