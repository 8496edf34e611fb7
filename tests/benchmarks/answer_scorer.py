"""Train what scores sentences of whole papers: rag/encoders/answer_scorer.py.

    python -m tests.benchmarks.answer_scorer [--epochs 1] [--processes 2] [--rate 3e-4] [--anew]

It learns from the invented papers of tests/questions/invented_papers: for each question, to score a
sentence that answers it higher than others of the paper, and higher than "none of them" exactly if
one answers. Prints how well it does on papers that it did not learn from, and writes the weights.
Without --anew it goes on from the weights that are there. One run anew at a rate of 1e-3 over 6,000
steps left nothing but what the vectors tell, with a mean loss near 1.5; look at the first lines.
`python -m tests.benchmarks.whole_papers --fit` says what they are worth on other papers' questions.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import torch
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score
from torch import Tensor, distributed, multiprocessing
from torch.nn.parallel import DistributedDataParallel

from rag.config import RagConfig
from rag.encoders.answer_scorer import (
    WEIGHTS,
    AnswerScorer,
    Pair,
    SplitCrossEncoder,
    compare,
    rarity,
)
from rag.encoders.embedder import SentenceTransformerEmbeddings, Tokens, load_embedder

FOLDER = Path(__file__).parents[1] / "questions" / "invented_papers"
RESERVED = 8  # papers to measure with
OTHERS = 6  # sentences that do not answer, drawn anew each time; fewer if several answer
ALIKE = 12  # half of them are drawn from those, so many, that are most like the question
WARM_UP, BATCH = 80, 6
TOLD_STEPS = 100  # between two lines with the mean loss


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the sentences of its paper below their headings, and those that answer."""

    question: Tokens
    weights: Tensor
    sentences: Sequence[Tokens]
    answers: Sequence[int]
    by_likeness: Sequence[int]  # the sentences, the most like the question by their vectors first


