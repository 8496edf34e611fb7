"""In which language a written sentence is."""

import re

from rag.translate import ENGLISH, EUROPEAN, evidence, language_of
from rag.words import STOPWORDS

_WORD = re.compile(r"[^\W\d_]+")
# English words that are words in German, French or Spanish, too.
_SHARED = frozenset("a am an as die do du he her i in me most no on so son us was will".split())
_ENGLISH = STOPWORDS - _SHARED


def written_in(sentence: str, asked_in: str = ENGLISH) -> str:
    """Return en, de, fr, es or zh; "" for a language that is none of them.

    A sentence without any of English's little words ("HeronNet counts herons.") is in the language
    of the question unless words or letters say otherwise.
    """
    words = _WORD.findall(sentence.casefold())
    language = language_of(sentence)
    if language != ENGLISH or any(word in _ENGLISH for word in words):
        return language
    known = {
        language: sum(word in tells or word in hints for word in words if word not in STOPWORDS)
        for language, (tells, hints, _) in evidence().items()
    }
    likeliest = max(EUROPEAN, key=lambda language: known[language])
    if known[likeliest] > 1 or (known[likeliest] and asked_in == likeliest):
        return likeliest
    return asked_in if all(word.isascii() for word in words) else ""
