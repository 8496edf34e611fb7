"""How well questions are answered from whole papers, and the weights of the ranking and the gate.

    python -m tests.benchmarks.whole_papers [full_text | full_text_more | whole_papers] ...
    python -m tests.benchmarks.whole_papers --fit

For the project's sets of papers with questions: the share of answerable ones that are answered
right (a quoted sentence has the answer), of those that are refused, of the right ones whose section
is named, and of unanswerable ones that are refused. A question that names no paper is asked after a
turn about its paper. The weights of rag/answering/sentence_match.py are fitted on the first two
sets; each figure of `--fit` is of papers that the fit left out.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bot.app import open_library
from ingest.sources.full_text import NoHtmlError, parse_full_text
from ingest.sources.starter import StarterSource
from ingest.sync import ingest
from rag.answering.full_text import ANSWERED_FROM, ENOUGH, MAX_QUOTES, quoted, topic_of
from rag.answering.sentence_match import PaperSigns, SentenceSigns, shares
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from rag.records import Paper, Question, Turn
from rag.text.clean import clean
from tests.papers import TODAY, ListSource

QUESTIONS = Path(__file__).parents[1] / "questions"
FITTED_ON = ("full_text", "full_text_more")
HELD_OUT = "whole_papers"
RIDGE = 1.0  # of the ranking's weights
_ABSTRACT = re.compile(r"^\W*Abstract\W*\n(?:-+\n)?\s*\n(.*?)\n\s*\n", re.DOTALL | re.MULTILINE)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Item:
    """A question on a paper and the patterns of its answers; none if it has no answer."""

    paper_id: str
    question: str
    answers: tuple[str, ...]
    sections: tuple[str, ...]
    follow_up: bool


def main() -> None:
    """Print the figures of the sets, or the fitted weights."""
    if "--fit" in sys.argv:
        print(fit([sample for name in FITTED_ON for sample in samples_of(name)]))
        return
    for name in sys.argv[1:] or (*FITTED_ON, HELD_OUT):
        with asked(name) as (qa, files):
            for file in files:
                print(f"{name}/{file.name}: {_measure(qa, list(items_of(file)))}")


@contextmanager
def asked(name: str) -> Iterator[tuple[PaperQA, list[Path]]]:
    """Give what answers from a set's papers, beside the starter set, and the set's questions."""
    folder = QUESTIONS / name
    with tempfile.TemporaryDirectory() as data:
        library = open_library(Path(data), RagConfig())
        ingest(StarterSource(), library)
        _add(library, folder)
        yield PaperQA(library, RagConfig(), today=lambda: TODAY), sorted(folder.glob("*.jsonl"))
        library.close()


def items_of(file: Path) -> Iterator[Item]:
    """Yield the questions of a file."""
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        answers = row.get("answers")
        if answers is None:
            answers = [re.escape(part) for part in row["answer"].split("|") if part]
        sections = row.get("sections", [row["section"]] if row.get("section") else [])
        number = row["paper"].removeprefix("arxiv:")
        yield Item(
            f"arxiv:{number}",
            row["question"],
            tuple(answers),
            tuple(sections),
            row.get("follow_up", True),
        )


def _add(library: Library, folder: Path) -> None:
    """Add the papers of a folder with their abstracts, and their texts."""
    files = sorted(folder.glob("[0-9]*.md"))
    for file in files:
        paper = paper_of(file)
        ingest(ListSource([paper]), library)
        try:
            text = parse_full_text(file.read_bytes(), file.stem, abstract=paper.abstract)
        except NoHtmlError:
            continue
        library.full_texts.store(text)


def paper_of(file: Path) -> Paper:
    """Return the paper whose text a file has, with its title and abstract."""
    body = file.read_text(encoding="utf-8")
    title = clean(re.findall(r"^Title: (.*)$", body, re.MULTILINE)[0])
    found = _ABSTRACT.search(body)
    abstract = clean(" ".join(found[1].split())) if found else title
    return Paper(title=title, abstract=abstract, arxiv_id=file.stem)


def _measure(qa: PaperQA, items: list[Item]) -> str:
    right = refused = kept = named = 0
    answerable = [item for item in items if item.answers]
    with_section = [item for item in answerable if item.sections]
    for item in items:
        answer = qa.ask(_question(qa, item))
        if not item.answers:
            kept += answer.refused
        elif answer.refused:
            refused += 1
        elif lines := [line for line in answer.text.split("\n") if _has_answer(item, line)]:
            right += 1
            named += any(section in line for section in item.sections for line in lines)
    without = len(items) - len(answerable)
    return (
        f"{right}/{len(answerable)} answered right, with its section {named} of those among "
        f"{len(with_section)} that have one, {refused}/{len(answerable)} refused; "
        f"{kept}/{without} without an answer refused"
    )


def _question(qa: PaperQA, item: Item) -> Question:
    if not item.follow_up:
        return Question(text=item.question)
    paper = qa.library.catalog.get([item.paper_id])[item.paper_id]
    before = Turn(f"what is “{paper.title}” about?", (item.paper_id,))
    return Question(text=item.question, history=(before,))


def _has_answer(item: Item, text: str) -> bool:
    said = text.replace(" × ", "×").replace("× ", "×")
    patterns = [p.replace("×\\ ", "×") for p in item.answers]
    return any(re.search(p, t, re.IGNORECASE) for p in patterns for t in (text, said))


@dataclass(frozen=True, slots=True)
class Sample:
    """A question's sentences: their signs, whether each has the answer, and the paper's signs."""

    item: Item
    signs: Array  # shape (sentences, signs of a sentence)
    has_answer: NDArray[np.bool_]  # shape (sentences,)
    gate: Array  # the signs of the passage of each sentence, shape (sentences, 3)

    def paper_signs(self, weights: Array) -> Array:
        """Return the signs of the paper if its sentences are ranked with these weights."""
        best = int(np.argmax(self.signs @ weights))
        cosine, _, near = self.signs[best][:3]
        most = SentenceSigns(*self.signs.max(axis=0))
        return np.array([cosine, near, most.near, most.worst, *self.gate[best], most.read])


def samples_of(name: str) -> Iterator[Sample]:
    """Read the signs of a set's questions, each asked about its paper."""
    with asked(name) as (qa, files):
        whole = qa.answers.whole_papers
        for item in (item for file in files for item in items_of(file)):
            paper = qa.library.catalog.get([item.paper_id])[item.paper_id]
            text = qa.library.full_texts.get(item.paper_id)
            if text is None:
                continue
            request = qa.query.understand(item.question, TODAY, follows=True)
            request = replace(request, pointed=(paper,))
            request = replace(request, topic=topic_of(request))
            found = whole.sentence_signs(request, paper, text)
            others = [whole.passage_signs(request, text, evidence) for evidence, _ in found]
            yield Sample(
                item,
                np.array([signs for _, signs in found]),
                np.array([_has_answer(item, quoted(text, e)) for e, _ in found])
                & bool(item.answers),
                np.array([(o.gap, o.lacks_names, o.has_number) for o in others]),
            )


