"""People's names: which of the known names a typed one means, in any spelling or order."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from rag.text.words import STOPWORDS, fold

MAX_WORDS = 9  # of a typed name, its initials and particles included
MAX_JOINED_INITIALS = 3  # letters: "JP Serre"

_WORD = re.compile(r"[^\W_]+")
_SUFFIXES = frozenset("jr sr ii iii iv phd".split())
# They belong to the family name: "van den Berg", "de la Cruz", "al-Farsi".
_PARTICLES = frozenset(
    """af al am ap bin bint da das de del della den der des di do dos du el ibn la le los mac mc of
    san st ten ter van vom von y zu zum zur""".split()
)
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "đ": "dj"})
Words = tuple[str, ...]


def name_words(name: str) -> list[str]:
    """Return a name's words, folded: `J.-P. Nuñez` → `j`, `p`, `nunez`."""
    return _WORD.findall(fold(name))


def is_same_person(name: str, other: str) -> bool:
    """Return whether two names differ in initials, case and accents at most."""
    return "".join(_full(name_words(name))) == "".join(_full(name_words(other)))


class PersonNames:
    """Some known names, by everything that people type for them."""

    def __init__(self, names: Iterable[str]) -> None:
        # The given names and the whole name, by the joined words of the family name.
        self._families: dict[str, list[tuple[Words, str]]] = defaultdict(list)
        self.names: dict[str, str] = {}  # all of them, with their joined words
        self.add(names)

    def add(self, names: Iterable[str]) -> None:
        """Know these names, too; a name that is known stays as it is."""
        for name in names:
            if name in self.names:
                continue
            self.names[name] = "".join(name_words(name))
            for spelling in {name, name.casefold().translate(_SPELLED_OUT)}:
                for family, given in set(_read(spelling)):
                    self._families[family].append((given, name))

    def meant(self, typed: Sequence[str]) -> list[str]:
        """Return the names that folded words mean; several people may share a spelling.

        They may lack accents, middle names, initials and suffixes, or begin with the family name.
        Who is written like that goes before those whose names are merely abbreviated so.
        """
        words = [word for word in typed if word not in _SUFFIXES]
        if len(words) < 2:
            return self.family(typed)
        last = max((n for n, word in enumerate(words) if word not in _PARTICLES), default=-1)
        if last > 0:  # "Berg, Jan van den"
            words = [*words[last + 1 :], *words[: last + 1]]
        in_order = [(words[:n], words[n:]) for n in range(1, len(words))]
        turned = [(words[n:], words[:n]) for n in range(1, len(words))]
        for fits in (_is_full, _is_abbreviated, _is_part):
            for splits in (in_order, turned):
                found = (
                    name
                    for given, family in splits
                    for known, name in self._families.get("".join(family), ())
                    if fits(given, known)
                )
                if names := list(dict.fromkeys(found)):
                    return names
        return self.family(words)

    def family(self, typed: Sequence[str]) -> list[str]:
        """Return the names with this family name, also those that consist of nothing else.

        Of several words ("Egret Team") those that do go first.
        """
        found = self._families.get("".join(typed), ())
        alone = [name for given, name in found if not given] if len(typed) > 1 else []
        return list(dict.fromkeys(alone or (name for _, name in found)))


def _read(name: str) -> Iterator[tuple[str, Words]]:
    """Yield what may be a name's family name, joined, each with the given names before it."""
    parts = [words for part in name.split() if (words := name_words(part))]
    while len(parts) > 1 and not _SUFFIXES.isdisjoint(parts[-1]):
        parts.pop()
    if not parts:
        return
    start = len(parts) - 1
    while start > 1 and not _PARTICLES.isdisjoint(parts[start - 1]):
        start -= 1
    given = tuple(chain(*parts[:start]))
    last = parts[-1]
    yield "".join(chain(*parts[start:])), given
    for family in (last[0], "".join(last), last[-1]) if given else ():  # Ramírez-Cruz, al-Farsi
        if len(family) > 1 and family not in _PARTICLES:
            yield family, given


def _full(words: Sequence[str]) -> list[str]:
    """Return the words without initials, unless there is nothing else but one word."""
    full = [word for word in words if len(word) > 1]
    return full if len(full) > 1 else list(words)


def _is_full(typed: Sequence[str], known: Words) -> bool:
    """Return whether given names are the same but for initials that one of them lacks."""
    if "".join(typed) == "".join(known):
        return True
    full, others = ["".join(word for word in words if len(word) > 1) for words in (typed, known)]
    if not full or full != others:
        return False
    mine, theirs = ([word for word in words if len(word) == 1] for words in (typed, known))
    return not mine or not theirs or mine[: len(theirs)] == theirs[: len(mine)]


def _is_abbreviated(typed: Sequence[str], known: Words) -> bool:
    """Return whether the typed given names are initials of the known ones."""
    letters = "".join(typed)
    is_joined = len(typed) == 1 and len(letters) <= MAX_JOINED_INITIALS and letters not in STOPWORDS
    is_short = is_joined or len(typed) == len(letters)
    return bool(known) and is_short and "".join(word[0] for word in known).startswith(letters)


def _is_part(typed: Sequence[str], known: Words) -> bool:
    """Return whether the typed given names are some of the known ones."""
    full = {word for word in typed if len(word) > 1}
    initials = {word for word in typed if len(word) == 1}
    return bool(full) and full <= set(known) and initials <= {word[0] for word in known}
