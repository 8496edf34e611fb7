"""Names that no paper has, while one has the same name with another number: "Pi 0.6" and π0.7."""

import re
from collections.abc import Collection, Mapping, Sequence

from rag.store.catalog import Catalog
from rag.store.keywords import KeywordIndex
from rag.text.names import is_name_in, name_key
from rag.text.words import terms

MAX_NAME_WORDS = 4  # before a title's colon
MIN_NAME_CHARACTERS = 3
MAX_PAPERS_READ = 40  # that may contain a name

_WORD = re.compile(r"[^\W_]+")
_YEAR = re.compile(r"(?:19|20)\d\d")


class NearNames:
    """Compares typed names with the known ones."""

    def __init__(
        self,
        names: Collection[str],
        versions: Mapping[str, Collection[str]],
        catalog: Catalog,
        keywords: KeywordIndex,
    ) -> None:
        """`names` are the keys of the known names; `versions` has those by their letters alone."""
        self.names = names
        self.versions = versions
        self.catalog = catalog
        self.keywords = keywords

    def unread(self, text: str) -> list[str]:
        """Return the names in the text that no paper has, where one has the same but for a number.

        Whoever asks for Heron-4 must not be told of Heron-3.
        """
        spans = [match.span() for match in _WORD.finditer(text)]
        found, first = [], 0
        while first < len(spans):
            count, is_unread = self._near(text, spans, first)
            if is_unread:
                found.append(text[spans[first][0] : spans[first + count - 1][1]])
            first += max(1, count)
        return found

    def _near(self, text: str, spans: Sequence[tuple[int, int]], first: int) -> tuple[int, bool]:
        """Return how many words from `first` on are a name, and whether it is a near one."""
        for count in range(min(MAX_NAME_WORDS, len(spans) - first), 0, -1):
            start, end = spans[first][0], spans[first + count - 1][1]
            typed = text[start:end]
            key = name_key(typed)
            if key in self.names:
                return count, False
            near = self.versions.get(letters_of(key))
            if (
                near
                and not is_in_word(text, start, end)
                and not re.match(r"\.\d", text[end:])
                and _is_version(typed, key, near)
                and not self._is_anywhere(typed, key)
            ):
                return count, True
        return 0, False

    def _is_anywhere(self, typed: str, key: str) -> bool:
        """Return whether some paper has these words in its title or abstract."""
        if len(_WORD.findall(typed)) > 1 and self.keywords.count_phrase(typed, 1):
            return True
        joined = key.replace(".", "")
        ids = self.keywords.papers_with_any({joined, *terms(joined)[:1]})[:MAX_PAPERS_READ]
        papers = self.catalog.get(ids).values()  # "π0.7" has the term "pi0" too
        return any(is_name_in(typed, f"{paper.title} {paper.abstract}") for paper in papers)


def letters_of(key: str) -> str:
    """Return a name's key without its numbers: names that differ in them are near names."""
    return re.sub(r"[\d.]+", "", key)


def is_in_word(text: str, start: int, end: int) -> bool:
    """Return whether the words are a part of a hyphenated one."""
    before, after = text[:start], text[end:]
    return bool(re.search(r"[\w-]$", before) or re.match(r"-?\w", after))


def _is_version(typed: str, key: str, known: Collection[str]) -> bool:
    """Return whether the typed words are another version of a known name, not words and a number.

    "Pi 0.7" is one of `pi0.5`, "HeronNet2" of `heronnet`, and "tau-bench" of `tau2bench`; "heron
    net 2" may be two nets, and the plain name of `pi0.5` stands for all its versions.
    """
    number = re.search(r"(\s?)(\d[\d.]*)", typed)
    if number is None:
        return any(re.search(r"\d[a-z]", other) for other in known)
    if number[1]:
        return not _YEAR.fullmatch(number[2]) and any(re.search(r"\d", other) for other in known)
    return len(key) >= MIN_NAME_CHARACTERS
