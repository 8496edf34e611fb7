"""Train what scores sentences of whole papers: rag/encoders/answer_scorer.py.

    python -m tests.benchmarks.answer_scorer [--epochs 2]

It learns from the invented papers of tests/questions/invented_papers: for each question, to score a
sentence that answers it higher than others of the paper, and higher than "none of them" exactly if
one answers. Prints how well it does on papers that it did not learn from, and writes the weights.
`python -m tests.benchmarks.whole_papers --fit` says what they are worth on other papers' questions.
"""

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score
from torch import Tensor

from rag.config import RagConfig
from rag.encoders.answer_scorer import WEIGHTS, AnswerScorer, SplitCrossEncoder, Tokens, rarity
from rag.encoders.embedder import SentenceTransformerEmbeddings, load_embedder

FOLDER = Path(__file__).parents[1] / "questions" / "invented_papers"
RESERVED = 8  # papers to measure with
OTHERS = 8  # sentences that do not answer, drawn anew each time; fewer if several answer
RATE, HEAD_RATE, WARM_UP, BATCH = 1e-3, 2e-3, 80, 6


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the sentences of its paper below their headings, and those that answer."""

    question: Tokens
    weights: Tensor
    sentences: Sequence[Tokens]
    answers: Sequence[int]


def main() -> None:
    """Train, print the figures and write the weights."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.answer_scorer")
    parser.add_argument("--epochs", type=int, default=2)
    epochs = parser.parse_args().epochs
    torch.manual_seed(0)
    random.seed(0)
    embeddings = load_embedder(RagConfig().embedder).embeddings
    assert isinstance(embeddings, SentenceTransformerEmbeddings)
    scorer = AnswerScorer(embeddings, weights=None)
    papers = [list(examples) for examples in _papers(scorer)]
    random.shuffle(papers)
    reserved = [example for paper in papers[:RESERVED] for example in paper]
    learned = [example for paper in papers[RESERVED:] for example in paper]
    for epoch in _train(scorer.model, learned, epochs):
        print(f"epoch {epoch}: {_measure(scorer.model, reserved)}", flush=True)
        weights = {n: p.detach() for n, p in scorer.model.named_parameters() if p.requires_grad}
        save_file({name: p.half().contiguous() for name, p in weights.items()}, WEIGHTS)


def _papers(scorer: AnswerScorer) -> Iterator[Iterator[Example]]:
    for file in sorted(FOLDER.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            paper = json.loads(line)
            places: dict[str, int] = {}
            texts: list[str] = []
            for section in paper["sections"]:
                number = section["heading"].split()[0]
                for n, sentence in enumerate(section["sentences"]):
                    places[f"{number}:{n}"] = len(texts)
                    texts.append(f"{section['heading']}\n{sentence}")
            read = scorer.read(texts)
            asked = scorer.read([item["q"] for item in paper["questions"]])
            yield (
                Example(question, rarity(question, read), read, [places[a] for a in item["a"]])
                for question, item in zip(asked, paper["questions"], strict=True)
            )


def _train(model: SplitCrossEncoder, examples: list[Example], epochs: int) -> Iterator[int]:
    """Train for so many epochs, and give each one's number when it is over."""
    within = [p for n, p in model.named_parameters() if p.requires_grad and "layers" in n]
    heads = [p for n, p in model.named_parameters() if p.requires_grad and "layers" not in n]
    groups = [{"params": within, "lr": RATE}, {"params": heads, "lr": HEAD_RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    steps = epochs * (len(examples) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / WARM_UP) * max(0.02, 1 - step / steps)
    )
    for epoch in range(epochs):
        random.shuffle(examples)
        model.train()
        for start in range(0, len(examples) - BATCH + 1, BATCH):
            losses = [_loss(model, example) for example in examples[start : start + BATCH]]
            torch.stack(losses).mean().backward()
            torch.nn.utils.clip_grad_norm_([*within, *heads], 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
        yield epoch + 1


def _loss(model: SplitCrossEncoder, example: Example) -> Tensor:
    """Return what the answers' probability lacks, among the sentences and "none of them"."""
    others = [n for n in range(len(example.sentences)) if n not in example.answers]
    random.shuffle(others)
    right = list(example.answers[:3])
    chosen = [*right, *others[: OTHERS + 3 - len(right)]]
    odds = model(example.question, example.weights, [example.sentences[n] for n in chosen])
    with_none = torch.logsumexp(torch.cat([odds, torch.zeros(1)]), 0)
    if not right:
        return with_none
    of_answers = torch.logsumexp(odds[: len(right)], 0)
    return with_none - of_answers + (torch.logsumexp(odds, 0) - of_answers) / 2


def _measure(model: SplitCrossEncoder, examples: Sequence[Example]) -> str:
    """Return how often an answer comes first, and how well the best
    score tells whether one is there."""
    model.eval()
    first, best = [], []
    with torch.inference_mode():
        for e in examples:
            scores = model(e.question, e.weights, e.sentences)
            best.append(float(scores.max()))
            if e.answers:
                first.append(int(scores.argmax()) in e.answers)
    auc = roc_auc_score([bool(e.answers) for e in examples], best)
    return f"an answer comes first for {sum(first) / len(first):.3f}, AUC {auc:.3f}"


if __name__ == "__main__":
    main()
