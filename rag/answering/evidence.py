"""Scores the sentences of retrieved papers and chooses the ones that answer a question."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.config import EvidenceConfig
from rag.query.request import Request
from rag.records import Evidence, Hit, Paper
from rag.retrieval.entry import Entry
from rag.retrieval.index import Index
from rag.store.keywords import KeywordIndex, weight_covered
from rag.text.directives import is_directive
from rag.text.names import system_names
from rag.text.sentences import Role
from rag.text.words import terms

# The weights of a sentence's score; docs/evaluation.md says how they were fitted.
SENTENCE_COSINE = 0.6  # of the sentence (with its title) and the question
NEW_WORDS = 0.8  # share of the question's words in the sentence, without those of the title
HAS_NUMBER = 0.25  # if the question asks for a number
OWN_COSINE = 0.4  # of the question and what the sentence adds to the rest of its paper
PAPER_WORDS = 0.6  # share of the question's words in the paper
PAPER_SCORE = 0.8  # the retriever's
NAMED = 0.4  # if the question names the paper
NEAREST_SHARE = 0.75  # of the best score, for a sentence of the paper that the search found first
NEW_SHARE = 0.06  # of the question's words: a further quote with so many new ones is worth reading
TIE_SHARE = 0.9  # of a part's best score: of sentences that are as good, the longest says most
MIN_GAIN = 0.2  # in score for a part of the question, by a second sentence of the same paper
MIN_WORDS_EACH = 70  # quoted of each paper in a comparison

_ASKS_FOR_NUMBER = re.compile(
    r"\bhow (?:many|much|big|large|long|small|far|fast)\b|\bpercent|%|\bnumber of\b|\bsize\b"
    r"|\b(?:costs?|savings?|speed-?ups?|overhead|scores?|accuracy)\b"
    r"|\bcombien\b|\bwie ?viele?\b|\bcuánt",
    re.IGNORECASE,
)
# Questions about earlier work and its problems, which background sentences answer.
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
    """The part of a sentence's score that depends on its role, not on the question."""

    own_work: float
    background: float
    first: float  # abstracts begin with common knowledge
    pointer: float  # "the code is at …"

    def of(self, sentence: str, index: int) -> float:
        """Return the weight of the sentence with this index."""
        role = Role.of(sentence)
        return (
            self.own_work * role.own_work
            + self.background * role.background
            + self.pointer * role.pointer
            + self.first * (index == 1)
        )


ROLE_WEIGHTS = RoleWeights(own_work=0.15, background=-0.2, first=-0.3, pointer=-0.45)
PRESENTING_ROLE_WEIGHTS = RoleWeights(own_work=0.3, background=-0.3, first=-0.1, pointer=-0.45)
PROBLEM_ROLE_WEIGHTS = RoleWeights(own_work=0.05, background=0.0, first=-0.1, pointer=-0.45)


