"""Fit the weights of rag/answering/answerability.py; print wrong refusals against wrong answers.

    python -m tests.benchmarks.refusals --ask D QUESTIONS.jsonl... [--ask D QUESTIONS.jsonl...]

The questions are JSON lines with `kind` (all but "unanswerable" have an answer) and `question`; the
data folder D holds the papers they are about. Each question's probability comes from a regression
fitted on all the others (leave-one-out). Questions that the catalogue answers are left out.
"""

import argparse
import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from bot.app import open_library
from rag.answering.answerability import Signs
from rag.config import RagConfig
from rag.pipeline import PaperQA

KINDS = ("answerable", "multi", "unanswerable")
THRESHOLDS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7)


def signs_of(qa: PaperQA, question: str) -> Signs | None:
    """Return the signs that the pipeline uses; None if the catalogue answers the question."""
    request = qa.query.understand(question, qa.today())
    quotes = qa.answers.quotes
    if quotes.catalog_answers.answer(request):
        return None
    vector = qa.library.embedder.encode_question(request.topic)
    hits = qa.library.retriever.search_vector(request.topic, vector)
    papers = qa.config.retrieval.top_k if request.several else qa.config.evidence.papers
    ranked = quotes.evidence.rank(request, vector, hits[:papers])
    return quotes.answerability.signs(request, ranked[0])


def model() -> Pipeline:
    """Return the regression, with equal weight for both kinds of questions."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=1, class_weight="balanced"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ask", nargs="+", action="append", required=True, metavar="D FILE")
    asked = [(Path(d), Path(f)) for d, *found in parser.parse_args().ask for f in found]
    inputs, answered, files = [], [], []
    for number, (folder, path) in enumerate(asked):
        with closing(open_library(folder, RagConfig(), purpose="refusals")) as library:
            qa = PaperQA(library, RagConfig(), today=lambda: datetime.now(UTC).date())
            for item in read(path):
                if signs := signs_of(qa, item["question"]):
                    inputs.append(signs)
                    answered.append(item["kind"] != "unanswerable")
                    files.append(number)
    x, y, file = np.array(inputs), np.array(answered), np.array(files)
    held_out = cross_val_predict(model(), x, y, cv=LeaveOneOut(), method="predict_proba")[:, 1]
    print(f"{y.sum()} with an answer, {(~y).sum()} without, AUC {roc_auc_score(y, held_out):.3f}")
    table(held_out, y)
    for number, (_, path) in enumerate(asked):
        print(f"\n{path.name} ({(y & (file == number)).sum()}, {(~y & (file == number)).sum()}):")
        table(held_out[file == number], y[file == number])
    scaler, regression = model().fit(x, y)
    weights = regression.coef_[0] / scaler.scale_
    bias = regression.intercept_[0] - float(weights @ scaler.mean_)
    print(f"\nWEIGHTS = ({', '.join(f'{w:.3f}' for w in weights)})\nBIAS = {bias:.3f}")


def table(probability: NDArray[np.float64], answered: NDArray[np.bool_]) -> None:
    """Print the share refused at each threshold, as Markdown."""
    print("| refuse_below | wrongly refused | rightly refused |\n| --- | --- | --- |")
    for threshold in THRESHOLDS:
        refused = probability < threshold
        print(f"| {threshold} | {refused[answered].mean():.3f} | {refused[~answered].mean():.3f} |")


def read(path: Path) -> list[dict[str, Any]]:
    """Return the questions of the kinds in KINDS."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [item for item in lines if item["kind"] in KINDS]


if __name__ == "__main__":
    main()
