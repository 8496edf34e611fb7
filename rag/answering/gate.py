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

from rag.answering.evidence import asks_for_number
from rag.answering.prompt import INSTRUCTIONS
from rag.grounding.claims import Claim, claims_of
from rag.records import Answer, Evidence, Passage
from rag.store.keywords import KeywordIndex
from rag.text.language import ENGLISH, question_language
from rag.text.words import STOPWORDS, terms, words

MAX_FOREIGN = 0.1  # of the letters, in a script that neither the question nor the quotes use
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_PROMPT_WORDS = frozenset({*terms(INSTRUCTIONS), "user", "i", "i'm", "i'll"} - {"paper"})


class Signs(NamedTuple):
    """How a written answer compares with the question, its papers and the quotes.

    Where the words of two languages would be compared, a sign has its usual value instead.
    """

    told: float = 1.6  # the rarity of the words that it has from the papers' sentences, in all, log
    kept: float = 0.3  # the share of the first quote's words that it has, without the question's
    from_quotes: float = 0.6  # the share of its new words that are in the quotes
    leans_on: float = 1.0  # the score of the sentence that it resembles, as a share of the best
    echo: float = 0.2  # the share of its words that are in the question
    function_words: float = 0.35  # their share
    prompt_words: float = 0.0  # the share of its words that only the instructions have
    cites_others: float = 0.0  # the share of its papers that are not quoted
    lacks_number: float = 0.0  # 1: a number is asked for and quoted, and it has none
    gives_number: float = 0.0  # 1: a number is asked for, and it has one
    repetition: float = 0.0  # the share of its words that it repeats
    symbols: float = 0.0  # the share of its tokens that have neither letters nor digits
    opens: float = 1.0  # the share of its sentences that begin like one


WEIGHTS = Signs(*(0.0,) * 13)
BIAS = 1.0


class Gate:
    """Compares written answers with quotes. Thread-safe."""

    def __init__(self, keywords: KeywordIndex) -> None:
        self.keywords = keywords

    def passes(self, quoted: Answer, text: str, passages: Sequence[Passage]) -> bool:
        """Return whether the written text is as good as the quotes.

        Its markers are the numbers of the passages.
        """
        if _foreign_letters(text, f"{quoted.question.text} {quoted.text}") > MAX_FOREIGN:
            return False
        signs = self.signs(quoted, text, passages)
        return BIAS + sum(w * x for w, x in zip(WEIGHTS, signs, strict=True)) >= 0

    def signs(self, quoted: Answer, text: str, passages: Sequence[Passage]) -> Signs:
        """Read the signs."""
        question, chosen, claims = quoted.standalone, quoted_sentences(quoted), claims_of(text)
        papers = {passage.n: passage.paper for passage in passages}
        cited = {papers[n] for claim in claims for n in claim.cited if n in papers}
        quotes = " ".join(evidence.sentence for evidence in chosen)
        bare = " ".join(claim.text for claim in claims)
        said, spoken = terms(bare), words(bare)
        asks_number = asks_for_number(question)
        numbers = set(_NUMBER.findall(bare)) - set(_NUMBER.findall(question))
        signs = Signs(
            cites_others=_share([paper not in {e.paper for e in chosen} for paper in cited]),
            lacks_number=float(asks_number and bool(_NUMBER.search(quotes)) and not numbers),
            gives_number=float(asks_number and bool(numbers)),
            repetition=1 - len(set(said)) / len(said) if said else 0.0,
            symbols=_share([not any(c.isalnum() for c in token) for token in bare.split()]),
            opens=_share([not c.text.lstrip("“\"'(")[:1].islower() for c in claims]),
        )
        if question_language(bare) != ENGLISH:
            return signs
        in_question = set(terms(question))
        in_titles = {term for paper in cited for term in terms(paper.title)}
        new = set(said) - in_question - in_titles
        source = {
            term
            for passage in passages
            if passage.paper in cited
            for evidence in passage.sentences
            for term in terms(evidence.sentence)
        }
        first = chosen[0]
        in_first = set(terms(first.sentence)) - in_question - set(terms(first.paper.title))
        best = max(evidence.score for evidence in quoted.evidence)
        nearest = [evidence for claim in claims if (evidence := _nearest(claim, passages))]
        return signs._replace(
            told=math.log1p(self._rarity(new & source)),
            kept=_share([term in said for term in in_first]),
            from_quotes=_share([term in set(terms(quotes)) for term in new]),
            leans_on=max((evidence.score / best for evidence in nearest), default=0.0),
            echo=_share([term in in_question for term in said]),
            function_words=_share([word in STOPWORDS for word in spoken]),
            prompt_words=_share(
                [w in _PROMPT_WORDS and w not in source | in_question for w in said + spoken]
            ),
        )

    def _rarity(self, found: set[str]) -> float:
        """Return the sum of the terms' weights, the rarest's being 1."""
        if not found:
            return 0.0
        rarest = math.log(2 + 2 * max(1, self.keywords.paper_count()))
        return sum(self.keywords.idf(found).values()) / rarest


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


def _foreign_letters(text: str, known: str) -> float:
    """Return the share of the text's letters in scripts that the known text does not use."""
    scripts = {_script(c) for c in known if c.isalpha()} | {"LATIN", "GREEK"}
    return _share([_script(c) not in scripts for c in text if c.isalpha()])


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    """Return a letter's script as Unicode names it ("LATIN", "CJK", "CYRILLIC")."""
    return unicodedata.name(letter, "").partition(" ")[0]


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else 0.0
