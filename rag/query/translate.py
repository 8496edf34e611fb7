"""Puts German, French, Spanish and Chinese questions into English words for an English encoder.

This is no real translation. It replaces words that ask, count, date and refer back by those that
the English patterns know, and the field's terms by their English ones. Other words stay as they
are, because names and cognates match anyway. The words are in rag/text/glossary.toml.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rag.text.language import (
    CHINESE,
    ENGLISH,
    EUROPEAN_LANGUAGES,
    GERMAN,
    function_words,
    glossary,
    language_name,
    question_language,
    spellings,
    strip_accents,
)

MIN_PART = 3  # letters of the shortest part of a German compound

# HeronNet, LaV-CoT, Vision-R1: a capital after a small letter, or a digit after letters.
_NAME = re.compile(r"(?<![\w-])(?=[\w-]*(?:[a-z][A-Z]|[A-Za-z]-?\d))[\w-]+")
# Song Han: words with capitals in a row; German has them outside names too.
_FULL_NAME = re.compile(r"\b[A-Z][a-zà-ÿ]+(?: [A-Z][a-zà-ÿ]+)+\b")
_SPACE_BEFORE = re.compile(r"\s+(?=[?.!,;:)])")
_ANY_ENDING = re.compile(r"\w*")
_GERMAN_ENDING = re.compile(
    r"(?:e[nmrs]?|n|s|ns|ern|ens|nen|e?t|te[nrsm]?|st|end(?:e[nrms]?)?|ung(?:en)?|se[ns]?)?"
)
_GERMAN_JOINT = re.compile(r"(?:e?s|e?n|er?|-)$")

_MONTHS = (
    "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_WORK = r"(?:papers?|models?|methods?|approach(?:es)?|benchmarks?|datasets?|stud(?:y|ies)|systems?)"
# Word order of the other language that the word-by-word translation leaves behind.
_REORDERED = [
    (re.compile(rf"\b({_MONTHS}) of (\d{{4}})\b"), r"\1 \2"),
    (re.compile(rf"\b(\d{{1,2}}) of ({_MONTHS})\b"), r"\1 \2"),
    (re.compile(r"\b(\d+|two|three|four|six) last (days|weeks|months|years)\b"), r"last \1 \2"),
    (re.compile(rf"\b(?:the )?(week|month|year|{_MONTHS}) last\b"), r"last \1"),
    (
        re.compile(rf"\b(?:the )?({_WORK}) (?:the )?(newest|latest|oldest|most [a-z]+ed|"
                   r"most popular|most discussed)\b"),
        r"the \2 \1",
    ),
    (re.compile(r"(?<=\w )are there any(?! papers)\b"), "are there"),
    (re.compile(r"\bany (model|method|benchmark|dataset)\b"), r"any \1s"),
    (re.compile(r"\bwho (?!wrote|published)([^?.,;]+?) (wrote|published)\b"), r"who \2 \1"),
    (re.compile(r"\b(two|three|four|\d+) paper\b"), r"\1 papers"),
    (re.compile(r"\bthe (first|second|third|fourth|fifth|last|latter|former)"
                r"(?= *(?:[?.!,;]|$|(?:and|or|with|in|is|has|does|on|about|from) |please\b))"),
     r"the \1 one"),
    (re.compile(r"\bthe(?= *(?:[?.!]|$))"), "that"),
]  # fmt: skip


class Translation(NamedTuple):
    """A question in English words, and its original language: en, de, fr, es or zh."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one language; keys are without accents, stems without their asterisk."""

    rewrites: list[tuple[re.Pattern[str], str]]
    pattern: re.Pattern[str]
    cues: Mapping[str, str]
    terms: Mapping[str, str]
    stems: Mapping[str, str]
    ending: re.Pattern[str]

    def meaning(self, word: str) -> str | None:
        """Return a word or phrase in English; None if it is no entry."""
        return self.cues[word] if word in self.cues else self.term(word)

    def term(self, word: str) -> str | None:
        """Return a content word in English; None if it is no entry."""
        if word in self.terms:
            return self.terms[word]
        for end in range(len(word), 0, -1):
            if word[:end] in self.stems and self.ending.fullmatch(word, end):
                return self.stems[word[:end]]
        return None


def translate(question: str, *, language: str | None = None) -> Translation:
    """Return the question in English words with its language; English stays unchanged.

    Without `language`, it is the one that function words indicate.
    """
    language = language or question_language(question)
    if language == ENGLISH:
        return Translation(question, ENGLISH)
    lexicon = _load_lexicon(language)
    if language == CHINESE:
        text = unicodedata.normalize("NFKC", question).translate(_simplified())
    else:
        text = unicodedata.normalize("NFC", question).replace("’", "'")
        text = text.lower() if text.isupper() else text
    text = " ".join(text.split())
    for pattern, replacement in lexicon.rewrites:
        text = pattern.sub(replacement, text)
    if language == CHINESE:
        text = lexicon.pattern.sub(lambda m: f" {lexicon.meaning(m[0].lower()) or ''} ", text)
    else:
        text = _replace_words(text, language, lexicon)
    text = " ".join(text.split())
    for pattern, replacement in _REORDERED:
        text = pattern.sub(replacement, text)
    return Translation(_SPACE_BEFORE.sub("", text), language)


