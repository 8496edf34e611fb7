"""Finds the people that a request names as authors: "papers by yann lecun", "LeCun's papers"."""

import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache, partial

from rapidfuzz import fuzz, process

from rag.encoders.word_vectors import WordVectors
from rag.query.dates import MONTH, WEEKDAY
from rag.query.mentions import FUNCTION_WORDS, WORKS, Hidden, Mention, find_mention
from rag.store.keywords import KeywordIndex
from rag.store.queries import author_names
from rag.text.person_names import MAX_WORDS, PersonNames, is_same_person, name_words
from rag.text.words import fold

MIN_FAMILY_LETTERS = 4  # of a family name in small letters that stands alone
MIN_SIMILAR = 88  # of 100, for an author to be named instead of an unknown one
MAX_ALIKE = 5  # people who may share what was typed; more are asked about
RECENT_TEXTS = 64  # of which the hidden names are remembered
MAX_SHORTENED = 3  # letters in front of a full stop within a name: "Jr.", "Chr. Mo"
_WORD = re.compile(r"[^\W_]+")
_BEFORE_FAMILY = frozenset("by from of did does has have".split())
# "Papers by topic" names nobody.
_SORTED_BY = frozenset(
    "area comments country date day field lab likes month name topic year".split()
)
_ARTICLES = frozenset("a i".split())
_BETWEEN = re.compile(r"([^\W_]+)([\W_]*)(?=(s\b)?)", re.IGNORECASE)
_ENDS = re.compile(r"[;:?!()\[\]/&|]")
_NAME_WORD = (  # "Kaiming He" has a pronoun for a family name
    rf"(?:(?-i:[A-Z])|(?!(?:{'|'.join(sorted(FUNCTION_WORDS))})\b)[^\W\d_])[^\W\d_.'’-]*[\w.'’-]*"
)
_UNKNOWN = re.compile(
    r"\b(?:papers?|works?|articles?|preprints?|publications?|anything|something|written|published"
    rf"|authored|new|stuff) (?P<by>by (?P<name>{_NAME_WORD}(?: {_NAME_WORD}){{1,3}}))"
    rf"(?=\W*$|\s?[,;:?!]| (?:{'|'.join(sorted(FUNCTION_WORDS))})\b)",
    re.IGNORECASE,
)
_WITH = re.compile(
    r"['’]?s?(?: (?:papers?|works?|write|wrote|written|publish|published|together|jointly|do|done"
    r"|anything|ever|also))* (?:with|alongside) ",
    re.IGNORECASE,
)
_TIME = re.compile(rf"{MONTH}|{WEEKDAY}", re.IGNORECASE)


class People:
    """Finds the authors of a catalogue; renews its index when papers were added."""

    def __init__(self, keywords: KeywordIndex, word_vectors: WordVectors) -> None:
        self.keywords = keywords
        self.word_vectors = word_vectors
        self._lock = threading.Lock()
        self._version = -1
        self._index = PeopleIndex((), word_vectors.knows)

    def find(self, text: str, *, language: str = "en") -> Mention | None:
        """Return the authors whose papers a request wants; see `find_mention`."""
        return self._current().find(text, language=language)

    def hide(self, text: str) -> Hidden:
        """Return the text without names of authors: "papers from April Lee" names no month."""
        return self._current().hide(text)

    def _current(self) -> "PeopleIndex":
        with self._lock:
            version = self.keywords.version()
            if version != self._version:
                self._index.update(author_names(self.keywords.database))
                self._version = version
            return self._index


