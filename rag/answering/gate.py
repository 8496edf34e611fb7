"""Decides whether a written answer is as good as the quoted sentences that it would replace.

The check of rag/grounding says whether the abstracts support each sentence. But a supported
sentence can still be babble, say the question back, or tell something else about another paper.
Signs of that are weighed by a logistic regression (`python -m tests.benchmarks.gate` fits it and
prints how many good answers pass and how many bad ones are caught).
"""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from rag.answering.evidence import asks_for_number
from rag.answering.prompt import INSTRUCTIONS
from rag.encoders.embedder import Embedder
from rag.grounding.claims import Claim, claims_of
from rag.records import Answer, Evidence, Passage
from rag.store.keywords import KeywordIndex, weight_covered
from rag.text.language import ENGLISH, question_language
from rag.text.names import is_name_in, names_in
from rag.text.words import STOPWORDS, fold, terms, words

USUAL_FUNCTION_WORDS = 0.35  # their share in a text whose language has no list of them
_PROMPT_WORDS = {*terms(INSTRUCTIONS), "user", "i", "i'm", "i'll"} - {"paper"}
_DIGIT = re.compile(r"\d")


class Signs(NamedTuple):
    """How a written answer compares with the quotes; all are shares or differences of shares."""

    relevance: float  # its cosine with the question, less that of the quotes
    best_sentence: float  # the same for the best sentence of each
    agreement: float  # its cosine with the quotes
    coverage: float  # the share of the question's words that it has, less that of the quotes
    new_terms: float  # how many of its words are neither in the question nor in titles, log
    news: float  # the rarity of these words in all, log
    told: float  # the same for those that the cited sentences have, too
    prompt_words: float  # the share of its words that only the instructions have
    letters: float  # the share of letters and digits among its characters
    kept_terms: float  # the share of such words of the first quote that it has
    from_quotes: float  # the share of its new words that are in the quotes
    kept_numbers: float  # the share of the first quote's numbers that it has, 1 if there are none
    kept_names: float  # the same for names
    quoted_too: float  # the share of its sentences that resemble a quoted sentence most
    leans_on: float  # the score of the best sentence that it resembles, as a share of the top score
    cites_first: float  # 1: it cites the paper that is quoted first
    cites_others: float  # the share of its citations that are not quoted
    cites_quoted: float  # the share of the quoted papers that it cites
    lacks_number: float  # 1: a number is asked for and quoted, and it has none
    echo: float  # the share of its words that are in the question
    in_titles: float  # the share of its words that are in the titles of its papers
    repetition: float  # the share of its words that it repeats
    function_words: float  # their share
    markers: float  # per word
    removed: float  # the share of its sentences that the check removed
    length: float  # in words, log


WEIGHTS = (0.0,) * 26
BIAS = 1.0