class EvidenceFinder:
    """Scores the sentences of retrieved papers and chooses which to quote."""

    def __init__(self, index: Index, keywords: KeywordIndex, config: EvidenceConfig) -> None:
        self.index = index
        self.keywords = keywords
        self.config = config

    def rank(
        self,
        request: Request,
        vector: NDArray[np.float32],
        hits: Sequence[Hit],
        *,
        presents: bool = False,
    ) -> list[Evidence]:
        """Return the sentences of these papers, best first; papers that it names get a bonus.

        `vector` is the embedding of the topic, shape (dimensions,). `presents` prefers sentences
        that say what a paper does to those with a detail.
        """
        question = request.topic
        named_ids = {paper.paper_id for paper in request.named}
        rarity = self.keywords.idf(request.topic_terms)
        number_bonus = HAS_NUMBER if not presents and asks_for_number(question) else 0.0
        role_weights = PRESENTING_ROLE_WEIGHTS if presents else ROLE_WEIGHTS
        if asks_for_problem(question):
            role_weights = PROBLEM_ROLE_WEIGHTS
        own_weight = 0.0 if presents else OWN_COSINE
        entries = self.index.entries([hit.paper.paper_id for hit in hits])
        ranked: list[Evidence] = []
        for hit in hits:
            if entry := entries.get(hit.paper.paper_id):
                name_bonus = NAMED if hit.paper.paper_id in named_ids else 0.0
                ranked.extend(
                    score_sentences(
                        hit,
                        entry,
                        vector,
                        rarity,
                        number_bonus,
                        name_bonus,
                        own_weight,
                        role_weights,
                    )
                )
        statements = [e for e in ranked if not is_directive(e.sentence)]
        return sorted(statements, key=lambda e: -e.score)

    def choose(
        self,
        request: Request,
        ranked: Sequence[Evidence],
        parts: Sequence[Sequence[Evidence]] = (),
        nearest: Paper | None = None,
    ) -> list[Evidence]:
        """Return the sentence that answers, and those further ones that add to it.

        A further one answers another part of the question, scores nearly as high, contains words of
        the question that are still missing, or has the number that is asked for. Another paper is
        quoted only if it is nearly as good. `parts` ranks the sentences by each further part;
        `nearest` is the paper that the search found first, which need not be quite as good.
        """
        chosen = list(ranked[:1])
        if chosen and (second := better_for_a_part(parts, chosen[0])):
            chosen.append(second[1])
        room = self.config.max_words - sum(len(e.sentence.split()) for e in chosen)
        for evidence in ranked:
            if len(chosen) >= self.config.max_sentences:
                break
            is_new = all(e.paper != evidence.paper or e.index != evidence.index for e in chosen)
            length = len(evidence.sentence.split())
            if is_new and length <= room and self._adds(request, chosen, evidence, nearest):
                chosen.append(evidence)
                room -= length
        return chosen

    def _adds(
        self,
        request: Request,
        chosen: Sequence[Evidence],
        evidence: Evidence,
        nearest: Paper | None,
    ) -> bool:
        """Return whether a sentence is worth reading after those that are chosen."""
        share = evidence.score / chosen[0].score if chosen[0].score > 0 else 1.0
        if all(evidence.paper != other.paper for other in chosen):
            is_nearest = evidence.paper == nearest
            return share >= (NEAREST_SHARE if is_nearest else self.config.second_share)
        if share >= self.config.more_share:
            return True
        if share < self.config.same_share:
            return False
        if asks_for_number(request.topic) and _DIGIT.search(evidence.sentence):
            return not any(_DIGIT.search(other.sentence) for other in chosen)
        known = [text for e in chosen for text in (e.paper.title, *system_names(e.paper))]
        seen = set(terms(" ".join([*known, *(e.sentence for e in chosen)])))
        rarity = self.keywords.idf(request.topic_terms)
        added = set(terms(evidence.sentence)) - seen
        return weight_covered(rarity, added) >= NEW_SHARE

    def choose_each(self, ranked: Sequence[Evidence], papers: Sequence[Paper]) -> list[Evidence]:
        """Return the best sentences of each paper, as many of each as its share of words allows."""
        room = max(MIN_WORDS_EACH, self.config.max_words // len(papers))
        chosen: list[Evidence] = []
        for paper in papers:
            remaining = room
            of_paper = [evidence for evidence in ranked if evidence.paper == paper]
            for n, evidence in enumerate(of_paper[: self.config.max_sentences]):
                length = len(evidence.sentence.split())
                if n == 0 or length <= remaining:
                    chosen.append(evidence)
                    remaining -= length
        return chosen


def asks_for_number(question: str) -> bool:
    """Return whether a question asks for a number."""
    return bool(_ASKS_FOR_NUMBER.search(question))


def asks_for_problem(question: str) -> bool:
    """Return whether a question asks what is wrong, here or with earlier work."""
    return bool(_ASKS_FOR_PROBLEM.search(question))


def better_for_a_part(
    parts: Sequence[Sequence[Evidence]], first: Evidence
) -> tuple[float, Evidence] | None:
    """Return the paper's sentence that answers a part better than this one, and by how much.

    `parts` ranks the sentences by each part of the question. Of several, the one that gains most;
    None if no sentence gains much.
    """
    best: tuple[float, Evidence] | None = None
    for ranked in parts:
        of_paper = {e.index: e for e in ranked if e.paper == first.paper}
        top = max(e.score for e in of_paper.values())
        ties = [e for e in of_paper.values() if e.score >= TIE_SHARE * top]
        second = max(ties, key=lambda evidence: len(evidence.sentence))
        gain = second.score - of_paper[first.index].score
        if gain >= (best[0] if best else MIN_GAIN):
            best = gain, second
    return best


def score_sentences(
    hit: Hit,
    entry: Entry,
    vector: NDArray[np.float32],
    rarity: dict[str, float],
    number_bonus: float,
    name_bonus: float,
    own_weight: float,
    role_weights: RoleWeights,
) -> list[Evidence]:
    """Return the sentences of an entry with their scores.

    `vector` is the question's, `rarity` has its terms' weights; the bonuses and weights are those
    that the question asks for.
    """
    cosines = entry.vectors @ vector
    own_cosines = _own_cosines(entry, vector)
    # Every sentence of a paper may contain its name, so that does not tell which one answers.
    title = set(terms(" ".join([hit.paper.title, *system_names(hit.paper)])))
    new_terms = {term: weight for term, weight in rarity.items() if term not in title}
    sentence_terms = [set(terms(sentence)) for sentence in entry.sentences]
    paper_coverage = weight_covered(rarity, title.union(*sentence_terms))
    paper_score = PAPER_WORDS * paper_coverage + PAPER_SCORE * hit.score + name_bonus
    return [
        Evidence(
            hit.paper,
            sentence,
            index,
            paper_score
            + SENTENCE_COSINE * float(cosines[index])
            + own_weight * float(own_cosines[index - 1])
            + NEW_WORDS * weight_covered(new_terms, found)
            + (number_bonus if _DIGIT.search(sentence) else 0.0)
            + role_weights.of(sentence, index),
        )
        for index, (sentence, found) in enumerate(
            zip(entry.sentences, sentence_terms, strict=True), start=1
        )
    ]


def _own_cosines(entry: Entry, vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each sentence's cosine with the question, both without what the paper is about.

    All sentences of a paper are similar to a question that names its subject. Taking away the
    direction that they have in common leaves what is asked about the subject.
    """
    sentences = entry.vectors[1:]
    common = sentences.mean(axis=0)
    common /= np.linalg.norm(common)
    own = sentences - np.outer(sentences @ common, common)
    asked = vector - (vector @ common) * common
    norms = np.linalg.norm(own, axis=1) * np.linalg.norm(asked)
    cosines: NDArray[np.float32] = (own @ asked) / np.maximum(norms, 1e-6)
    return cosines