class PeopleIndex:
    """The names of some people, as they stand in requests."""

    def __init__(
        self, names: Iterable[str], is_word: Callable[[str], bool] = lambda _: False
    ) -> None:
        """`is_word` tells common words, family names only with a capital: "stone", "Stone"."""
        self._names = PersonNames(names)
        self._is_word = is_word
        # Every step of understanding a question hides the names in it.
        self._hidden = lru_cache(maxsize=RECENT_TEXTS)(self._hide)

    def update(self, names: Sequence[str]) -> None:
        """Know exactly these names; those that are known are not read again."""
        if not self._names.names.keys() <= set(names):
            self._names = PersonNames(())
        self._names.add(names)
        self._hidden.cache_clear()

    def find(self, text: str, *, language: str = "en") -> Mention | None:
        """Return the authors whose papers a request wants; see `find_mention`.

        The label says who is meant if fewer than all words of the name were typed.
        """
        found = find_mention(text, partial(self._longest, _typed(text)), language=language)
        if found is None:
            return self._unknown(text)
        found = self._with_coauthor(text, found)
        joint = " and " if found.together else " or "
        labels = [_label(names) for names in found.parts]
        is_as_typed = len(found.parts) == 1 and all(
            is_same_person(found.label, name) for name in found.names
        )
        if is_as_typed and len(found.names) > 1:
            return found
        if all(labels):
            return replace(found, label=joint.join(labels))
        return found if found.together else replace(found, parts=((),), alike=found.names)

    def _with_coauthor(self, text: str, found: Mention) -> Mention:
        """Return the mention with whom a request names later: "did Ada write with Bo?"."""
        match = _WITH.match(text, found.end)
        if not match:
            return found
        typed = _typed(text[match.end() :])
        length, names = self._longest(typed, [fold(word) for word, _ in typed], 0)
        if length < 2:
            return found
        end = list(_WORD.finditer(text, match.end()))[length - 1].end()
        return replace(found, parts=(*found.parts, names), end=end, together=True)

    def _unknown(self, text: str) -> Mention | None:
        """Return a name behind "papers by" that no author has, with the authors of similar names.

        What may also be a field or a company counts only if it is similar to a person's name.
        """
        match = _UNKNOWN.search(text)
        if not match:
            return None
        label = match["name"]
        words = name_words(label)
        known = dict(self._names.names)  # another thread may add to it
        similar = process.extract(
            "".join(words), known, scorer=fuzz.ratio, score_cutoff=MIN_SIMILAR, limit=3
        )
        is_rare = not all(map(self._is_word, words)) or bool(self._names.family(words[-1:]))
        if not similar and not (label.split()[-1][0].isupper() and is_rare):
            return None
        alike = tuple(name for *_, name in similar)
        return Mention(label, ((),), *match.span("by"), alike=alike)

    def hide(self, text: str) -> Hidden:
        """Return the text with placeholders for names of two words or more."""
        return self._hidden(text)

    def _hide(self, text: str) -> Hidden:
        spans = [match.span() for match in _WORD.finditer(text)]
        typed = _typed(text)
        words = [fold(word) for word, _ in typed]
        names: dict[str, str] = {}
        parts, done, first = [], 0, 0
        while first < len(words):
            length, _ = self._longest(typed, words, first)
            start, end = spans[first][0], spans[first + max(length, 1) - 1][1]
            if length > 1:
                placeholder = f"PERSON{len(names)}"
                names[placeholder] = text[start:end]
                parts += [text[done:start], placeholder]
                done = end
            first += max(length, 1)
        return Hidden("".join([*parts, text[done:]]), names)

    def _longest(
        self, typed: Sequence[tuple[str, str]], words: Sequence[str], start: int
    ) -> tuple[int, tuple[str, ...]]:
        for length in range(min(MAX_WORDS, len(words) - start), 1, -1):
            name = words[start : start + length]
            joints = [joint for _, joint in typed[start : start + length - 1]]
            if "end" in joints or joints.count(",") > 1:
                continue
            is_titled = all(word[0].isupper() for word, _ in typed[start : start + length])
            if FUNCTION_WORDS.issuperset(name) and not is_titled:
                continue
            if "," in joints:
                first = joints.index(",") + 1
                name = [*name[first:], *name[:first]]
            elif name[0] in _ARTICLES and typed[start][0].islower() and len(name) < 3:
                continue
            if found := self._names.meant(name):
                return length, tuple(found)
        word, following = words[start], words[start + 1 : start + 2]
        is_said = following == ["s"] or (start and words[start - 1] in _BEFORE_FAMILY)
        is_after_papers = start > 1 and words[start - 2] in WORKS and word not in _SORTED_BY
        is_name = typed[start][0][0].isupper() or (
            len(word) >= MIN_FAMILY_LETTERS and (is_after_papers or not self._is_word(word))
        )
        if not is_said or not is_name or word in FUNCTION_WORDS or _TIME.fullmatch(word):
            return 0, ()
        found = self._names.family([word])
        return (1, tuple(found)) if found else (0, ())


def _typed(text: str) -> list[tuple[str, str]]:
    """Return each word as it was typed with what follows: ",", "end" where a name ends, or ""."""
    typed = []
    for match in _BETWEEN.finditer(text):
        word, between, is_s = match.groups()
        is_owner = is_s and between in ("'", "’")
        is_sentence = len(word) > MAX_SHORTENED and "." in between
        is_end = is_owner or is_sentence or _ENDS.search(between)
        typed.append((word, "end" if is_end else "," if "," in between else ""))
    return typed


def _label(names: Sequence[str]) -> str:
    """Return who is meant: "Ann Stork or Tom Stork"; "" if they are too many."""
    people: list[str] = []
    for name in names:
        if not any(is_same_person(name, other) for other in people):
            people.append(name)
            if len(people) > MAX_ALIKE:
                return ""
    return " or ".join(people)
