"""The sentences that answer a question, and how well they do."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.config import EvidenceConfig
from rag.index import Entry, Index
from rag.keywords import KeywordIndex
from rag.records import Evidence, Hit
from rag.words import terms

# What a sentence's score is made of; docs/evaluation.md says how the weights were chosen.
SENTENCE_COSINE = 1.0  # of the sentence (with its title) and the question
NEW_WORDS = 0.6  # share of the question's words in the sentence, those of the title aside
PAPER_WORDS = 0.6  # share of the question's words in the paper
PAPER_SCORE = 0.3  # the retriever's
HAS_NUMBER = 0.2  # where a number is asked for

_ASKS_FOR_NUMBER = re.compile(
    r"\bhow (?:many|much|big|large|long|small|far|fast)\b|\bpercent|%|\bnumber of\b|\bsize\b"
    r"|\bcombien\b|\bwie ?viele?\b|\bcuánt",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")


class EvidenceFinder:
    """Scores the sentences of retrieved papers and chooses which to quote."""

    def __init__(self, index: Index, keywords: KeywordIndex, config: EvidenceConfig) -> None:
        self.index = index
        self.keywords = keywords
        self.config = config

    def rank(
        self, question: str, vector: NDArray[np.float32], hits: Sequence[Hit]
    ) -> list[Evidence]:
        """Return the sentences of these papers, best first.

        `vector` is the question's, shape (dimensions,).
        """
        asked = terms(question)
        rarity = self.keywords.rarity(asked)
        bonus = HAS_NUMBER if _ASKS_FOR_NUMBER.search(question) else 0.0
        entries = self.index.entries([hit.paper.paper_id for hit in hits])
        found: list[Evidence] = []
        for hit in hits:
            if entry := entries.get(hit.paper.paper_id):
                found.extend(_scored(hit, entry, vector, rarity, bonus))
        return sorted(found, key=lambda e: -e.score)

    def choose(self, ranked: Sequence[Evidence]) -> list[Evidence]:
        """Return the sentences to quote: few, and from another paper only when as good."""
        chosen: list[Evidence] = []
        room = self.config.max_words
        for evidence in ranked:
            if len(chosen) == self.config.max_sentences:
                break
            is_cited = any(evidence.paper == other.paper for other in chosen)
            share = self.config.same_share if is_cited else self.config.second_share
            length = len(evidence.sentence.split())
            if chosen and (evidence.score < share * ranked[0].score or length > room):
                continue
            chosen.append(evidence)
            room -= length
        return chosen

    def choose_several(self, ranked: Sequence[Evidence]) -> list[Evidence]:
        """Return the best sentence of each paper that speaks nearly as loud as the first."""
        chosen: list[Evidence] = []
        room = self.config.max_words
        for evidence in ranked:
            if len(chosen) == self.config.max_papers:
                break
            if any(evidence.paper == other.paper for other in chosen):
                continue
            length = len(evidence.sentence.split())
            loud = evidence.score >= self.config.list_share * ranked[0].score
            if chosen and (not loud or length > room):
                continue
            chosen.append(evidence)
            room -= length
        return chosen


def _scored(
    hit: Hit,
    entry: Entry,
    vector: NDArray[np.float32],
    rarity: dict[str, float],
    bonus: float,
) -> list[Evidence]:
    """Return the paper's sentences with their scores."""
    cosines = entry.vectors @ vector
    title = set(terms(hit.paper.title))
    new = {term: weight for term, weight in rarity.items() if term not in title}
    of_sentence = [set(terms(sentence)) for sentence in entry.sentences]
    paper_words = _covered(rarity, title.union(*of_sentence))
    of_paper = PAPER_WORDS * paper_words + PAPER_SCORE * hit.score
    return [
        Evidence(
            hit.paper,
            sentence,
            index,
            SENTENCE_COSINE * float(cosines[index])
            + NEW_WORDS * _covered(new, found)
            + (bonus if _DIGIT.search(sentence) else 0.0)
            + of_paper,
        )
        for index, (sentence, found) in enumerate(
            zip(entry.sentences, of_sentence, strict=True), start=1
        )
    ]


def _covered(weights: dict[str, float], found: set[str]) -> float:
    """Return the share of the words, by weight, that were found."""
    total = sum(weights.values())
    return sum(w for term, w in weights.items() if term in found) / total if total else 0.0
