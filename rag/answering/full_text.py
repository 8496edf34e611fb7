"""Answers from one whole paper: its own sentences and table rows, with their sections.

The passages of the paper take the place of the papers of a search, and the sentences of the best
ones are scored as those of abstracts are. A word weighs the more the fewer passages of this paper
have it, and the paper's own names weigh nothing: what the whole paper is about decides nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.answering.answerability import Answerability, Signs, content_words
from rag.answering.draft import Draft
from rag.answering.evidence import EvidenceFinder, asks_for_number
from rag.answering.quote_check import SURE
from rag.answering.refusal import refuse_whole
from rag.answering.sentence_match import (
    AskedPieces,
    PaperSigns,
    SentenceSigns,
    idf,
    paper_probability,
    sentence_score,
    shares,
)
from rag.encoders.word_vectors import WordVectors
from rag.full_text.records import FullText, TextPassage
from rag.full_text.store import Found, FullTexts
from rag.grounding.alignment import Reader
from rag.query.request import FACT_HEADINGS, Request
from rag.records import Chunk, Citation, Evidence, Hit, Paper
from rag.text.directives import is_directive
from rag.text.names import system_names
from rag.text.words import STOPWORDS, terms, words

if TYPE_CHECKING:
    from rag.encoders.answer_scorer import AnswerScorer

MAX_PASSAGES = 24  # whose sentences are scored
MAX_SENTENCES = 80  # that are encoded for one question
MAX_QUOTES = 4
ENOUGH = 0.9  # how likely the answer is to be among the quotes, for there to be no more of them
INDEX_STEP = 1_000  # between the numbers of two passages' first sentences
ANSWERED_FROM = 0.45  # how likely the paper has to hold an answer

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
        self,
        texts: FullTexts,
        answerability: Answerability,
        evidence: EvidenceFinder,
        reader: Reader,
    ) -> None:
        """`reader` reads the word pieces of texts, with the bundled encoder."""
        self.texts = texts
        self.answerability = answerability
        self.evidence = evidence
        self.reader = reader

    @cached_property
    def scorer(self) -> "AnswerScorer":
        """What reads a question and sentences together; made when the first paper is asked."""
        from rag.encoders.answer_scorer import AnswerScorer

        return AnswerScorer(self.reader.embeddings)

    def draft(self, request: Request, paper: Paper, by_abstract: Draft) -> Draft:
        """Return the sentences of the paper that answer, or a refusal.

        `by_abstract` is what the abstract alone gives. It stays if the paper was not read whole, if
        the abstract has all of the best sentences, or if it surely answers and the paper does not.
        """
        text = self.texts.get(paper.paper_id)
        is_unsure = _is_unsure(by_abstract)
        if text is None:
            return by_abstract if is_unsure else replace(by_abstract, silent_paper=None)
        by_abstract = replace(by_abstract, silent_paper=None)
        self.texts.mark_used(paper.paper_id)
        ranked, signs = self.rank(replace(request, topic=topic_of(request)), paper, text)
        support = paper_probability(signs) if signs else 0.0
        hits = [Hit(paper, Chunk(paper.paper_id, 0, paper.title), 1.0, 1.0, 0.0)]
        if support < ANSWERED_FROM:
            refusal, citations = refuse_whole(paper, text.sections, text.paragraphs)
            whole = Draft(refusal, citations, hits, refused=True, support=support)
            return whole if is_unsure else by_abstract
        chosen = self._choose(ranked)
        if not by_abstract.refused and not any(evidence.section for evidence in chosen):
            return by_abstract
        lines = [quoted(text, evidence) for evidence in chosen]
        quote = Citation(1, paper, chosen[0].sentence, chosen[0].section)
        return Draft("\n  ".join(lines), (quote,), hits, ranked, support=support)

    def rank(
        self, request: Request, paper: Paper, text: FullText
    ) -> tuple[list[Evidence], PaperSigns | None]:
        """Return the paper's sentences, best first, and the signs that they answer."""
        signs = self.sentence_signs(request, paper, text)
        scored = [(replace(e, score=sentence_score(s)), s) for e, s in signs]
        if not scored:
            return [], None
        scored.sort(key=lambda pair: -pair[0].score)
        best, of_best = scored[0]
        others = self.passage_signs(request, text, best)
        return [evidence for evidence, _ in scored], PaperSigns(
            of_best.cosine,
            of_best.near,
            max(s.near for _, s in scored),
            max(s.worst for _, s in scored),
            others.gap,
            others.lacks_names,
            others.has_number,
            max(s.read for _, s in scored),
        )

    def sentence_signs(
        self, request: Request, paper: Paper, text: FullText
    ) -> list[tuple[Evidence, SentenceSigns]]:
        """Return the sentences of the passages that fit the question, and what speaks for each."""
        vector = self.texts.embedder.encode_question(request.topic)
        found = [*self._abstract(paper, vector), *self.texts.nearest(text, vector)]
        asked = _AskedWords(request, paper, found, self.answerability.word_vectors)
        passages = [_Passage(f, asked.share_in(_text_of(f.passage))) for f in found]
        best = sorted(passages, key=lambda passage: -passage.score)[:MAX_PASSAGES]
        sentences = [
            (
                Evidence(
                    paper, sentence, INDEX_STEP * (f.position + 1) + n, 0.0, f.passage.section
                ),
                f,
            )
            for f, _ in best
            for n, sentence in enumerate(f.passage.sentences(), start=1)
            if not is_directive(sentence)
        ][:MAX_SENTENCES]
        headed = [f"{_head_of(f.passage)}\n{e.sentence}" for e, f in sentences]
        asked_of_it = _called_it(request.topic, paper)
        by_text = self.reader.read([asked_of_it, *headed])
        question, readings = by_text[asked_of_it], [by_text[text] for text in headed]
        pieces = AskedPieces(question, readings)
        is_number = asks_for_number(request.topic)
        read = self.scorer.scores(question.tokens, [reading.tokens for reading in readings])
        signs = []
        for (evidence, _), head, reading, odds in zip(
            sentences, headed, readings, read, strict=True
        ):
            cosine, near, worst = pieces.compare(reading)
            has_number = float(is_number and any(map(str.isdigit, evidence.sentence)))
            shared = asked.share_in(head)
            signs.append(SentenceSigns(cosine, shared, near, worst, has_number, float(odds)))
        return [(e, s) for (e, _), s in zip(sentences, signs, strict=True)]

    def passage_signs(self, request: Request, text: FullText, best: Evidence) -> Signs:
        """Read the signs of answerability from the passage that a sentence stands in."""
        passage = _passage_of(best.paper, text, best)
        place = replace(best, paper=replace(best.paper, abstract=_text_of(passage)))
        return self.answerability.signs(request, place)

    def _abstract(self, paper: Paper, vector: NDArray[np.float32]) -> list[Found]:
        entries = self.evidence.index.stored_entries([paper.paper_id]).values()
        passage = _abstract_of(paper)
        return [Found(passage, -1, float(entry.vectors[0] @ vector)) for entry in entries]

    def _choose(self, ranked: Sequence[Evidence]) -> list[Evidence]:
        """Return the best sentences, until the answer is likely among them or there is no room."""
        chosen: dict[str, Evidence] = {}  # an introduction may say a sentence of the abstract again
        room, covered = self.evidence.config.max_words, 0.0
        for evidence, share in zip(ranked, shares([e.score for e in ranked]), strict=True):
            if len(chosen) == MAX_QUOTES or covered >= ENOUGH:
                break
            covered += share
            length = len(evidence.sentence.split())
            if not chosen or (length <= room and evidence.sentence not in chosen):
                chosen[evidence.sentence] = evidence
                room -= length
        return list(chosen.values())


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
            stem: idf(sum(stem in of for of in known), len(known)) for stem in stems.values()
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


