"""Tells short questions in languages that are not read: "yeni makaleler", "LexVLA nedir?".

Of two or three words an identifier of languages is never sure. But if the papers, the English
vocabulary and the glossary know none of them, a fair likelihood is enough.
"""

import re
from collections.abc import Collection

from rag.encoders.word_vectors import WordVectors
from rag.query.translate import knows_word
from rag.store.keywords import KeywordIndex
from rag.text.language import (
    CHINESE,
    ENGLISH,
    EUROPEAN_LANGUAGES,
    UNDETERMINED,
    likeliest_unread,
    plain_words,
    strip_accents,
)
from rag.text.words import STOPWORDS, terms

MAX_WORDS = 5  # of longer questions the identifier is sure
COMMON_RANK = 12_000  # the vocabulary's rarer words are foreign ones, too: "sui", "dia"
MIN_UNKNOWN = 0.5  # share of the words
MIN_PROBABILITY = 0.1  # of the unread language
# How much likelier it must be than a language that is read, if half of the words are unknown, if
# more are or a name is among them, and if the name has a single word beside it.
MIN_RATIO, MIN_RATIO_UNKNOWN, MIN_RATIO_BESIDE_NAME = 6.0, 2.5, 1.0
_NAME = re.compile(r"\b(?=\w*[a-z])\w+[A-Z]\w*")
# English words that begin or end questions in other languages, too.
_SHARED = frozenset(
    "a am an as die do he i in is it me most my no on over so to us was we will".split()
)


class ShortQuestions:
    """Tells whether a short question is in a language that is not read. Thread-safe."""

    def __init__(
        self, keywords: KeywordIndex, word_vectors: WordVectors, request_words: Collection[str]
    ) -> None:
        """`request_words` are English words of requests, such as "summarize"."""
        self.keywords = keywords
        self.word_vectors = word_vectors
        self.request_words = request_words

    def unread_language(self, question: str, read_as: str) -> str:
        """Return the code of the language, UNDETERMINED if it is unclear which, "" if it is read.

        `read_as` is the language that the question has otherwise.
        """
        words = list(dict.fromkeys(plain_words(question)))
        if not 0 < len(words) <= MAX_WORDS or read_as == CHINESE:
            return ""
        if read_as == ENGLISH and not STOPWORDS.isdisjoint(set(words) - _SHARED):
            return ""
        unknown = sum(not self._knows(word, read_as) for word in words)
        if unknown < MIN_UNKNOWN * len(words):
            return ""
        language, probability, ratio = likeliest_unread(words)
        is_beside_name = bool(_NAME.search(question))
        if len(words) == 1:
            is_read = any(knows_word(strip_accents(words[0]), code) for code in EUROPEAN_LANGUAGES)
            is_foreign = is_beside_name and not is_read and ratio >= MIN_RATIO_BESIDE_NAME
            return UNDETERMINED if is_foreign else ""
        is_half = 2 * unknown == len(words)
        least = MIN_RATIO if is_half and not is_beside_name else MIN_RATIO_UNKNOWN
        if ratio < least:
            return ""
        unsure = UNDETERMINED if is_beside_name else ""
        return language if probability >= MIN_PROBABILITY else unsure

    def _knows(self, word: str, read_as: str) -> bool:
        """Return whether the papers, English requests or the glossary have a word."""
        plain = strip_accents(word)
        if read_as != ENGLISH and knows_word(plain, read_as):
            return True
        if read_as == ENGLISH and not word.isascii():
            return False
        is_english = plain in self.request_words or self.word_vectors.rank(plain) < COMMON_RANK
        return is_english or any(self.keywords.document_counts(terms(plain)).values())
