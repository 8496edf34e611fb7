"""Decides whether a written answer is as good as the quoted sentences that it would replace.

The check of rag/grounding says whether the abstracts support each sentence. But a supported
sentence can still be babble, say the question back, or tell something else about another paper.
Signs of that are weighed by a logistic regression (`python -m tests.benchmarks.gate` fits it and
prints how many good answers pass and how many bad ones are caught).
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rag.answering.prompt import INSTRUCTIONS
from rag.grounding.claims import Claim, claims_of
from rag.records import Answer, Evidence, Passage
from rag.store.keywords import KeywordIndex
from rag.text.language import ENGLISH, function_words, question_language, sentence_language
from rag.text.words import STOPWORDS, fold, terms, words

MAX_FOREIGN = 0.03  # of the letters, in a script that neither the question nor the quotes use
USUAL_FUNCTION_WORDS = 0.15  # of all words; fewer are a list of words, or a short answer
USUAL_LENGTH = 12  # words, from which on an answer has so many
# A Chinese or Japanese character is about half a word.
_HAN = r"[\u3040-\u30ff\u3400-\u9fff]"
_WORD = re.compile(rf"{_HAN}|(?:(?!{_HAN})[^\W_])+(?:[-'’.,][^\W_]+)*")
_PROMPT_WORDS = frozenset({*terms(INSTRUCTIONS), "user", "i", "i'm", "i'll"} - {"paper"})


class Signs(NamedTuple):
    """How a written answer compares with the question, its papers and the quotes."""

    told: float  # the rarity of the words that it has from the papers' sentences, in all, log
    new: float  # how many of its content words are not in the question, log
    length: float  # in words, log
    quoted_too: float  # the share of its sentences that resemble a quoted sentence most
    paper_score: float  # the best sentence of its papers against the best one of all
    cites_others: float  # the share of its papers that are not quoted
    prompt_words: float  # the share of its words that only the instructions have
    symbols: float  # the share of its tokens that have neither letters nor digits
    begins: float  # the share of its sentences that begin like one
    bare: float  # how far it is below the usual share of function words


# Of what cannot be compared, because answer and papers are in two languages.
USUAL = Signs(1.5, 2.0, 2.5, 0.9, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
WEIGHTS = Signs(
    told=2.78,
    new=3.12,
    length=-3.16,
    quoted_too=1.47,
    paper_score=21.65,
    cites_others=-3.47,
    prompt_words=-28.63,
    symbols=-24.53,
    begins=9.19,
    bare=-83.1,
)
BIAS = -30.11


class Gate:
    """Compares written answers with quotes. Thread-safe."""

    def __init__(self, keywords: KeywordIndex) -> None:
        self.keywords = keywords

    def passes(self, quoted: Answer, text: str, passages: Sequence[Passage]) -> bool:
        """Return whether the written text is as good as the quotes.

        Its markers are the numbers of the passages.
        """
        if has_foreign_letters(quoted, text) and not quoted.answer_in:
            return False
        signs = self.signs(quoted, text, passages)
        return BIAS + sum(w * x for w, x in zip(WEIGHTS, signs, strict=True)) >= 0

    def signs(self, quoted: Answer, text: str, passages: Sequence[Passage]) -> Signs:
        """Read the signs; those that compare English words are as usual in other languages."""
        claims = claims_of(text, passages)
        bare = " ".join(claim.text for claim in claims)
        language = sentence_language(bare, question_language(quoted.question.text))
        papers = {passage.n: passage.paper for passage in passages}
        cited = {papers[n] for claim in claims for n in claim.cited if n in papers}
        chosen = quoted_sentences(quoted)
        scores = [evidence.score for evidence in quoted.evidence if evidence.paper in cited]
        signs = USUAL._replace(
            new=math.log1p(_count_new(bare, quoted, language)),
            length=math.log1p(sum(map(_size, _words(bare)))),
            paper_score=max(scores, default=0.0) / max(e.score for e in quoted.evidence),
            cites_others=_share([paper not in {e.paper for e in chosen} for paper in cited]),
            symbols=_share([not any(c.isalnum() for c in token) for token in bare.split()]),
            begins=_share([not c.text.lstrip("“\"'(")[:1].islower() for c in claims]),
        )
        if language != ENGLISH:
            return signs
        in_question, said, spoken = set(terms(quoted.standalone)), terms(bare), words(bare)
        in_titles = {term for paper in cited for term in terms(paper.title)}
        source = {
            term
            for passage in passages
            if passage.paper in cited
            for evidence in passage.sentences
            for term in terms(evidence.sentence)
        }
        nearest = [evidence for claim in claims if (evidence := _nearest(claim, passages))]
        lacking = USUAL_FUNCTION_WORDS - _share([word in STOPWORDS for word in spoken])
        return signs._replace(
            told=math.log1p(self._rarity((set(said) & source) - in_question - in_titles)),
            quoted_too=_share([e.sentence in {c.sentence for c in chosen} for e in nearest]),
            prompt_words=_share(
                [w in _PROMPT_WORDS and w not in source | in_question for w in said + spoken]
            ),
            bare=max(0.0, lacking) * min(1.0, len(spoken) / USUAL_LENGTH),
        )

    def _rarity(self, found: set[str]) -> float:
        """Return the sum of the terms' weights, the rarest's being 1."""
        if not found:
            return 0.0
        rarest = math.log(2 + 2 * max(1, self.keywords.paper_count()))
        return sum(self.keywords.idf(found).values()) / rarest


def _count_new(text: str, quoted: Answer, language: str) -> float:
    """Return how many content words of the text the question does not have."""
    asked = f"{quoted.question.text} {quoted.standalone}"
    known = {*_words(asked), *terms(asked)}
    usual = STOPWORDS
    if language in (other := function_words()):
        usual = other[language][0] | other[language][1]
    new = {
        word
        for word in _words(text)
        if word not in usual | known and not known.issuperset(terms(word) or {word})
    }
    return sum(map(_size, new))


def _words(text: str) -> list[str]:
    """Return the folded words, each Chinese or Japanese character for itself."""
    return _WORD.findall(fold(text))


def _size(word: str) -> float:
    """Return 1, or 0.5 for a character that is about half a word."""
    return 0.5 if re.match(_HAN, word) else 1.0


def quoted_sentences(quoted: Answer) -> list[Evidence]:
    """Return the sentences that an extractive answer quotes, the best first."""
    return [e for e in quoted.evidence if e.sentence in quoted.text] or list(quoted.evidence[:1])


def _nearest(claim: Claim, passages: Sequence[Passage]) -> Evidence | None:
    """Return the sentence of the cited papers that has most words in common with a claim."""
    said = set(terms(claim.text))
    sentences = [e for p in passages if p.n in claim.cited for e in p.sentences]
    if not said or not sentences:
        return None
    return max(sentences, key=lambda e: len(said & set(terms(e.sentence))))


def has_foreign_letters(quoted: Answer, text: str) -> bool:
    """Return whether much of it is in a script that neither the question nor the quotes use."""
    known = f"{quoted.question.text} {quoted.text}"
    scripts = {_script(c) for c in known if c.isalpha()} | {"LATIN", "GREEK"}
    return _share([_script(c) not in scripts for c in text if c.isalpha()]) > MAX_FOREIGN


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    """Return a letter's script as Unicode names it ("LATIN", "CJK", "CYRILLIC")."""
    return unicodedata.name(letter, "").partition(" ")[0]


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else 0.0