def topic_of(request: Request) -> str:
    """Return what to look for; of a fact that papers have a section for, also its heading."""
    headings = [FACT_HEADINGS[fact] for fact in request.facts if fact in FACT_HEADINGS]
    return " ".join([request.topic or request.text, *headings])


def _called_it(question: str, paper: Paper) -> str:
    """Return the question with "it" for the paper's names, as what scores sentences has learned."""
    names = sorted({paper.title, *system_names(paper)}, key=len, reverse=True)
    any_name = "|".join(map(re.escape, names))
    return re.sub(
        rf"[“\"]?(?<![\w-])(?:{any_name})(?![\w-])[”\"]?", "it", question, flags=re.IGNORECASE
    )


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


def quoted(text: FullText, evidence: Evidence) -> str:
    """Return a line: `§3.2 Training: “We train …” [1]`; a table's row has no quotation marks."""
    passage = _passage_of(evidence.paper, text, evidence)
    if not passage.is_table:
        place, said = evidence.section, f"“{evidence.sentence}”"
    else:
        number = _TABLE_NUMBER.match(passage.caption)
        place = ", ".join(filter(None, [evidence.section, number[0] if number else "table"]))
        said = evidence.sentence
    return f"{place}: {said} [1]" if place else f"{said} [1]"


def _is_unsure(draft: Draft) -> bool:
    """Return whether an abstract does not answer, or not surely."""
    is_doubtful = draft.holds is not None and draft.holds < SURE
    return draft.refused or draft.is_silent or is_doubtful
