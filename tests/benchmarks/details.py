"""How often reading the whole paper is offered below a quote, and the weights that decide it.

    python -m tests.benchmarks.details D
    python -m tests.benchmarks.details --fit D

The first D is a data folder with the papers of tests/questions/details: of its questions, those
that get a quote from their paper are counted, and below how many of them reading is offered.
`--fit` fits the weights of rag/answering/quote_check.py on the project's other questions about one
paper, each asked about its paper; its D holds the page of 56 papers (docs/evaluation.md,
"Refusals"). Its figures are of papers that the fit left out, and SURE is the bound below which
OFFERED of the right quotes are.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bot.app import open_library
from ingest.sources.starter import StarterSource
from ingest.sync import ingest
from rag.answering.quote_check import QuoteCheck, QuoteSigns
from rag.config import RagConfig
from rag.pipeline import PaperQA
from rag.records import Answer, Question
from rag.store.lookup import find_paper
from tests.benchmarks.whole_papers import FITTED_ON, QUESTIONS, items_of, paper_of
from tests.papers import TODAY, ListSource

ON_PAGE, ON_STARTER = ("calibration", "own"), ("rules",)  # sets about the same 56 papers
OFFERED = 0.2  # of the right quotes
FOLDS = 10


class Item(NamedTuple):
    """A question about a paper, and the texts that a right quote has; none if none is right.

    Of a nested list of texts, one is enough.
    """

    paper_id: str
    question: str
    answer: tuple[str | list[str], ...] = ()

    def is_in(self, text: str) -> bool:
        """Return whether a text has the answer."""
        said = text.casefold()
        return bool(self.answer) and all(
            any(one.casefold() in said for one in ([part] if isinstance(part, str) else part))
            for part in self.answer
        )


class Sample(NamedTuple):
    """A question that got a quote about its paper."""

    item: Item
    signs: QuoteSigns
    is_right: bool


class _Recorder(QuoteCheck):
    """Keeps the latest signs."""

    latest: QuoteSigns | None = None

    def signs(self, *args: Any) -> QuoteSigns:
        self.latest = super().signs(*args)
        return self.latest


def main() -> None:
    """Print the figures, or the fitted weights."""
    folder = Path(sys.argv[-1])
    print(fit(list(_all_samples(folder))) if "--fit" in sys.argv else measure(folder))


def measure(folder: Path) -> str:
    """Return how often reading is offered below the quotes of a data folder's papers."""
    lines = (QUESTIONS / "details" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = map(json.loads, lines)
    items = [Item(f"arxiv:{r['paper']}", r["question"], (r["answer"],) * bool(r["answer"]))
             for r in rows]  # fmt: skip
    library = open_library(folder, RagConfig())
    qa = PaperQA(library, RagConfig(), today=lambda: TODAY)
    quoted = [(item, answer) for item in items if _is_quote(answer := qa.ask(item.question), item)]
    library.close()
    right = [a for item, a in quoted if item.is_in(a.text)]
    wrong = [a for item, a in quoted if item.answer and not item.is_in(a.text)]
    unsaid = [a for item, a in quoted if not item.answer]
    return "\n".join(
        f"{what}: offered below {sum(a.silent_paper is not None for a in answers)}/{len(answers)}"
        for what, answers in (
            ("quotes with the answer", right),
            ("quotes beside an answer that the abstract has", wrong),
            ("quotes where the abstract has no answer", unsaid),
        )
    )


def _is_quote(answer: Answer, item: Item) -> bool:
    """Return whether an answer is a quote from the paper that the question is about."""
    cited = [citation.paper.paper_id for citation in answer.citations]
    return not answer.refused and answer.support is not None and item.paper_id in cited


@contextmanager
def _starter() -> Iterator[PaperQA]:
    """Give what answers from the starter set."""
    with tempfile.TemporaryDirectory() as data:
        library = open_library(Path(data), RagConfig())
        ingest(StarterSource(), library)
        yield PaperQA(library, RagConfig(), today=lambda: TODAY)
        library.close()


def _all_samples(page: Path) -> Iterator[Sample]:
    """Yield those of the page, of the starter set, and of invented papers."""
    library = open_library(page, RagConfig())
    qa = PaperQA(library, RagConfig(), today=lambda: TODAY)
    yield from _samples(qa, _items(qa, ON_PAGE))
    library.close()
    with _starter() as qa:
        yield from _samples(qa, _items(qa, ON_STARTER))
        for folder in (QUESTIONS / name for name in FITTED_ON):  # their abstracts answer nothing
            ingest(ListSource(list(map(paper_of, sorted(folder.glob("[0-9]*.md"))))), qa.library)
            found = [item for file in sorted(folder.glob("*.jsonl")) for item in items_of(file)]
            yield from _samples(qa, [Item(item.paper_id, item.question) for item in found])


def _items(qa: PaperQA, names: Sequence[str]) -> list[Item]:
    """Return the questions of some sets whose papers are known: answered ones, missing details."""
    rows = [
        json.loads(line)
        for name in names
        for line in (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    return [
        Item(paper.paper_id, row["question"], tuple(row.get("must_contain", ())))
        for row in rows
        if row.get("type") not in ("near miss", "off-topic")
        and (paper := find_paper(qa.library.catalog, row.get("paper") or row["near"][0]))
    ]


def _samples(qa: PaperQA, items: Sequence[Item]) -> Iterator[Sample]:
    """Ask each question about its paper; yield those that get a right quote, or can get none."""
    quotes = qa.answers.quotes
    recorder = quotes.quote_check = _Recorder(quotes.quote_check.reader)
    for item in items:
        recorder.latest = None
        answer = qa.ask(Question(text=item.question, paper=item.paper_id))
        is_right = item.is_in(answer.text)
        if recorder.latest and not answer.refused and (is_right or not item.answer):
            yield Sample(item, recorder.latest, is_right)


def fit(samples: Sequence[Sample]) -> str:
    """Return the weights of all samples, and what those of the other papers do for each paper."""
    x = np.array([sample.signs for sample in samples])
    y = np.array([sample.is_right for sample in samples])
    papers = [sample.item.paper_id for sample in samples]
    folds = GroupKFold(FOLDS)
    p = cross_val_predict(_model(), x, y, cv=folds, groups=papers, method="predict_proba")[:, 1]
    sure = float(np.quantile(p[y], OFFERED))
    scaler, regression = (step for _, step in _model().fit(x, y).steps)
    weights: NDArray[np.float64] = regression.coef_[0] / scaler.scale_
    bias = regression.intercept_[0] - float(weights @ scaler.mean_)
    return "\n".join(
        [
            f"{y.sum()} right quotes, {(~y).sum()} without an answer",
            f"AUC {roc_auc_score(y, p):.3f}",
            f"offered below {np.mean(p[y] < sure):.2f} and {np.mean(p[~y] < sure):.2f} of them",
            f"WEIGHTS = {QuoteSigns(*(round(float(w), 2) for w in weights))}",
            f"BIAS = {bias:.2f}",
            f"SURE = {sure:.2f}",
        ]
    )


def _model() -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(C=1, class_weight="balanced"))


if __name__ == "__main__":
    main()
