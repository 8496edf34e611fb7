"""Says whether a text reads as finished prose: a judge for figures, which decides nothing.

It shares no code with the gate and the detector of rag/answering, so that it can judge what they
let through. `python -m tests.benchmarks.readability` prints how well it judges texts whose
readability is known.
"""

import re
import unicodedata
from functools import cache

from rag.text.language import EUROPEAN_LANGUAGES, function_words, strip_accents
from rag.text.words import STOPWORDS

# What makes a text unreadable.
LOOP, UNFINISHED, ROLES, HEADER, SHAPELESS = (
    "loop", "unfinished", "roles", "header", "shapeless",
)  # fmt: skip

MAX_REPEATED = 0.2  # of the groups of three words
MIN_DISTINCT = 0.5  # of the content words, in texts with …
MANY_WORDS = 14  # … so many of them
MIN_TITLE_CASE = 0.8  # of the content words with a capital: more make a title, in a part of …
TITLE_WORDS = 7  # … so many of them
MIN_FUNCTION_WORDS = 0.1  # of the words, in texts with …
PROSE_WORDS = 8  # … so many of them, besides numbers
MAX_SYMBOLS = 0.1  # of the tokens, for those that are neither words nor numbers
MIN_SENTENCE = 2.5  # words on average, in texts of several sentences
MAX_SCRIPTS = 2  # such as Latin and Chinese

_MARKER = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
_HAN = r"[\u3040-\u30ff\u3400-\u9fff]"
_WORD = re.compile(rf"{_HAN}|[^\W_](?:(?!{_HAN})[\w.,'’%-]*(?!{_HAN})[\w%])?")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’)]*\s+|\n+|(?<=[。！？])")
_PART_END = re.compile(r"[.!?,:;]\s|\n")  # names in a list are no title
_ENDED = re.compile(r"[.!?。！？…][\"”’»)]*\Z")
_LABEL = re.compile(r"(?:^|(?<=[.!?。])[ \t]+)\W{0,3}([^\W\d]\w*(?: \w+)?)\W{0,2}:(?:\s|\Z)", re.M)
_DATE = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)")
_MARKUP = re.compile(r"<\|?/?\w+\|?>|\[/?[A-Z]+\]|^\s*#+ |^\s*\||[{}\\]\W|\*\*|^\w+:$", re.M)
# Somebody who speaks of himself, to the reader or about the task has left the papers.
_SPEAKER = frozenset("i i'm i'll i've me my assistant".split())
_TASK = frozenset("answer answers question questions passage passages sentence sentences".split())
_OPEN_END = frozenset(
    "a an the and or but nor of to in on at by for from with without into than as its their our "
    "because whether which who whose while if where is are was were".split()
)


def unreadable(text: str) -> str:
    """Return what makes a text unreadable, in a word; "" for finished prose in any language.

    Markers like `[1]` count for nothing.
    """
    bare = _MARKER.sub("", text).strip()
    said = [word.casefold() for word in _WORD.findall(bare)]
    found = {
        ROLES: _plays_roles(bare, said),
        HEADER: _is_header(bare),
        LOOP: _loops(said),
        SHAPELESS: _is_shapeless(bare, said),
        UNFINISHED: not _ENDED.search(bare) or not said or said[-1] in _OPEN_END,
    }
    return next((name for name, is_so in found.items() if is_so), "")


def _plays_roles(text: str, said: list[str]) -> bool:
    """Whether a text has the same label twice, or speaks of itself and its task."""
    labels = [match[1] for match in _LABEL.finditer(text)]
    return (
        not _SPEAKER.isdisjoint(said)
        or sum(word in _TASK for word in said) > 1
        or len(labels) != len(set(labels))
    )


def _is_header(text: str) -> bool:
    """Whether a text has a date as a prompt writes it, or a part that is a title."""
    return bool(_DATE.search(text)) or any(map(_is_title, _PART_END.split(text)))


def _is_title(part: str) -> bool:
    said = [w for w in _WORD.findall(part) if not _is_function_word(w)]
    capitals = sum(word[0].isupper() for word in said)
    return len(said) >= TITLE_WORDS and capitals > MIN_TITLE_CASE * len(said)


def _loops(said: list[str]) -> bool:
    """Whether a text repeats groups of words, or hardly has any but the same few."""
    threes = list(zip(said, said[1:], said[2:], strict=False))
    repeated = 1 - len(set(threes)) / len(threes) if threes else 0.0
    content = [word for word in said if not _is_function_word(word)]
    is_poor = len(content) >= MANY_WORDS and len(set(content)) < MIN_DISTINCT * len(content)
    return repeated > MAX_REPEATED or is_poor


def _is_shapeless(text: str, said: list[str]) -> bool:
    """Whether a text is a string of words, code, a table or a mixture of scripts."""
    tokens = text.split()
    symbols = sum(not any(c.isalnum() for c in token) for token in tokens)
    sentences = [part for part in _SENTENCE_END.split(text) if part]
    return (
        bool(_MARKUP.search(text))
        or symbols > MAX_SYMBOLS * len(tokens)
        or (len(sentences) > 2 and len(said) < MIN_SENTENCE * len(sentences))
        or len({script for c in text if (script := _script(c))}) > MAX_SCRIPTS
        or _lacks_function_words(text)
    )


def _lacks_function_words(text: str) -> bool:
    said = [word for word in _WORD.findall(text) if not word[0].isdigit()]
    if len(said) < PROSE_WORDS or re.search(_HAN, text):
        return False
    return sum(map(_is_function_word, said)) < MIN_FUNCTION_WORDS * len(said)


def _script(character: str) -> str:
    """Return a letter's script, one for all of Chinese and Japanese; "" for Greek and signs."""
    if not character.isalpha():
        return ""
    if re.match(_HAN, character):
        return "CJK"
    name = unicodedata.name(character, "").partition(" ")[0]
    return "" if name in ("GREEK", "MATHEMATICAL") else name


def _is_function_word(word: str) -> bool:
    return word.casefold() in STOPWORDS or strip_accents(word) in _function_words()


@cache
def _function_words() -> frozenset[str]:
    """Return the function words of the languages that Paperboy answers in."""
    found = STOPWORDS
    for language in EUROPEAN_LANGUAGES:
        tells, hints, openers = function_words()[language]
        found = found | tells | hints | openers
    return found
