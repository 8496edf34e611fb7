"""Words typed wrong, set right by the words that papers use: "halucination", "atention"."""

import re
import threading

from rapidfuzz import fuzz, process

from rag.encoders.word_vectors import WordVectors
from rag.store.keywords import KeywordIndex
from rag.text.words import STOPWORDS, fold, terms

MIN_LENGTH = 6  # of a word; shorter ones have too many neighbours
SIMILAR_TERM = 75  # of 100: a term that is looked at …
LOOKED_AT = 5  # … no more than these
COMMON = 0.005  # of the papers have a word that others are taken for: names stay what they are
SIMILAR = 88  # of a word: about one letter in eight may be wrong
_WORD = re.compile(r"[^\W\d_]+")


class Speller:
    """Corrects words that no paper has and that are no common English word."""

    def __init__(self, keywords: KeywordIndex, word_vectors: WordVectors) -> None:
        self.keywords = keywords
        self.word_vectors = word_vectors
        self._lock = threading.Lock()
        self._version = -1
        self._vocabulary: dict[str, list[str]] = {}  # terms by their first letter

    def correct(self, question: str) -> str:
        """Return the question with such words replaced by what is most like them."""
        found = {
            word
            for word in _WORD.findall(question)
            if len(word) >= MIN_LENGTH and word.islower() and fold(word) not in STOPWORDS
        }
        stems = {word: terms(word)[0] for word in found if len(terms(word)) == 1}
        counts = self.keywords.document_counts(stems.values()) if stems else {}
        for word, stem in stems.items():
            is_known = counts[stem] or self.word_vectors.knows(word)
            if not is_known and (better := self._nearest(word, stem)):
                question = re.sub(rf"\b{re.escape(word)}\b", better, question)
        return question

    def _nearest(self, word: str, stem: str) -> str | None:
        """Return a word as papers write it; None where none is like it."""
        near = process.extract(
            stem, self._terms().get(stem[0], []), scorer=fuzz.ratio, score_cutoff=SIMILAR_TERM,
            limit=LOOKED_AT,
        )  # fmt: skip
        written = [form for term, *_ in near for form in self.keywords.words_for_term(term)]
        best = process.extractOne(fold(word), written, scorer=fuzz.ratio, score_cutoff=SIMILAR)
        return best[0] if best else None

    def _terms(self) -> dict[str, list[str]]:
        """Return the common terms of the papers, read anew when papers have come."""
        with self._lock:
            version = self.keywords.version()
            if version != self._version:
                self._vocabulary = {}
                for term in self.keywords.common_terms(COMMON):
                    if term.isalpha():
                        self._vocabulary.setdefault(term[0], []).append(term)
                self._version = version
            return self._vocabulary
