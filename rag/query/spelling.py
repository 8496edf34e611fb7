"""Corrects misspelt words with the words that papers use: "halucination", "atention"."""

import re
import threading
from collections.abc import Collection

from rapidfuzz import fuzz, process

from rag.encoders.word_vectors import WordVectors
from rag.store.keywords import KeywordIndex
from rag.text.words import STOPWORDS, fold, terms

MIN_LENGTH = 6  # of a word; shorter ones are similar to too many others
MIN_TERM_SIMILARITY = 70  # of 100, for a term to be a candidate
MAX_CANDIDATES = 5
MIN_PAPER_SHARE = 0.005  # of the papers contain a candidate; rarer words may be names
MIN_WORD_SIMILARITY = 88  # of 100: about one letter in eight may be wrong
_WORD = re.compile(r"[^\W\d_]+")


class SpellingCorrector:
    """Corrects words that are neither in the papers nor common English words."""

    def __init__(
        self,
        keywords: KeywordIndex,
        word_vectors: WordVectors,
        *,
        known: Collection[str] = (),
    ) -> None:
        """`known` are further words that are spelled correctly."""
        self.keywords = keywords
        self.word_vectors = word_vectors
        self.known = known
        self._lock = threading.Lock()
        self._version = -1
        self._vocabulary: dict[str, list[str]] = {}  # terms by their first letter

    def correct(self, question: str) -> str:
        """Return the question with misspelt words replaced by the most similar ones."""
        candidates = {
            word
            for word in _WORD.findall(question)
            if len(word) >= MIN_LENGTH
            and word.islower()
            and fold(word) not in STOPWORDS
            and word not in self.known
        }
        stems = {word: terms(word)[0] for word in candidates if len(terms(word)) == 1}
        counts = self.keywords.document_counts(stems.values()) if stems else {}
        for word, stem in stems.items():
            is_known = counts[stem] or self.word_vectors.knows(word)
            if not is_known and (better := self._nearest(word, stem)):
                question = re.sub(rf"\b{re.escape(word)}\b", better, question)
        return question

    def _nearest(self, word: str, stem: str) -> str | None:
        """Return the most similar word as papers write it; None if none is similar enough."""
        similar = process.extract(
            stem,
            self._terms().get(stem[0], []),
            scorer=fuzz.ratio,
            score_cutoff=MIN_TERM_SIMILARITY,
            limit=MAX_CANDIDATES,
        )
        written = [form for term, *_ in similar for form in self.keywords.words_for_term(term)]
        best = process.extractOne(
            fold(word), written, scorer=fuzz.ratio, score_cutoff=MIN_WORD_SIMILARITY
        )
        return best[0] if best else None

    def _terms(self) -> dict[str, list[str]]:
        """Return the papers' common terms by first letter; reloads them when papers were added."""
        with self._lock:
            version = self.keywords.version()
            if version != self._version:
                self._vocabulary = {}
                for term in self.keywords.common_terms(MIN_PAPER_SHARE):
                    if term.isalpha():
                        self._vocabulary.setdefault(term[0], []).append(term)
                self._version = version
            return self._vocabulary