def main() -> None:
    """Train, print the figures and write the weights."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.answer_scorer")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1, help="At most one per core")
    parser.add_argument("--rate", type=float, default=3e-4, help="The highest learning rate")
    parser.add_argument("--anew", action="store_true", help="Do not go on from the weights")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(_work, (options, f"file://{folder}/meeting"), options.processes)


def _work(rank: int, options: argparse.Namespace, meeting: str) -> None:
    """Train with every so many-th paper; the processes learn one model together."""
    processes = options.processes
    distributed.init_process_group("gloo", meeting, rank=rank, world_size=processes)
    torch.manual_seed(0)
    embeddings = load_embedder(RagConfig().embedder).embeddings
    assert isinstance(embeddings, SentenceTransformerEmbeddings)
    scorer = AnswerScorer(embeddings, weights=None if options.anew else WEIGHTS)
    torch.set_num_threads(1)
    files = sorted(FOLDER.glob("*.jsonl"))
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    random.Random(0).shuffle(lines)
    random.seed(rank)
    learned = [
        e for line in lines[RESERVED + rank :: processes] for e in _examples(embeddings, line)
    ]
    model = DistributedDataParallel(scorer.model)
    for epoch in _train(model, learned, options.epochs, options.rate, max(1, BATCH // processes)):
        if rank == 0:
            reserved = [e for line in lines[:RESERVED] for e in _examples(embeddings, line)]
            print(f"epoch {epoch}: {_measure(scorer.model, reserved)}", flush=True)
            weights = {n: p.detach() for n, p in scorer.model.named_parameters() if p.requires_grad}
            save_file({name: p.half().contiguous() for name, p in weights.items()}, WEIGHTS)
    distributed.destroy_process_group()


def _examples(embeddings: SentenceTransformerEmbeddings, line: str) -> list[Example]:
    paper = json.loads(line)
    places: dict[str, int] = {}
    texts: list[str] = []
    for section in paper["sections"]:
        number = section["heading"].split()[0]
        for n, sentence in enumerate(section["sentences"]):
            places[f"{number}:{n}"] = len(texts)
            texts.append(f"{section['heading']}\n{sentence}")
    read = embeddings.encode_tokens(texts)
    asked = embeddings.encode_tokens([item["q"] for item in paper["questions"]])
    return [
        _example(question, read, [places[a] for a in item["a"]])
        for question, item in zip(asked, paper["questions"], strict=True)
    ]


def _example(question: Tokens, sentences: Sequence[Tokens], answers: Sequence[int]) -> Example:
    weights = rarity(question, sentences)
    likeness = torch.stack([compare(question, weights, sentence) for sentence in sentences]).sum(1)
    return Example(
        question, weights, sentences, answers, likeness.argsort(descending=True).tolist()
    )


def _train(
    model: DistributedDataParallel, examples: list[Example], epochs: int, rate: float, batch: int
) -> Iterator[int]:
    """Train for so many epochs, and give each one's number when it is over."""
    learned = {n: p for n, p in model.named_parameters() if p.requires_grad}
    within = [p for n, p in learned.items() if "layers" in n]
    heads = [p for n, p in learned.items() if "layers" not in n]
    groups = [{"params": within, "lr": rate}, {"params": heads, "lr": 2 * rate}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    batches = torch.tensor(len(examples) // batch)
    distributed.all_reduce(batches, distributed.ReduceOp.MIN)  # every process has as many
    steps = epochs * int(batches)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / WARM_UP) * max(0.02, 1 - step / steps)
    )
    losses: list[float] = []
    for epoch in range(epochs):
        random.shuffle(examples)
        model.train()
        for n in range(int(batches)):
            loss = _loss(model, examples[n * batch : (n + 1) * batch])
            loss.backward()
            losses.append(float(loss.detach()))
            torch.nn.utils.clip_grad_norm_([*within, *heads], 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            if len(losses) == TOLD_STEPS:
                if distributed.get_rank() == 0:
                    print(f"step {n + 1} of {int(batches)}: loss {mean(losses):.3f}", flush=True)
                losses.clear()
        yield epoch + 1


def _loss(model: DistributedDataParallel, examples: Sequence[Example]) -> Tensor:
    """Return what the answers' probability lacks, among the sentences and "none of them"."""
    right = [list(example.answers[:3]) for example in examples]
    chosen = [_with_others(e, answers) for e, answers in zip(examples, right, strict=True)]
    pairs = [
        Pair(e.question, e.weights, e.sentences[n])
        for e, places in zip(examples, chosen, strict=True)
        for n in places
    ]
    losses = []
    for odds, answers in zip(model(pairs).split([len(c) for c in chosen]), right, strict=True):
        with_none = torch.logsumexp(torch.cat([odds, torch.zeros(1)]), 0)
        if answers:
            of_answers = torch.logsumexp(odds[: len(answers)], 0)
            losses.append(with_none - of_answers + (torch.logsumexp(odds, 0) - of_answers) / 2)
        else:
            losses.append(with_none)
    return torch.stack(losses).mean()


def _with_others(example: Example, answers: list[int]) -> list[int]:
    """Return the places of sentences that answer, and then of others."""
    others = [n for n in example.by_likeness if n not in example.answers]
    wanted = OTHERS + 3 - len(answers)
    alike = random.sample(others[:ALIKE], min(wanted // 2, len(others[:ALIKE])))
    rest = [n for n in others if n not in alike]
    return [*answers, *alike, *random.sample(rest, min(wanted - len(alike), len(rest)))]


def _measure(model: SplitCrossEncoder, examples: Sequence[Example]) -> str:
    """Return how often an answer comes first, and how well the best
    score tells whether one is there."""
    model.eval()
    first, best = [], []
    with torch.inference_mode():
        for e in examples:
            scores = model([Pair(e.question, e.weights, s) for s in e.sentences])
            best.append(float(scores.max()))
            if e.answers:
                first.append(int(scores.argmax()) in e.answers)
    auc = roc_auc_score([bool(e.answers) for e in examples], best)
    return f"an answer comes first for {sum(first) / len(first):.3f}, AUC {auc:.3f}"


if __name__ == "__main__":
    main()
