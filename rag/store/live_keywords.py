"""The keyword index beside a snapshot, which counts without walking through FTS5's lists."""

from collections.abc import Iterable

from rag.store.keywords import KeywordIndex
from rag.store.snapshots import Snapshots
from rag.text.words import terms

MAX_READ = 200  # papers with all words of a phrase whose texts are read; among more, FTS5 searches


class LiveKeywords(KeywordIndex):
    """A keyword index whose counts are those of the current snapshot."""

    def __init__(self, snapshots: Snapshots) -> None:
        super().__init__(snapshots.database)
        self.snapshots = snapshots

    def document_counts(self, query_terms: Iterable[str]) -> dict[str, int]:
        """Return how many papers contain each term."""
        papers = self.snapshots.current()
        return {term: papers.document_count(term) for term in dict.fromkeys(query_terms)}

    def paper_count(self) -> int:
        """Return the number of papers."""
        return self.snapshots.current().paper_count

    def count_phrase(self, phrase: str, limit: int) -> int:
        """Return how many papers contain the terms of a phrase in a row, counting up to a limit."""
        in_order = terms(phrase.replace("-", " "))
        papers = self.snapshots.current()
        places = papers.places_with_all(in_order)
        if not in_order or len(places) > MAX_READ:
            return super().count_phrase(phrase, limit)
        wanted = f" {' '.join(in_order)} "
        texts = self.ordered_terms([papers.ids[place] for place in places])
        return min(limit, sum(wanted in f" {text} " for text in texts.values()))
