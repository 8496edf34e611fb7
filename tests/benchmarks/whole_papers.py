"""How well questions are answered from whole papers, and the weights of the gate.

    python -m tests.benchmarks.whole_papers [full_text | whole_papers]

For the project's two sets of papers with questions: the share of answerable ones that are answered
right (a quoted sentence has the answer), of those that are refused, and of unanswerable ones that
are refused. The weights of `WHOLE_PAPER_WEIGHTS` are fitted on the first set alone.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sklearn.linear_model import LogisticRegression

from bot.app import open_library
from ingest.sources.full_text import NoHtmlError, parse_full_text
from ingest.sources.starter import StarterSource
from ingest.sync import ingest
from rag.answering.answerability import Signs
from rag.answering.full_text import WholePaperQA
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from rag.records import Paper, Question
from rag.text.clean import clean
from tests.papers import TODAY, ListSource

QUESTIONS = Path(__file__).parents[1] / "questions"
_ABSTRACT = re.compile(r"^\W*Abstract\W*\n(?:-+\n)?\s*\n(.*?)\n\s*\n", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Item:
    """A question on a paper and the patterns of its answers; none if it has no answer."""

    paper_id: str
    question: str
    answers: tuple[str, ...]


def main() -> None:
    """Print the figures of both sets, then the fitted weights."""
    for name in sys.argv[1:] or ("full_text", "whole_papers"):
        folder = QUESTIONS / name
        with tempfile.TemporaryDirectory() as data:
            library = open_library(Path(data), RagConfig())
            ingest(StarterSource(), library)
            _add(library, folder)
            qa = PaperQA(library, RagConfig(), today=lambda: TODAY)
            for file in sorted(folder.glob("*.jsonl")):
                items = list(_items(file))
                print(f"{name}/{file.name}: {_measure(qa, items)}")
            if name == "full_text":
                print(_fit(qa, items))
            library.close()


def _items(file: Path) -> Iterator[Item]:
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        answers = row.get("answers")
        if answers is None:
            answers = [re.escape(part) for part in row["answer"].split("|") if part]
        number = row["paper"].removeprefix("arxiv:")
        yield Item(f"arxiv:{number}", row["question"], tuple(answers))


def _add(library: Library, folder: Path) -> None:
    """Add the papers of a folder with their abstracts, and their texts."""
    files = sorted(folder.glob("[0-9]*.md"))
    for file in files:
        body = file.read_text(encoding="utf-8")
        title = clean(re.findall(r"^Title: (.*)$", body, re.MULTILINE)[0])
        found = _ABSTRACT.search(body)
        abstract = clean(" ".join(found[1].split())) if found else title
        ingest(ListSource([Paper(title=title, abstract=abstract, arxiv_id=file.stem)]), library)
        try:
            text = parse_full_text(file.read_bytes(), file.stem, abstract=abstract)
        except NoHtmlError:
            continue
        library.full_texts.store(text)


def _measure(qa: PaperQA, items: list[Item]) -> str:
    right = refused = kept = 0
    answerable = [item for item in items if item.answers]
    for item in items:
        answer = qa.ask(Question(text=item.question, paper=item.paper_id))
        if not item.answers:
            kept += answer.refused
        elif answer.refused:
            refused += 1
        else:
            right += _has_answer(item, answer.text)
    without = len(items) - len(answerable)
    return (
        f"{right}/{len(answerable)} answered right, {refused}/{len(answerable)} refused; "
        f"{kept}/{without} without an answer refused"
    )


def _has_answer(item: Item, text: str) -> bool:
    said = text.replace(" × ", "×").replace("× ", "×")
    patterns = [p.replace("×\\ ", "×") for p in item.answers]
    return any(re.search(p, t, re.IGNORECASE) for p in patterns for t in (text, said))


def _fit(qa: PaperQA, items: list[Item]) -> str:
    """Return the weights of the signs that tell answerable questions from others."""
    library = qa.library
    quotes = qa.answers.quotes
    whole = WholePaperQA(library.full_texts, quotes.answerability, quotes.evidence)
    signs: list[Signs] = []
    for item in items:
        paper = library.catalog.get([item.paper_id])[item.paper_id]
        text = library.full_texts.get(item.paper_id)
        question = Question(text=item.question, paper=item.paper_id)
        alone = qa.query.understand(question.text, TODAY, follows=True)
        request, _, _ = qa._draft(question, alone, TODAY)
        ranked, _ = whole.rank(request, paper, text) if text else ([], 0.0)
        signs.append(whole.signs(request, text, ranked[0]) if text else Signs(0, 0, 0, 0, 0))
    model = LogisticRegression(class_weight="balanced")
    model.fit(signs, [bool(item.answers) for item in items])
    weights = {
        name: round(float(w), 2) for name, w in zip(Signs._fields, model.coef_[0], strict=True)
    }
    return f"weights {weights}, bias {model.intercept_[0]:.2f}"


if __name__ == "__main__":
    main()
