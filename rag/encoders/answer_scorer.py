"""Whether a sentence answers a question: the encoder's last layers read the two together.

The first three of the encoder's six layers read question and sentence apart, the last three read
them as one text (PreTTR, MacAvaney et al. 2020), with changes of low rank (LoRA, Hu et al. 2021).
These were trained on invented papers, see tests/questions/invented_papers/README.md.
"""

import math
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from rag.encoders.embedder import SentenceTransformerEmbeddings, Tokens

WEIGHTS = Path(__file__).with_name("answer_scorer.safetensors")
APART = 3  # layers that read question and sentence apart: half of them
RANK = 16
BATCH = 16  # sentences of similar length


class LowRank(nn.Module):  # type: ignore[misc]
    """A linear layer, as it is, and a change of low rank that is learned."""

    def __init__(self, linear: nn.Module, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = linear
        self.down = nn.Parameter(torch.randn(RANK, inputs) / math.sqrt(inputs))
        self.up = nn.Parameter(torch.zeros(outputs, RANK))

    def forward(self, x: Tensor) -> Tensor:
        """Return what the layer gives with its change, shape (..., outputs)."""
        change = (x @ self.down.T.to(x.dtype)) @ self.up.T.to(x.dtype)
        return self.linear(x) + 2 * change


class Pair(NamedTuple):
    """A question, the weights of its word pieces, and a sentence."""

    question: Tokens
    weights: Tensor  # shape (pieces,), with a sum of 1
    sentence: Tokens


class SplitCrossEncoder(nn.Module):  # type: ignore[misc]
    """The layers that read a question and sentences together, and what they conclude."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        layers = deepcopy(encoder.encoder.layer[APART:])
        for layer in layers:
            for part, name in (
                (layer.attention.self, "query"),
                (layer.attention.self, "key"),
                (layer.attention.self, "value"),
                (layer.attention.output, "dense"),
                (layer.intermediate, "dense"),
                (layer.output, "dense"),
            ):
                linear = getattr(part, name)
                linear.requires_grad_(False)
                setattr(part, name, LowRank(linear, linear.in_features, linear.out_features))
            for norm in (layer.attention.output.LayerNorm, layer.output.LayerNorm):
                norm.requires_grad_(False)
        size = encoder.config.hidden_size
        self.layers = layers
        self.segment = nn.Parameter(torch.zeros(2, size))  # of the question, of the sentence
        self.dropout = nn.Dropout(0.1)
        self.together = nn.Linear(2 * size, 1)
        self.apart = nn.Linear(3, 1)
        self.nothing = nn.Parameter(torch.zeros(1))  # the score of "none of them answers"
        with torch.no_grad():  # begin with what the vectors alone tell
            self.together.weight.mul_(0.1)
            self.apart.weight.copy_(torch.tensor([[6.0, 6.0, 2.0]]))

    def forward(self, pairs: Sequence[Pair]) -> Tensor:
        """Return the log-odds that each pair's sentence answers its question, shape (pairs,)."""
        lengths = [len(p.question.ids) + len(p.sentence.ids) for p in pairs]
        by_length = sorted(range(len(pairs)), key=lengths.__getitem__)
        parts = [by_length[n : n + BATCH] for n in range(0, len(by_length), BATCH)]
        scores = torch.cat([self._read([pairs[i] for i in part]) for part in parts])
        read = scores[torch.argsort(torch.tensor(by_length))]
        return read + self.apart(torch.stack([compare(*p) for p in pairs]))[:, 0] - self.nothing

    def _read(self, pairs: Sequence[Pair]) -> Tensor:
        """Return what reading each pair as one text gives, shape (pairs,)."""
        rows, questions = [], []
        for question, _, sentence in pairs:
            asked = torch.from_numpy(question.halfway) + self.segment[0]
            said = torch.from_numpy(sentence.halfway[1:]) + self.segment[1]
            rows.append(torch.cat([asked, said]))  # the first control token serves both
            questions.append(len(asked))
        states = pad_sequence(rows, batch_first=True)
        place = torch.arange(states.shape[1])
        is_asked = place < torch.tensor(questions)[:, None]
        is_there = place < torch.tensor([len(row) for row in rows])[:, None]
        hidden = torch.where(is_there, 0.0, -1e4)[:, None, None, :]
        for layer in self.layers:
            after = layer(states, hidden)
            states = after[0] if isinstance(after, tuple) else after
        means = [
            (states * of[..., None]).sum(1) / of.sum(1, keepdim=True)
            for of in (is_asked, is_there & ~is_asked)
        ]
        return self.together(self.dropout(torch.cat(means, dim=-1)))[:, 0]


def compare(question: Tokens, weights: Tensor, sentence: Tokens) -> Tensor:
    """Return the cosine of the texts, and the mean and the least of the word pieces' cosines.

    See Pair for what is passed.
    """
    if not len(question.ids) or not len(sentence.ids):
        return torch.zeros(3)
    cosines = torch.from_numpy(question.vectors) @ torch.from_numpy(sentence.vectors).T
    nearest = cosines.max(1).values
    whole = torch.from_numpy(question.whole) @ torch.from_numpy(sentence.whole)
    return torch.stack([whole, nearest @ weights, nearest.min()])


def rarity(question: Tokens, sentences: Sequence[Tokens]) -> Tensor:
    """Return weights of the question's pieces by how few sentences have them, with a sum of 1."""
    counts = Counter(piece for sentence in sentences for piece in set(sentence.ids.tolist()))
    total = len(sentences)
    known = [counts[piece] for piece in question.ids.tolist()]
    weights = torch.tensor([math.log(1 + (total - n + 0.5) / (n + 0.5)) for n in known])
    return weights / weights.sum() if len(weights) else weights


class AnswerScorer:
    """Scores sentences by how likely each one answers a question. Thread-safe."""

    def __init__(
        self, embeddings: SentenceTransformerEmbeddings, *, weights: Path | None = WEIGHTS
    ) -> None:
        """`embeddings` must be the bundled ones, whose layers the weights belong to.

        Without `weights`, the model is as it is before it has learned anything.
        """
        self.model = SplitCrossEncoder(embeddings.model[0].auto_model).float().eval()
        if weights:
            self.model.load_state_dict(load_file(weights), strict=False)

    def scores(self, question: Tokens, sentences: Sequence[Tokens]) -> NDArray[np.float32]:
        """Return the log-odds that each sentence answers, shape (len(sentences),), float32.

        What is passed must come from the encoder that the scorer was made with.
        """
        if not sentences:
            return np.zeros(0, dtype=np.float32)
        weights = rarity(question, sentences)
        with torch.inference_mode():
            odds = self.model([Pair(question, weights, sentence) for sentence in sentences])
        return np.asarray(odds.numpy(), dtype=np.float32)
