"""Finds the organisations that a request names: "Alibaba papers", "anything by MIT or Oxford?"."""

import threading
from collections.abc import Sequence

from rag.query.mentions import FUNCTION_WORDS, Mention, find_mention
from rag.query.organization_names import MAX_WORDS, typed_names
from rag.store.catalog import Catalog
from rag.store.queries import organizations


class Organizations:
    """Finds the organisations of a catalogue; renews its index when they change."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._lock = threading.Lock()
        self._index = OrganizationIndex(())

    def find(self, text: str, *, language: str = "en") -> Mention | None:
        """Return the organisations whose papers a request wants; see `find_mention`."""
        names = organizations(self.catalog)
        with self._lock:
            if names != self._index.names:
                self._index = OrganizationIndex(names)
            index = self._index
        return index.find(text, language=language)


class OrganizationIndex:
    """The names under which people ask for some organisations."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._typed = typed_names(names)

    def find(self, text: str, *, language: str = "en") -> Mention | None:
        """Return the organisations whose papers a request wants; see `find_mention`."""
        return find_mention(text, self._longest, language=language)

    def _longest(self, words: Sequence[str], start: int) -> tuple[int, tuple[str, ...]]:
        for length in range(min(MAX_WORDS, len(words) - start), 0, -1):
            key = "".join(words[start : start + length])
            if key in self._typed and not (length == 1 and key in FUNCTION_WORDS):
                return length, self._typed[key]
        return 0, ()