class Gate:
    """Compares written answers with quotes. Thread-safe."""

    def __init__(self, embedder: Embedder, keywords: KeywordIndex) -> None:
        """`embedder` is the bundled one: the weights were fitted with it."""
        self.embedder = embedder
        self.keywords = keywords

    def passes(
        self, quoted: Answer, text: str, passages: Sequence[Passage], *, removed: float = 0.0
    ) -> bool:
        """Return whether the written text is as good as the quotes; see `signs`."""
        signs = self.signs(quoted, text, passages, removed=removed)
        return BIAS + sum(w * x for w, x in zip(WEIGHTS, signs, strict=True)) >= 0

    def signs(
        self, quoted: Answer, text: str, passages: Sequence[Passage], *, removed: float = 0.0
    ) -> Signs:
        """Read the signs. The markers of `text` are the numbers of the passages."""
        question = quoted.standalone
        chosen = quoted_sentences(quoted)
        claims = claims_of(text)
        papers = {passage.n: passage.paper for passage in passages}
        cited = [papers[n] for claim in claims for n in claim.cited if n in papers]
        cited = list(dict.fromkeys(cited))
        quoted_papers = list(dict.fromkeys(evidence.paper for evidence in chosen))
        bare = " ".join(claim.text for claim in claims)
        quotes = " ".join(evidence.sentence for evidence in chosen)
        sentences = [claim.text for claim in claims] or [""]
        quoted_texts = [evidence.sentence for evidence in chosen] or [""]
        vectors = self.embedder.encode([bare, quotes, *sentences, *quoted_texts])
        asked = self.embedder.encode_question(question)
        cosines = vectors @ asked
        n = 2 + len(sentences)

        in_question = set(terms(question))
        in_titles = {term for paper in cited for term in terms(paper.title)}
        in_quoted_titles = {term for paper in quoted_papers for term in terms(paper.title)}
        said, said_once = terms(bare), set(terms(bare))
        in_quotes = set(terms(quotes))
        rarity = self.keywords.idf(in_question) if in_question else {}
        first_quote = set(terms(quoted_texts[0])) - in_question - in_quoted_titles
        new = said_once - in_question - in_titles
        spoken = words(bare)
        rarest = math.log(2 + 2 * max(1, self.keywords.paper_count()))
        weights = self.keywords.idf(new) if new else {}
        news = sum(weights.values()) / rarest
        source = {
            t for p in passages if p.paper in cited for e in p.sentences for t in terms(e.sentence)
        }
        told = sum(w for t, w in weights.items() if t in source) / rarest
        known = " ".join([question, *(paper.title for paper in quoted_papers)])
        nearest = [e for claim in claims if (e := _nearest(claim, passages))]
        top = max((e.score for e in quoted.evidence), default=1.0)
        is_english = question_language(bare) == ENGLISH
        return Signs(
            relevance=float(cosines[0] - cosines[1]),
            best_sentence=float(cosines[2:n].max() - cosines[n:].max()),
            agreement=float(vectors[0] @ vectors[1]),
            coverage=weight_covered(rarity, said_once | in_titles)
            - weight_covered(rarity, in_quotes | in_quoted_titles),
            new_terms=math.log1p(len(new)),
            news=math.log1p(news),
            told=math.log1p(told),
            prompt_words=_share(
                [w in _PROMPT_WORDS and w not in source | in_question for w in said + spoken]
            ),
            letters=sum(c.isalnum() for c in bare) / max(1, sum(not c.isspace() for c in bare)),
            kept_terms=len(first_quote & said_once) / max(1, len(first_quote)),
            from_quotes=len(new & in_quotes) / max(1, len(new)),
            kept_numbers=_kept(
                numbers_in(quoted_texts[0]) - numbers_in(question), numbers_in(bare)
            ),
            kept_names=_kept(
                {fold(n) for n in names_in(quoted_texts[0]) if not is_name_in(n, known)},
                {fold(n) for n in names_in(quoted_texts[0]) if is_name_in(n, bare)},
            ),
            quoted_too=_share([e in chosen for e in nearest]),
            leans_on=max((e.score / top for e in nearest), default=0.0),
            cites_first=float(quoted_papers[:1] == [p for p in cited if p in quoted_papers[:1]]),
            cites_others=_share([paper not in quoted_papers for paper in cited]),
            cites_quoted=_share([paper in cited for paper in quoted_papers]),
            lacks_number=float(
                asks_for_number(question)
                and bool(_DIGIT.search(quotes))
                and not _DIGIT.search(bare)
            ),
            echo=_share([term in in_question for term in said]),
            in_titles=_share([term in in_titles for term in said]),
            repetition=1 - len(said_once) / len(said) if said else 0.0,
            function_words=_share([word in STOPWORDS for word in spoken])
            if is_english
            else USUAL_FUNCTION_WORDS,
            markers=sum(len(claim.cited) for claim in claims) / max(1, len(spoken)),
            removed=removed,
            length=math.log1p(len(spoken)),
        )


def _nearest(claim: Claim, passages: Sequence[Passage]) -> Evidence | None:
    """Return the sentence of the cited papers that has most words in common with a claim."""
    said = set(terms(claim.text))
    sentences = [e for p in passages if p.n in claim.cited for e in p.sentences]
    if not said or not sentences:
        return None
    return max(sentences, key=lambda e: len(said & set(terms(e.sentence))))


def _kept(wanted: set[str], found: set[str]) -> float:
    return len(wanted & found) / len(wanted) if wanted else 1.0


def numbers_in(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.,]\d+)*", text))


def quoted_sentences(quoted: Answer) -> list[Evidence]:
    """Return the sentences that an extractive answer quotes, the best first."""
    return [e for e in quoted.evidence if e.sentence in quoted.text] or list(quoted.evidence[:1])


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else 0.0
