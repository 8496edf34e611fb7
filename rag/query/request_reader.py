"""Reads a request's language, kind and topic with small classifiers that were trained beforehand.

They learned from tests/questions/requests (`python -m tests.benchmarks.requests --fit`, which also
cross-validates them), and what tells questions about the inside of a paper also from
tests/questions/invented_papers (`python -m tests.benchmarks.inside_questions --fit`);
docs/evaluation.md has the figures.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import NamedTuple, cast, get_args

import numpy as np
from numpy.typing import NDArray

from rag.encoders.word_vectors import WordVectors
from rag.query.request import Kind
from rag.text.language import ENGLISH, question_language
from rag.text.ngrams import Array, LinearClassifier, buckets, hash_ngrams, tokens
from rag.text.words import STOPWORDS

KINDS: tuple[Kind, ...] = get_args(Kind)
# They stand for names in the text that the classifiers read, so that no name decides.
PAPER, ORGANIZATION, PERSON, WINDOW = "paperx", "companyx", "personx", "windowx"
PLACEHOLDERS = (PAPER, ORGANIZATION, PERSON, WINDOW)

VECTOR_WEIGHT = 1.5  # of dense features beside n-grams
POSITION_WEIGHT = 0.4  # of single words' vectors beside their mean
MIN_LANGUAGE = 0.7  # probability of a language other than English
MIN_BESIDE_TOPIC = 0.2  # probability of a word beside a topic
# What a word of a request belongs to.
OUTSIDE, TOPIC = "outside", "topic"
TAGGED = (TOPIC, "number", "order", "code", "ordinal")
INSIDE, ELSEWHERE = "inside", "elsewhere"  # where what answers a question stands
_WORD = re.compile(r"[^\W_]+(?:[-'’.+/][^\W_]+)*[+#]*|[^\w\s]")


def _stored(name: str) -> dict[str, NDArray[np.generic]]:
    with (files("rag.query") / name).open("rb") as file, np.load(file) as arrays:
        return dict(arrays)


@dataclass(frozen=True, slots=True)
class Slots:
    """What was found in a request before its kind: how many names and whether a span of time."""

    papers: int = 0
    organization: bool = False
    person: bool = False
    window: bool = False

    @property
    def features(self) -> list[float]:
        """One number per fact, for the classifier."""
        return [
            float(self.papers == 0),
            float(self.papers == 1),
            float(self.papers > 1),
            float(self.organization),
            float(self.person),
            float(self.window),
        ]


class TaggedWord(NamedTuple):
    """A word of a request, its slot, and the probability that it belongs to the topic."""

    text: str
    tag: str
    topic_probability: float

    @property
    def is_joint(self) -> bool:
        """Whether it is a function word, which may join the words of a topic."""
        return self.text.casefold() in STOPWORDS or self.text in "/-+"


class RequestReader:
    """Estimates what a request is, from its words. Thread-safe."""

    def __init__(self, word_vectors: WordVectors) -> None:
        self.word_vectors = word_vectors

    @cached_property
    def _arrays(self) -> dict[str, NDArray[np.generic]]:
        return _stored("request_reader.npz")

    @cached_property
    def _inside(self) -> LinearClassifier:
        return LinearClassifier.load(_stored("inside_questions.npz"), "inside")

    @cached_property
    def _classifiers(self) -> dict[str, LinearClassifier]:
        return {n: LinearClassifier.load(self._arrays, n) for n in ("kind", "language", "tag")}

    @cached_property
    def request_words(self) -> frozenset[str]:
        """The words of the requests that it learned from, such as "summarize"."""
        return frozenset(str(word) for word in self._arrays["tag_seen"])

    def language(self, text: str) -> str:
        """Return en, de, fr, es or zh; English without clear evidence of another."""
        known = question_language(text)
        if known != ENGLISH:
            return known
        chances = self._classifiers["language"].probabilities(hash_ngrams(text))
        best = max(chances, key=lambda language: chances[language])
        return best if chances[best] >= MIN_LANGUAGE else ENGLISH

    def kinds(self, masked: str, vector: Array, slots: Slots) -> dict[Kind, float]:
        """Return the probability of each kind.

        `masked` is the text in English with placeholders for names, `vector` the bundled encoder's
        vector of the text, shape (dimensions,).
        """
        dense = kind_features(masked, vector, slots, self.word_vectors)
        chances = self._classifiers["kind"].probabilities(hash_ngrams(masked), dense)
        return cast(dict[Kind, float], chances)

    def asks_inside(self, masked: str, vector: Array) -> float:
        """Return how likely a text asks what one paper says inside: "which gpus", "batch size".

        See `kinds` for what is passed.
        """
        text = called_it(masked)
        dense = word_features(text, vector, self.word_vectors)
        return self._inside.probabilities(hash_ngrams(text), dense)[INSIDE]

    def tags(self, masked: str) -> list[TaggedWord]:
        """Return the words of a text, each with the slot that it belongs to, or OUTSIDE."""
        words = split_words(masked)
        return [self._tag(words, i) for i in range(len(words))]

    def _tag(self, words: Sequence[str], i: int) -> TaggedWord:
        if words[i] in PLACEHOLDERS:
            return TaggedWord(words[i], OUTSIDE, 0.0)
        features = tag_features(words, i, self.request_words)
        chances = self._classifiers["tag"].probabilities(features)
        return TaggedWord(words[i], max(chances, key=lambda tag: chances[tag]), chances[TOPIC])

    def asks_more(self, masked: str) -> bool:
        """Return whether a text has words that ask for something in particular: "the SBD"."""
        words = (word.lower() for word in split_words(masked) if word not in PLACEHOLDERS)
        return any(_is_content(word) and word not in self.request_words for word in words)


def topics_of(tagged: Sequence[TaggedWord]) -> list[str]:
    """Return the topics of a request: runs of words, with the function words inside them.

    A word beside a topic belongs to it if it is a likely one: in "memory for agents", too.
    """
    kept = [word.tag == TOPIC for word in tagged]
    order = range(len(tagged))
    for i in [*order, *reversed(order)]:
        beside = [kept[j] for j in _neighbours(tagged, i)]
        if tagged[i].topic_probability >= MIN_BESIDE_TOPIC and any(beside):
            kept[i] = True
    for i in range(1, len(tagged) - 1):
        if tagged[i].is_joint and kept[i - 1] and any(kept[j] for j in _neighbours(tagged, i)[-1:]):
            kept[i] = True
    runs: list[list[str]] = [[]]
    for word, keep in zip(tagged, kept, strict=True):
        if keep:
            runs[-1].append(word.text)
        elif runs[-1]:
            runs.append([])
    return [topic for run in runs if (topic := _trimmed(run))]


def _neighbours(tagged: Sequence[TaggedWord], i: int) -> list[int]:
    """Return the places of the words before and behind a word, function words left out."""
    before = [j for j in range(i - 1, -1, -1) if not tagged[j].is_joint][:1]
    behind = [j for j in range(i + 1, len(tagged)) if not tagged[j].is_joint][:1]
    return before + behind


def _trimmed(words: Sequence[str]) -> str:
    content = [i for i, word in enumerate(words) if _is_content(word)]
    return " ".join(words[content[0] : content[-1] + 1]) if content else ""


def _is_content(word: str) -> bool:
    return word[0].isalnum() and word.casefold() not in STOPWORDS


def kind_features(masked: str, vector: Array, slots: Slots, word_vectors: WordVectors) -> Array:
    """Return the dense features of a request, shape (features,).

    The encoder's vector, the mean of the words' own vectors, the first, second and last word's, and
    the slots.
    """
    features = word_features(masked, vector, word_vectors)
    return np.asarray(np.concatenate([features, slots.features]), dtype=np.float32)


def word_features(text: str, vector: Array, word_vectors: WordVectors) -> Array:
    """Return the dense features of a request without its slots, see kind_features."""
    words = [word for word in tokens(text) if word[0].isalnum()]
    size = len(vector)
    parts = [vector, np.zeros(4 * size, dtype=np.float32)]
    if words:
        own = np.stack([word_vectors.vector(word) for word in words])
        mean = own.mean(axis=0)
        ends = [POSITION_WEIGHT * own[n] for n in (0, min(1, len(own) - 1), -1)]
        parts[1] = np.concatenate([mean / max(float(np.linalg.norm(mean)), 1e-9), *ends])
    return np.asarray(VECTOR_WEIGHT * np.concatenate(parts), dtype=np.float32)


def called_it(masked: str) -> str:
    """Return a text with "it" for the names of papers, and without the marks behind it."""
    return masked.replace(PAPER, "it").strip(" ?!.")


def is_said(words: str, text: str) -> bool:
    """Return whether all of these words occur in the text."""
    text = text.casefold()
    said = set(split_words(text))
    named = split_words(words.casefold())
    # Chinese has no spaces between words.
    return bool(named) and all(w in said or (not w.isascii() and w in text) for w in named)


def split_words(text: str) -> list[str]:
    """Return the words and marks of a text as they were typed."""
    return _WORD.findall(text)


def tag_features(
    words: Sequence[str], i: int, seen: Collection[str]
) -> tuple[NDArray[np.int64], Array]:
    """Return the hashed features of one word for its slot, and their weights, shape (n,) each.

    They are the word, its neighbours up to four words away, and whether these are among the words
    that were `seen` outside of topics.
    """
    padded = ["^^", "^", *(word.lower() for word in words), "$", "$$"]
    k = i + 2
    word = padded[k]
    names = [
        "bias", f"w {word}", f"end {word[-3:]}",
        f"-1 {padded[k - 1]}", f"+1 {padded[k + 1]}", f"-2 {padded[k - 2]}", f"+2 {padded[k + 2]}",
        f"-10 {padded[k - 1]} {word}", f"01 {word} {padded[k + 1]}",
        f"-2-1 {padded[k - 2]} {padded[k - 1]}", f"12 {padded[k + 1]} {padded[k + 2]}",
        f"shape {word.isdigit()} {word[0].isalnum()} {words[i][:1].isupper()}",
        f"stop {word in STOPWORDS}", f"length {min(len(words), 8)}",
        f"seen {word in seen}", f"seen-1 {padded[k - 1] in seen} {word in seen}",
        f"seen+1 {word in seen} {padded[k + 1] in seen}",
        *(f"before {other}" for other in padded[max(2, k - 4) : k]),
        *(f"behind {other}" for other in padded[k + 1 : min(len(padded) - 2, k + 5)]),
    ]  # fmt: skip
    return buckets(f"t{name}" for name in names), np.ones(len(names), dtype=np.float32)
