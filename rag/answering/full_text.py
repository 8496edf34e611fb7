"""Answers from one whole paper: its own sentences and table rows, with their sections.

The passages of the paper take the place of the papers of a search, and the sentences of the best
ones are scored as those of abstracts are. A word weighs the more the fewer passages of this paper
have it, and the paper's own names weigh nothing: what the whole paper is about decides nothing.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.answering.answerability import Answerability, Signs, content_words
from rag.answering.evidence import (
    HAS_NUMBER,
    OWN_COSINE,
    PROBLEM_ROLE_WEIGHTS,
    ROLE_WEIGHTS,
    EvidenceFinder,
    asks_for_number,
    asks_for_problem,
    score_sentences,
)
from rag.answering.refusal import refuse_whole
from rag.encoders.word_vectors import WordVectors
from rag.full_text.records import FullText, TextPassage
from rag.full_text.store import Found, FullTexts
from rag.query.request import Fact, Request
from rag.records import Chunk, Citation, Draft, Evidence, Hit, Paper
from rag.retrieval.index import Entry
from rag.text.directives import is_directive
from rag.text.words import STOPWORDS, terms, words

MAX_PASSAGES = 8  # whose sentences are scored
MAX_SENTENCES = 60  # that are encoded for one question
# The weights of the question's words, added to a sentence's score as an abstract's has it …
HEADED_WORDS = 1.0  # in the sentence, its heading and its table's caption
PASSAGE_WORDS = 0.5  # in its passage
INDEX_STEP = 1_000  # between the numbers of two passages' first sentences
ANSWERED_FROM = 0.5  # how likely the paper has to hold an answer
SURE = 0.7  # how likely the abstract has to: below, the paper may say it better

_FACT_TOPICS: dict[Fact, str] = {
    "limits": "limitations",
    "results": "results",
}
_TABLE_NUMBER = re.compile(r"tab(?:le|\.)\s+[\w.]*\w", re.IGNORECASE)


class _Passage(NamedTuple):
    """A passage, and how well it fits the question: its cosine and its share of the words."""

    found: Found
    covered: float

    @property
    def score(self) -> float:
        return (self.found.cosine + self.covered) / 2


class WholePaperQA:
    """Answers a request from the full text of the one paper that it is about. Thread-safe."""

    def __init__(
        self, texts: FullTexts, answerability: Answerability, evidence: EvidenceFinder
    ) -> None:
        self.texts = texts
        self.answerability = answerability
        self.evidence = evidence

    def draft(self, request: Request, paper: Paper, by_abstract: Draft) -> Draft:
        """Return the sentences of the paper that answer, or a refusal.

        `by_abstract` is what the abstract alone gives. It stays if the paper was not read whole, or
        if the abstract has the best sentence or surely answers.
        """
        text = self.texts.get(paper.paper_id)
        is_unsure = _is_unsure(by_abstract)
        if text is None:
            return by_abstract if is_unsure else replace(by_abstract, silent_paper=None)
        by_abstract = replace(by_abstract, silent_paper=None)
        self.texts.mark_used(paper.paper_id)
        request = replace(request, topic=_topic_of(request))
        ranked, support = self.rank(request, paper, text)
        hits = [Hit(paper, Chunk(paper.paper_id, 0, paper.title), 1.0, 1.0, 0.0)]
        if support < ANSWERED_FROM:
            refusal, citations = refuse_whole(paper, text.sections, text.paragraphs)
            whole = Draft(refusal, citations, hits, refused=True, support=support)
            return whole if is_unsure else by_abstract
        chosen = self.evidence.choose(request, ranked)
        if not chosen[0].section and not by_abstract.refused:
            return by_abstract
        lines = [_quoted(paper, text, evidence) for evidence in chosen]
        quote = Citation(1, paper, chosen[0].sentence, chosen[0].section)
        return Draft("\n  ".join(lines), (quote,), hits, ranked, support=support)

    def rank(self, request: Request, paper: Paper, text: FullText) -> tuple[list[Evidence], float]:
        """Return the paper's sentences, best first, and how likely they answer, 0 to 1."""
        vector = self.texts.embedder.encode_question(request.topic)
        found = [*self._abstract(paper, vector), *self.texts.nearest(text, vector)]
        asked = _AskedWords(request, paper, found, self.answerability.word_vectors)
        passages = [_Passage(f, asked.share_in(_text_of(f.passage))) for f in found]
        best = sorted(passages, key=lambda passage: -passage.score)[:MAX_PASSAGES]
        ranked = self._sentences(request, paper, best, vector, asked)
        if not ranked:
            return [], 0.0
        signs = self.signs(request, text, ranked[0])
        return ranked, self.answerability.probability(signs, of_whole_paper=True)

    def signs(self, request: Request, text: FullText, best: Evidence) -> Signs:
        """Read the signs from the question, the best sentence and the passage it stands in."""
        passage = _passage_of(best.paper, text, best)
        place = replace(best, paper=replace(best.paper, abstract=_text_of(passage)))
        return self.answerability.signs(request, place)

    def _abstract(self, paper: Paper, vector: NDArray[np.float32]) -> list[Found]:
        entries = self.evidence.index.entries([paper.paper_id]).values()
        passage = _abstract_of(paper)
        return [Found(passage, -1, float(entry.vectors[0] @ vector)) for entry in entries]

    def _sentences(
        self,
        request: Request,
        paper: Paper,
        passages: Sequence[_Passage],
        vector: NDArray[np.float32],
        asked: "_AskedWords",
    ) -> list[Evidence]:
        """Return the sentences of these passages with their scores, best first."""
        number_bonus = HAS_NUMBER if asks_for_number(request.topic) else 0.0
        is_problem = asks_for_problem(request.topic)
        role_weights = (PROBLEM_ROLE_WEIGHTS if is_problem else ROLE_WEIGHTS)._replace(first=0.0)
        ranked: list[Evidence] = []
        for passage, entry in zip(passages, self._encoded(passages), strict=True):
            found = passage.found
            hit = Hit(paper, Chunk(paper.paper_id, 0, ""), passage.score, found.cosine, 0.0)
            of_passage = score_sentences(
                hit, entry, vector, asked.weights, number_bonus, 0.0, OWN_COSINE, role_weights
            )
            head = _head_of(found.passage)
            ranked += [
                replace(
                    evidence,
                    index=INDEX_STEP * (found.position + 1) + evidence.index,
                    section=found.passage.section,
                    score=evidence.score
                    + HEADED_WORDS * asked.share_in(f"{head} {evidence.sentence}")
                    + PASSAGE_WORDS * passage.covered,
                )
                for evidence in of_passage
                if not is_directive(evidence.sentence)
            ]
        return sorted(ranked, key=lambda evidence: -evidence.score)

    def _encoded(self, passages: Sequence[_Passage]) -> list[Entry]:
        """Return each passage's sentences with their vectors, encoded below its heading."""
        texts: list[str] = []
        sentences: list[list[str]] = []
        for passage, *_ in passages:
            head = passage.passage.caption or _head_of(passage.passage)
            sentences.append(passage.passage.sentences()[: MAX_SENTENCES - len(texts)])
            texts += [f"{head}\n{sentence}" for sentence in sentences[-1]]
        encoded = self.texts.embedder.encode(texts)
        entries, start = [], 0
        for (found, _), of_passage in zip(passages, sentences, strict=True):
            rows = encoded[start : start + len(of_passage)]
            whole = rows.mean(axis=0, keepdims=True) if len(rows) else encoded[:1]
            vectors = np.concatenate([whole, rows])
            entries.append(Entry(found.passage.passage_id, "", tuple(of_passage), vectors))
            start += len(of_passage)
        return entries