def knows_word(word: str, language: str) -> bool:
    """Return whether a word without accents is a function word or an entry of the glossary."""
    tells, hints, openers = function_words()[language]
    return word in tells | hints | openers or _load_lexicon(language).meaning(word) is not None


def _replace_words(text: str, language: str, lexicon: Lexicon) -> str:
    """Replace known words, matched without accents; the plain text has the same length."""
    plain = strip_accents(text)
    for name in _NAME.finditer(text):
        plain = plain[: name.start()] + "\0" * len(name[0]) + plain[name.end() :]
    names = [] if language == GERMAN else [name.span() for name in _FULL_NAME.finditer(text)]
    pieces = []
    done = 0
    for match in lexicon.pattern.finditer(plain):
        start, end = match.span()
        as_typed = text[start:end]
        english = lexicon.meaning(match[0])
        if english is None and language == GERMAN:
            english = _compound(match[0], lexicon)
        if match[0] in lexicon.cues:
            joined = plain[:start].endswith("-") or plain[end:].startswith("-")
            in_name = any(first < start and end <= last for first, last in names)
            if joined or in_name or (len(as_typed) > 1 and as_typed.isupper()):  # on-device, WER
                continue
        if english is None or english == as_typed.lower():
            continue
        pieces.append(f"{text[done:start]}{english} " if english else text[done:start])
        if english and plain[end : end + 1] == "-":
            pieces[-1] = pieces[-1].rstrip()
        done = end
    return "".join([*pieces, text[done:]])


def _compound(word: str, lexicon: Lexicon) -> str | None:
    """Return a German compound of two known terms as two English words, else None."""
    for cut in range(len(word) - MIN_PART, MIN_PART - 1, -1):
        tail = lexicon.term(word[cut:])
        if tail is None:
            continue
        head = word[:cut]
        for first in (head, _GERMAN_JOINT.sub("", head)):
            if (translated := lexicon.term(first)) is not None:
                return f"{translated} {tail}"
    return None


@lru_cache(maxsize=1)
def _simplified() -> dict[int, str]:
    pairs = glossary()["traditional"]["pairs"].split()
    return {ord(traditional): simplified for traditional, simplified in pairs}


@lru_cache(maxsize=len(EUROPEAN_LANGUAGES) + 1)
def _load_lexicon(language: str) -> Lexicon:
    entries_by_section = glossary()
    cues: dict[str, str] = {}
    terms: dict[str, str] = {}
    stems: dict[str, str] = {}
    by_language = (
        (en, words.get(language, "")) for en, words in entries_by_section["terms"].items()
    )
    for exact, entries in ((cues, entries_by_section[language].items()), (terms, by_language)):
        for english, foreign in entries:
            for word in foreign.split("|"):
                for spelling in spellings(word.strip()):
                    if spelling.endswith("*"):
                        stems.setdefault(spelling[:-1], english)
                    elif spelling:
                        exact.setdefault(spelling, english)
    ending = _GERMAN_ENDING if language == GERMAN else _ANY_ENDING
    rewrites = [
        (re.compile(find, re.I), text) for find, text in entries_by_section["rewrites"][language]
    ]
    keys = sorted([*cues, *terms, *(f"{stem}*" for stem in stems)], key=len, reverse=True)
    if language == CHINESE:
        pattern = re.compile("|".join(re.escape(key) for key in keys), re.I)
    else:
        by_letter: dict[str, list[str]] = {}  # so that not every key is tried at each position
        for key in keys:
            by_letter.setdefault(re.escape(key[0]), []).append(_as_pattern(key[1:], ending))
        choices = [f"{letter}(?:{'|'.join(rest)})" for letter, rest in by_letter.items()]
        if language == GERMAN:
            choices.append(rf"[^\W\d_]{{{2 * MIN_PART},}}")  # it may be a compound
        pattern = re.compile(rf"(?<!\w)(?:{'|'.join(choices)})")
    return Lexicon(rewrites, pattern, cues, terms, stems, ending)


def _as_pattern(key: str, ending: re.Pattern[str]) -> str:
    if key.endswith("*"):
        return rf"{re.escape(key[:-1])}{ending.pattern}(?!\w)"
    return re.escape(key) if key.endswith("'") else rf"{re.escape(key)}(?!\w)"


def describe_reading(code: str, english: str) -> str:
    """Return who translated a question, in words: `translated from Korean by the model: “…”`."""
    if english:
        return f"translated from {language_name(code)} by the model: “{english}”"
    return f"in {language_name(code)}, which nobody translated"
