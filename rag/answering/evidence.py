"""The sentences that answer a question, and how well they do."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.config import EvidenceConfig
from rag.records import Evidence, Hit, Paper
from rag.retrieval.index import Entry, Index
from rag.store.keywords import KeywordIndex, weight_covered
from rag.text.names import system_names
from rag.text.sentences import Role
from rag.text.words import terms

# What a sentence's score is made of; docs/evaluation.md says how the weights were fitted.
SENTENCE_COSINE = 0.6  # of the sentence (with its title) and the question
NEW_WORDS = 0.8  # share of the question's words in the sentence, those of the title aside
HAS_NUMBER = 0.25  # where a number is asked for
LENGTH = 0.2  # of a sentence of LONG words or more; a shorter one says less
LONG = 50
PAPER_WORDS = 0.6  # share of the question's words in the paper
PAPER_SCORE = 0.8  # the retriever's
NAMED = 0.4  # where the question names the paper
LEAST_WORDS = 70  # quoted of each paper where several are compared

_ASKS_FOR_NUMBER = re.compile(
    r"\bhow (?:many|much|big|large|long|small|far|fast)\b|\bpercent|%|\bnumber of\b|\bsize\b"
    r"|\bcombien\b|\bwie ?viele?\b|\bcuánt",
    re.IGNORECASE,
)
# What was before the paper, and what is wrong with it: then background is what answers.
_ASKS_FOR_PROBLEM = re.compile(
    r"\b(?:why|reasons?|problems?|troubles?|issues?|wrong|drawbacks?|downsides?|weak\w*|limit\w*"
    r"|shortcomings?|bottlenecks?|catch|bad|fail\w*|difficult\w*|hard|challeng\w*|obstacles?"
    r"|suffer\w*|struggl\w*|lack\w*|miss(?:es|ing)?|gaps?|motivat\w*|blame|causes?|price"
    r"|earlier|existing|previous|prior|before|conventional|traditional|current(?:ly)?|usual(?:ly)?"
    r"|normal(?:ly)?|other (?:\w+ ){0,2}(?:methods|models|approaches|systems|work))\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")


class RoleWeights(NamedTuple):
    """What a sentence is worth for what it is there for: answers seldom stand in some."""

    own_work: float
    background: float
    first: float  # abstracts begin with what everybody knows
    pointer: float  # to the code

    def of(self, sentence: str, index: int) -> float:
        """Return what this sentence is worth whatever its words; longer ones say more."""
        role = Role.of(sentence)
        return (
            self.own_work * role.own_work
            + self.background * role.background
            + self.pointer * role.pointer
            + self.first * (index == 1)
            + LENGTH * min(len(sentence.split()), LONG) / LONG
        )


ROLES = RoleWeights(own_work=0.15, background=-0.2, first=-0.3, pointer=-0.45)
ROLES_OF_PROBLEM = RoleWeights(own_work=0.05, background=0.0, first=-0.1, pointer=-0.45)


class EvidenceFinder:
    """Scores the sentences of retrieved papers and chooses which to quote."""

    def __init__(self, index: Index, keywords: KeywordIndex, config: EvidenceConfig) -> None:
        self.index = index
        self.keywords = keywords
        self.config = config

    def rank(
        self,
        question: str,
        vector: NDArray[np.float32],
        hits: Sequence[Hit],
        *,
        named: Sequence[Paper] = (),
    ) -> list[Evidence]:
        """Return the sentences of these papers, best first; papers that are named come easier.

        `vector` is the question's, shape (dimensions,).
        """
        own = {paper.paper_id for paper in named}
        asked = terms(question)
        rarity = self.keywords.idf(asked)
        bonus = HAS_NUMBER if _ASKS_FOR_NUMBER.search(question) else 0.0
        by_role = ROLES_OF_PROBLEM if _ASKS_FOR_PROBLEM.search(question) else ROLES
        entries = self.index.entries([hit.paper.paper_id for hit in hits])
        found: list[Evidence] = []
        for hit in hits:
            if entry := entries.get(hit.paper.paper_id):
                name = NAMED if hit.paper.paper_id in own else 0.0
                found.extend(_scored(hit, entry, vector, rarity, bonus, name, by_role))
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

    def choose_each(self, ranked: Sequence[Evidence], papers: Sequence[Paper]) -> list[Evidence]:
        """Return the best sentences of each of these papers, as many of each as there is room."""
        room = max(LEAST_WORDS, self.config.max_words // len(papers))
        chosen: list[Evidence] = []
        for paper in papers:
            left = room
            of_paper = [evidence for evidence in ranked if evidence.paper == paper]
            for n, evidence in enumerate(of_paper[: self.config.max_sentences]):
                length = len(evidence.sentence.split())
                if n == 0 or length <= left:
                    chosen.append(evidence)
                    left -= length
        return chosen

    def choose_several(self, ranked: Sequence[Evidence]) -> list[Evidence]:
        """Return the best sentence of each paper that speaks nearly as loud as the first.

        Where none does, more of the first one's sentences than one.
        """
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
        return chosen if len(chosen) > 1 else self.choose(ranked)


def _scored(
    hit: Hit,
    entry: Entry,
    vector: NDArray[np.float32],
    rarity: dict[str, float],
    bonus: float,
    name: float,
    by_role: "RoleWeights",
) -> list[Evidence]:
    """Return the paper's sentences with their scores."""
    cosines = entry.vectors @ vector
    # Every sentence of a paper can name it: its own words say nothing of which one answers.
    title = set(terms(" ".join([hit.paper.title, *system_names(hit.paper)])))
    new = {term: weight for term, weight in rarity.items() if term not in title}
    of_sentence = [set(terms(sentence)) for sentence in entry.sentences]
    paper_words = weight_covered(rarity, title.union(*of_sentence))
    of_paper = PAPER_WORDS * paper_words + PAPER_SCORE * hit.score + name
    return [
        Evidence(
            hit.paper,
            sentence,
            index,
            of_paper
            + SENTENCE_COSINE * float(cosines[index])
            + NEW_WORDS * weight_covered(new, found)
            + (bonus if _DIGIT.search(sentence) else 0.0)
            + by_role.of(sentence, index),
        )
        for index, (sentence, found) in enumerate(
            zip(entry.sentences, of_sentence, strict=True), start=1
        )
    ]