class _AskedWords:
    """The words of a question without the paper's own names, weighed by the paper's passages."""

    def __init__(
        self, request: Request, paper: Paper, found: Sequence[Found], vectors: WordVectors
    ) -> None:
        known = [set(terms(_text_of(f.passage))) for f in found]
        self.words = content_words(request, paper, set().union(*known))
        self.vectors = vectors
        stems = {word: (terms(word) or [word])[-1] for word in self.words}
        self.stems = list(stems.values())
        self.weights = {
            stem: _idf(sum(stem in of for of in known), len(known)) for stem in stems.values()
        }

    def share_in(self, text: str) -> float:
        """Return the share, by weight, of the asked words that a text has, or has similar ones."""
        spoken = [word for word in dict.fromkeys(words(text)) if word not in STOPWORDS]
        total = sum(self.weights[stem] for stem in self.stems)
        if not spoken or not total:
            return 0.0
        there = set(terms(text))
        near = self.vectors.similarity(self.words, spoken).max(axis=1)
        return (
            sum(
                self.weights[stem] * (1.0 if stem in there else max(0.0, float(similar)))
                for stem, similar in zip(self.stems, near, strict=True)
            )
            / total
        )


def _topic_of(request: Request) -> str:
    """Return what to look for: of a fact that papers have a section for, what its heading says."""
    topics = [_FACT_TOPICS[fact] for fact in request.facts if fact in _FACT_TOPICS]
    return ", ".join(topics) or request.topic or request.text


def _idf(count: int, total: int) -> float:
    return math.log(1 + (total - count + 0.5) / (count + 0.5))


def _head_of(passage: TextPassage) -> str:
    return " ".join(filter(None, [*passage.headings[-1:], passage.caption]))


def _text_of(passage: TextPassage) -> str:
    return f"{_head_of(passage)} {passage.text}"


def _abstract_of(paper: Paper) -> TextPassage:
    return TextPassage(paper.paper_id, (), paper.abstract)


def _passage_of(paper: Paper, text: FullText, evidence: Evidence) -> TextPassage:
    """Return the passage that a sentence stands in."""
    position = evidence.index // INDEX_STEP - 1
    return text.passages[position] if position >= 0 else _abstract_of(paper)


def _quoted(paper: Paper, text: FullText, evidence: Evidence) -> str:
    """Return a line: `§3.2 Training: “We train …” [1]`; a table's row has no quotation marks."""
    passage = _passage_of(paper, text, evidence)
    if not passage.is_table:
        place, said = evidence.section, f"“{evidence.sentence}”"
    else:
        number = _TABLE_NUMBER.match(passage.caption)
        place = ", ".join(filter(None, [evidence.section, number[0] if number else "table"]))
        said = evidence.sentence
    return f"{place}: {said} [1]" if place else f"{said} [1]"


def _is_unsure(draft: Draft) -> bool:
    """Return whether an abstract does not answer, or not surely.

    Without an estimate, it is known that the abstract is silent: see paper_details.
    """
    return draft.refused or draft.support is None or draft.support < SURE
