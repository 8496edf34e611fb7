"""Finds the people that a request names as authors: "papers by yann lecun", "LeCun's papers"."""

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from rag.encoders.word_vectors import WordVectors
from rag.query.mentions import FUNCTION_WORDS, Mention, find_mention
from rag.store.keywords import KeywordIndex
from rag.store.queries import author_names
from rag.text.words import fold

MAX_WORDS = 5  # of a person's name
MIN_FAMILY_LETTERS = 4  # of a family name that stands alone
_WORD = re.compile(r"[^\W_]+")
_BEFORE_FAMILY = frozenset("by did does has have".split())


class People:
    """Finds the authors of a catalogue; renews its index when papers were added."""

    def __init__(self, keywords: KeywordIndex, word_vectors: WordVectors) -> None:
        self.keywords = keywords
        self.word_vectors = word_vectors
        self._lock = threading.Lock()
        self._version = -1
        self._index = PeopleIndex(())

    def find(self, text: str, *, language: str = "en") -> Mention | None:
        """Return the authors whose papers a request wants; see `find_mention`."""
        with self._lock:
            version = self.keywords.version()
            if version != self._version:
                self._index = PeopleIndex(
                    author_names(self.keywords.database), self.word_vectors.knows
                )
                self._version = version
            index = self._index
        return index.find(text, language=language)


class PeopleIndex:
    """The names of some people, by what may be typed for them."""

    def __init__(
        self, names: Iterable[str], is_word: Callable[[str], bool] = lambda _: False
    ) -> None:
        """`is_word` tells common words, which are not taken for family names: "Friday"."""
        self._people: dict[str, list[str]] = defaultdict(list)  # without middle initials
        self._turned: dict[str, str] = {}  # "Li Fei-Fei" may be typed as "Fei-Fei Li"
        families: dict[str, set[str]] = defaultdict(set)
        for name in names:
            words = _WORD.findall(fold(name))
            if len(words) > 1:
                key = _key(words)
                self._people[key].append(name)
                families[words[-1]].add(key)
                self._turned.setdefault(_key([*words[1:], words[0]]), key)
        self._families = {
            family: next(iter(keys))
            for family, keys in families.items()
            if len(keys) == 1 and not is_word(family)
        }

    def find(self, text: str, *, language: str = "en") -> Mention | None:
        """Return the authors whose papers a request wants; see `find_mention`."""
        found = find_mention(text, self._longest, language=language)
        is_one = found is not None and len(found.names) == 1
        return replace(found, label=found.names[0]) if found and is_one else found

    def _longest(self, words: Sequence[str], start: int) -> tuple[int, tuple[str, ...]]:
        for length in range(min(MAX_WORDS, len(words) - start), 1, -1):
            key = _key(words[start : start + length])
            key = key if key in self._people else self._turned.get(key, "")
            if key:
                return length, tuple(self._people[key])
        word, following = words[start], words[start + 1 : start + 2]
        is_said = following == ["s"] or (start and words[start - 1] in _BEFORE_FAMILY)
        is_family = word in self._families and word not in FUNCTION_WORDS
        if is_said and is_family and len(word) >= MIN_FAMILY_LETTERS:
            return 1, tuple(self._people[self._families[word]])
        return 0, ()


def _key(words: Sequence[str]) -> str:
    """Return the given names joined and the family name, without initials if enough is left."""
    full = [word for word in words if len(word) > 1]
    *given, family = full if len(full) > 1 else words
    return f"{''.join(given)} {family}"
