"""Whether a sentence answers a question: the encoder's last layers read the two together.

The first three of the encoder's six layers read question and sentence apart, the last three read
them as one text (PreTTR, MacAvaney et al. 2020), with changes of low rank (LoRA, Hu et al. 2021).
These were trained on invented papers, see tests/questions/invented_papers/README.md.
"""

import math
import threading
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import normalize

if TYPE_CHECKING:
    from rag.encoders.embedder import SentenceTransformerEmbeddings

WEIGHTS = Path(__file__).with_name("answer_scorer.safetensors")
APART = 3  # layers that read question and sentence apart
RANK = 16
MAX_TOKENS = 96
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


class Tokens:
    """The tokens of a text and their vectors after the layers that read apart, and after all."""

    def __init__(self, ids: list[int], apart: Tensor, last: Tensor) -> None:
        """`ids` has one entry per token; `apart` and `last` are of shape (tokens, dimensions)."""
        self.ids = ids[1:-1]  # without the control tokens
        self.apart = apart
        self.mean = normalize(last.mean(0), dim=0)
        self.words = normalize(last[1:-1], dim=-1)


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

    def forward(self, question: Tokens, weights: Tensor, sentences: Sequence[Tokens]) -> Tensor:
        """Return the log-odds that each sentence answers, shape (sentences,).

        `weights` has one weight per word piece of the question, shape (pieces,), with a sum of 1.
        """
        by_length = sorted(range(len(sentences)), key=lambda i: len(sentences[i].apart))
        parts = [by_length[n : n + BATCH] for n in range(0, len(by_length), BATCH)]
        scores = torch.cat([self._read(question, [sentences[i] for i in part]) for part in parts])
        read = scores[torch.argsort(torch.tensor(by_length))]
        compared = torch.stack([_compare(question, weights, sentence) for sentence in sentences])
        return read + self.apart(compared)[:, 0] - self.nothing

    def _read(self, question: Tokens, sentences: Sequence[Tokens]) -> Tensor:
        """Return what reading the question with each sentence gives, shape (sentences,)."""
        asked = question.apart + self.segment[0]
        n, size = asked.shape
        longest = max(len(s.apart) for s in sentences) - 1  # the question's first token serves both
        states = asked.new_zeros(len(sentences), n + longest, size)
        mask = asked.new_zeros(len(sentences), n + longest)
        states[:, :n], mask[:, :n] = asked, 1
        for row, sentence in enumerate(sentences):
            end = n + len(sentence.apart) - 1
            states[row, n:end] = sentence.apart[1:] + self.segment[1]
            mask[row, n:end] = 1
        hidden = (1 - mask)[:, None, None, :] * -1e4
        for layer in self.layers:
            after = layer(states, hidden)
            states = after[0] if isinstance(after, tuple) else after
        mask[:, :n] = 0
        said = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        pooled = torch.cat([states[:, :n].mean(1), said], dim=-1)
        return self.together(self.dropout(pooled))[:, 0]


def _compare(question: Tokens, weights: Tensor, sentence: Tokens) -> Tensor:
    """Return the cosine of the texts, and the mean and the least of the word pieces' cosines."""
    if not len(question.words) or not len(sentence.words):
        return torch.zeros(3)
    nearest = (question.words @ sentence.words.T).max(1).values
    return torch.stack([question.mean @ sentence.mean, nearest @ weights, nearest.min()])


def rarity(question: Tokens, sentences: Sequence[Tokens]) -> Tensor:
    """Return weights of the question's pieces by how few sentences have them, with a sum of 1."""
    counts = Counter(piece for sentence in sentences for piece in set(sentence.ids))
    total = len(sentences)
    known = [counts[piece] for piece in question.ids]
    weights = torch.tensor([math.log(1 + (total - n + 0.5) / (n + 0.5)) for n in known])
    return weights / weights.sum() if len(weights) else weights


class AnswerScorer:
    """Scores sentences by how likely each one answers a question. Thread-safe."""

    def __init__(
        self, embeddings: "SentenceTransformerEmbeddings", *, weights: Path | None = WEIGHTS
    ) -> None:
        """`embeddings` must be the bundled ones, whose layers the weights belong to.

        Without `weights`, the model is as it is before it has learned anything.
        """
        self.embeddings = embeddings
        self.model = SplitCrossEncoder(embeddings.model[0].auto_model).float().eval()
        if weights:
            self.model.load_state_dict(load_file(weights), strict=False)
        self._lock = threading.Lock()  # tokenizers refuse a second thread with an error

    def scores(self, question: str, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Return the log-odds that each sentence answers, shape (len(sentences),), float32."""
        if not sentences:
            return np.zeros(0, dtype=np.float32)
        asked, *read = self.read([question, *sentences])
        with torch.inference_mode():
            odds = self.model(asked, rarity(asked, read), read)
        return np.asarray(odds.numpy(), dtype=np.float32)

    def read(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens of texts; what exceeds MAX_TOKENS is cut off."""
        with self._lock:
            ids = self.embeddings.model.tokenizer(
                list(texts), truncation=True, max_length=MAX_TOKENS
            )["input_ids"]
        by_length = sorted(range(len(texts)), key=lambda i: len(ids[i]))
        found: dict[int, Tokens] = {}
        for start in range(0, len(texts), BATCH):
            part = by_length[start : start + BATCH]
            batch = self.embeddings.model.tokenizer.pad(
                {"input_ids": [ids[i] for i in part]}, return_tensors="pt"
            )
            with torch.inference_mode():
                out = self.embeddings.model[0].auto_model(**batch, output_hidden_states=True)
            for row, i in enumerate(part):
                n = len(ids[i])
                apart, last = out.hidden_states[APART][row, :n], out.last_hidden_state[row, :n]
                found[i] = Tokens(ids[i], apart.float(), last.float())
        return [found[i] for i in range(len(texts))]