def fit(samples: Sequence[Sample]) -> str:
    """Return the weights of all samples, and what those of the other papers do for each paper."""
    papers = sorted({sample.item.paper_id for sample in samples})
    ranks, probabilities, answerable, quoted_right, quotes = [], [], [], [], []
    for paper in papers:
        others = [s for s in samples if s.item.paper_id != paper]
        weights = _fit_ranking(others)
        gate = _fit_gate(others, weights)
        for sample in (s for s in samples if s.item.paper_id == paper):
            scores = sample.signs @ weights
            order = np.argsort(-scores)
            right = np.flatnonzero(sample.has_answer[order])
            covered = np.cumsum(shares(list(scores[order])))
            count = min(MAX_QUOTES, int(np.searchsorted(covered, ENOUGH)) + 1)
            quotes.append(count)
            quoted_right.append(bool(sample.has_answer[order[:count]].any()))
            if sample.item.answers:
                ranks.append(right[0] if len(right) else len(order))
            answerable.append(bool(sample.item.answers))
            probabilities.append(gate.predict_proba([sample.paper_signs(weights)])[0, 1])
    y, p = np.array(answerable), np.array(probabilities)
    lines = [
        f"the answer is in the first {n} sentences: {np.mean(np.array(ranks) < n):.3f}"
        for n in (1, 2, 3, 4, 5)
    ]
    lines.append(f"gate: AUC {roc_auc_score(y, p):.3f}")
    for threshold in (0.3, 0.4, 0.5, 0.6):
        kept, refused = np.mean(p[y] >= threshold), np.mean(p[~y] < threshold)
        lines.append(f"  from {threshold}: {kept:.3f} answered, {refused:.3f} rightly refused")
    answered = p >= ANSWERED_FROM
    lines.append(
        f"  from {ANSWERED_FROM}: {np.mean(np.array(quoted_right)[y] & answered[y]):.3f} answered "
        f"right with {np.mean(np.array(quotes)[y]):.1f} quotes, {np.mean(~answered[~y]):.3f} "
        "rightly refused"
    )
    weights = _fit_ranking(samples)
    scaler, regression = (step for _, step in _fit_gate(samples, weights).steps)
    of_paper = regression.coef_[0] / scaler.scale_
    bias = regression.intercept_[0] - float(of_paper @ scaler.mean_)
    lines += [
        f"SENTENCE_WEIGHTS = {SentenceSigns(*(round(float(w), 2) for w in weights))}",
        f"PAPER_WEIGHTS = {PaperSigns(*(round(float(w), 2) for w in of_paper))}",
        f"PAPER_BIAS = {bias:.2f}",
    ]
    return "\n".join(lines)


def _fit_ranking(samples: Sequence[Sample]) -> Array:
    """Return the weights that make the sentences with the answer likeliest, shape (signs,)."""
    with_answer = [s for s in samples if s.has_answer.any()]

    def loss(weights: Array) -> tuple[float, Array]:
        value, slope = RIDGE * float(weights @ weights) / 2, RIDGE * weights
        for sample in with_answer:
            scores = sample.signs @ weights
            powers = np.exp(scores - scores.max())
            right = powers * sample.has_answer
            value -= float(np.log(right.sum() / powers.sum()))
            slope = slope - sample.signs.T @ (right / right.sum() - powers / powers.sum())
        return value, slope

    start = np.zeros(len(SentenceSigns._fields))
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)


def _fit_gate(samples: Sequence[Sample], weights: Array) -> Any:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced"))
    signs = [sample.paper_signs(weights) for sample in samples]
    return model.fit(signs, [bool(sample.item.answers) for sample in samples])


if __name__ == "__main__":
    main()
