"""In which language a written sentence is."""

import re
import tomllib
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import Any

from rag.text.words import STOPWORDS

ENGLISH, CHINESE, GERMAN = "en", "zh", "de"

EUROPEAN = ("de", "fr", "es")

SHARE = 0.5  # of a short question's words that must be foreign where only one of them is certain

_HAN = re.compile(r"[\u4e00-\u9fff]")

_KANA = re.compile(r"[\u3040-\u30ff]")  # Japanese, which the glossary does not know

_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|(?<!\w)['‘][^'’]+['’](?!\w)")

# A French elision is a word of its own; a hyphenated word is one word.
_TOKEN = re.compile(r"(?:c|d|j|l|m|n|s|t|qu|jusqu)['’](?=\w)|[^\W\d_]+(?:-[^\W\d_]+)*", re.I)


def language_of(question: str) -> str:
    """Return the language that the function words speak for; without clear evidence, English.

    Many words are spelled alike in two languages ("die", "on", "pour") or are parts of names
    ("de la", "von"), so that they count only beside words that no English question holds.
    """
    text = _QUOTED.sub(" ", question)  # a quoted phrase may be in any language
    shouted = text.isupper()
    tokens = [t for t in _TOKEN.findall(text) if shouted or len(t) < 2 or not t.isupper()]
    plain = [plain_letters(token) for token in tokens]
    named = sum(token != word for token, word in zip(tokens[1:], plain[1:], strict=True))
    english = [token for token in plain if token in STOPWORDS]
    if han := len(_HAN.findall(text)):
        # Two characters make a word; one that begins in English is rather English.
        is_chinese = han >= 2 and han > 2 * (len(english) + (plain[:1] == english[:1] != []))
        return CHINESE if is_chinese and not _KANA.search(text) else ENGLISH
    best, best_score = ENGLISH, (0, 0)
    for language, (tells, hints, openers) in evidence().items():
        certain = {token for token in plain if token in tells}
        share = SHARE if certain else 1.0  # "y Vitron?", but not "Y combinator"
        certain |= set(plain[:1]) & openers
        known = sum(token in certain or token in hints for token in plain)
        against = [token for token in english if token not in tells and token not in hints]
        weight = len(against) + (plain[:1] == against[:1] != [])
        is_likely = not against and known >= share * (len(plain) - named)
        is_clear = len(certain) > 1 or (certain and is_likely)
        if is_clear and known > weight and (len(certain), known) > best_score:
            best, best_score = language, (len(certain), known)
    return best


class _PlainLetters(dict[int, str]):
    """Each letter small and without its accent; one for one, so that places stay the same."""

    def __missing__(self, code: int) -> str:
        lower = chr(code).lower()
        plain = "'" if lower in "’‘´`ʼ" else unicodedata.normalize("NFKD", lower)[0]
        self[code] = plain
        return plain


_PLAIN_LETTERS = _PlainLetters()


def plain_letters(text: str) -> str:
    """Return the text in lower case without accents; every letter keeps its place."""
    return text.translate(_PLAIN_LETTERS)


@lru_cache(maxsize=1)
def glossary() -> dict[str, Any]:
    """Return the tables of glossary.toml: function words, terms and rewrites of each language."""
    return tomllib.loads((files("rag.text") / "glossary.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def evidence() -> dict[str, tuple[frozenset[str], frozenset[str], frozenset[str]]]:
    """Return each language's certain words, its other function words, and what opens with it."""
    found = {}
    for language in EUROPEAN:
        entry = glossary()["evidence"][language]
        tells, hints, openers = (
            frozenset(spelling for word in entry[name].split() for spelling in spellings(word))
            for name in ("tells", "hints", "openers")
        )
        found[language] = (tells, hints, openers)
    return found


def spellings(word: str) -> set[str]:
    """Return a word as people type it: with and without `ß` and `œ`, `ü` as `u` or as `ue`."""
    spelled_out = word
    for letter, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        spelled_out = spelled_out.replace(letter, letters)
    return {
        plain_letters(form)
        for way in (word, spelled_out)
        for form in (way, way.replace("ß", "ss").replace("œ", "oe"))
    }


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
