"""Finds the organisations that a request names: "Alibaba papers", "anything by MIT or Oxford?"."""

import threading
from collections.abc import Callable, Sequence

from rag.encoders.word_vectors import WordVectors
from rag.query.mentions import FUNCTION_WORDS, Mention, find_mention
from rag.query.organization_names import MAX_WORDS, typed_names
from rag.store.catalog import Catalog
from rag.store.keywords import last_change
from rag.store.queries import organizations


class Organizations:
    """Finds the organisations of a catalogue; renews its index when they change."""

    def __init__(self, catalog: Catalog, word_vectors: WordVectors) -> None:
        self.catalog = catalog
        self.word_vectors = word_vectors
        self._lock = threading.Lock()
        self._change = -1
        self._index = OrganizationIndex(())

    def find(self, text: str, *, language: str = "en") -> Mention | None:
        """Return the organisations whose papers a request wants; see `find_mention`."""
        with self._lock:
            change = last_change(self.catalog.database)
            if change != self._change:
                names = organizations(self.catalog)
                if names != self._index.names:
                    self._index = OrganizationIndex(names, self.word_vectors.knows)
                self._change = change
            index = self._index
        return index.find(text, language=language)


class OrganizationIndex:
    """The names under which people ask for some organisations."""

    def __init__(
        self, names: Sequence[str], is_word: Callable[[str], bool] = lambda _: False
    ) -> None:
        self.names = list(names)
        self._typed = typed_names(names, is_word)

    def find(self, text: str, *, language: str = "en") -> Mention | None:
        """Return the organisations whose papers a request wants; see `find_mention`."""
        return find_mention(text, self._longest, language=language)

    def _longest(self, words: Sequence[str], start: int) -> tuple[int, tuple[str, ...]]:
        for length in range(min(MAX_WORDS, len(words) - start), 0, -1):
            typed = words[start : start + length]
            key = "".join(typed)
            is_name = any(word not in FUNCTION_WORDS for word in typed)
            if key in self._typed and is_name:
                return length, self._typed[key]
        return 0, ()
