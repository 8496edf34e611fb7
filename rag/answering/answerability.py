"""Whether the paper nearest to a question answers it.

A ranking always has a first paper, even for a question that is off topic, that misses narrowly, or
that asks for a detail no abstract states. Five signs tell such questions apart. A logistic
regression weighs them (`python -m tests.benchmarks.refusals` fits it and prints the trade-off).
"""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rag.answering.evidence import NAMED
from rag.encoders.word_vectors import WordVectors
from rag.query.request import Request
from rag.records import Evidence, Paper
from rag.text.names import COMMON_NAMES, system_names
from rag.text.sentences import split_sentences
from rag.text.words import STOPWORDS, fold, terms, words

_JOINT = re.compile(r"[-‐‑'’.]")
# A word with two capitals or a digit, or one capitalised inside the question.
_NAMELIKE = re.compile(
    r"\b(?=\w*[A-Za-z])(?:\w*[A-Z]\w*[A-Z\d]\w*|\w+\d\w*|(?<=[\w,;] )[A-Z]\w+)\b"
)
_HOW_MANY = re.compile(r"\b(?:how many|number of)\s+([\w-]+)(?:\s+([\w-]+))?", re.IGNORECASE)
_NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twice|half|dozens?)\b",
    re.IGNORECASE,
)
SHORT = 4  # content words: shorter questions count as if they had so many


class Signs(NamedTuple):
    """The evidence for and against an answer, read from a question and its nearest paper."""

    gap: float  # how rare the worst covered word is, times how far from covered, 0 to 1
    words: float  # content words in the question, at least SHORT: in more words gaps are likelier
    evidence: float  # score of the best sentence
    lacks_names: float  # how many names in the question the paper does not contain
    has_number: float  # 0: the question asks how many, and no sentence gives a number of them


# In the order of Signs. docs/evaluation.md lists the questions they were fitted on.
WEIGHTS = (-3.855, 0.413, 1.693, -1.432, 3.376)
BIAS = -6.999


class Answerability:
    """Estimates how likely the nearest paper is to answer the question."""

    def __init__(self, word_vectors: WordVectors) -> None:
        self.word_vectors = word_vectors

    def probability(self, signs: Signs) -> float:
        """Return how likely the question is answered, 0 to 1."""
        logit = BIAS + sum(w * x for w, x in zip(WEIGHTS, signs, strict=True))
        return 1 / (1 + math.exp(-logit))

    def signs(self, asked: Request, best: Evidence) -> Signs:
        """Read the signs from the question, the best sentence and the paper it stands in."""
        paper = best.paper
        text = f"{paper.title} {paper.abstract}"
        is_english = asked.language == "en"
        stems = set(terms(text))
        own = _own_words(asked.pointed or asked.named)
        asked_words = _content_words(asked.topic, own, stems)
        gap, count = self._gap(asked_words, text, stems, is_english=is_english)
        return Signs(
            gap=gap,
            words=float(max(count, SHORT)),
            # The score already has this for a paper that the question names; one that the
            # conversation points at is as certain.
            evidence=best.score + NAMED * (paper in asked.pointed and paper not in asked.named),
            # German capitalises every noun, so each would look like a name.
            lacks_names=float(is_english and _names_missing(asked.topic, text, own)),
            # A word-by-word translation does not keep the counted noun next to "how many".
            has_number=float(not is_english or _has_number(asked.topic, paper)),
        )

    def _gap(
        self, asked: list[str], text: str, stems: set[str], *, is_english: bool
    ) -> tuple[float, int]:
        """Return the widest gap that the text leaves among the asked words, and their number.

        A word is covered as far as the text has it, or has a word that is used like it. In another
        language, words that the translation left over do not count. `stems` are the text's terms.
        """
        has = {word: _stem(word) in stems or word in stems for word in asked}
        counted = [w for w in has if is_english or has[w] or self.word_vectors.knows(w)]
        if not counted:
            return 0.0, 0
        found = [word for word in dict.fromkeys(words(text)) if word not in STOPWORDS]
        exact = np.array([has[word] for word in counted], dtype=float)
        near = self.word_vectors.similarity(counted, found).max(axis=1, initial=0.0)
        rarity = np.array([self.word_vectors.rarity(word) for word in counted])
        return float((rarity * (1 - np.maximum(exact, near))).max()), len(counted)


def content_words(request: Request, paper: Paper, stems: set[str]) -> list[str]:
    """Return the words that say what is asked about a paper, without its own names.

    `stems` are the terms of its text.
    """
    return _content_words(request.topic, _own_words([paper]), stems)


def _content_words(question: str, own: set[str], stems: set[str]) -> list[str]:
    parts = [
        part
        for word in dict.fromkeys(words(question))
        if word not in own
        for part in _parts(word, stems)
    ]
    return list(dict.fromkeys(parts))


def _own_words(papers: Sequence[Paper]) -> set[str]:
    """Return the words of these papers' own names."""
    return {word for paper in papers for name in system_names(paper) for word in words(name)}


def _parts(word: str, stems: set[str]) -> list[str]:
    """Return the content words in a hyphenated word: "text-to-music" → text, music.

    A word that the text, of which these are the terms, writes as one remains one.
    """
    joined = _JOINT.sub("", word)
    if joined != word and _stem(joined) in stems:
        return [joined]
    return [part for part in _JOINT.split(word) if len(part) > 1 and part not in STOPWORDS]


def _stem(word: str) -> str:
    return (terms(word) or [word])[-1]


def _names_missing(question: str, text: str, own: set[str]) -> int:
    """Return how many names in the question the text does not contain."""
    folded = fold(text)
    return sum(
        name not in COMMON_NAMES and fold(name) not in folded and not set(words(name)) <= own
        for name in dict.fromkeys(_NAMELIKE.findall(question))
    )


def _has_number(question: str, paper: Paper) -> bool:
    """Return whether some sentence gives a number of the counted things.

    True for a question that does not ask how many.
    """
    match = _HOW_MANY.search(question)
    counted = {_stem(word) for word in match.groups() if word} if match else set()
    return not counted or any(
        _NUMBER.search(sentence) and counted & set(terms(sentence))
        for sentence in split_sentences(paper.abstract)
    )
