"""Papers without an arXiv id, as saved pages have them: found on Hugging Face by their title."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rapidfuzz import fuzz

from ingest.config import SyncConfig
from ingest.fetch import Fetcher
from ingest.sources.hf_daily import MAX_SEARCH, SEARCH, parse_daily
from rag.records import Paper, title_key
from rag.store.catalog import Catalog

RESULTS = 10  # of a search that are looked at
ALIKE = 90.0  # rapidfuzz's ratio of two abstracts that are the same text, of 100


def identify(catalog: Catalog, fetcher: Fetcher, config: SyncConfig) -> int:
    """Search for papers known by title alone; those found get their id.

    Returns how many were found. What was searched for in vain is left alone for `search_days`.
    """
    now = datetime.fromtimestamp(fetcher.clock.now(), UTC)
    since = now - timedelta(days=config.search_days)
    count = 0
    for known in catalog.without_arxiv_id(not_searched_since=since, count=config.searches):
        params = {"q": known.title[:MAX_SEARCH], "limit": str(RESULTS)}
        items = fetcher.json(SEARCH, params)
        found = _same([p for p in parse_daily(items) if isinstance(p, Paper)], known)
        if found is None:
            catalog.note_searched(known.paper_id, now)
        else:
            # First under the title it is known by, so that the two become one.
            known_as = Paper(title=known.title, abstract="", arxiv_id=found.arxiv_id)
            catalog.upsert([known_as, found])
            count += 1
    return count


def _same(found: Sequence[Paper], known: Paper) -> Paper | None:
    """Return the paper that is the known one: of its title, else of its abstract."""
    key = title_key(known.title)
    candidates = [paper for paper in found if paper.arxiv_id]
    for paper in candidates:
        if title_key(paper.title) == key:
            return paper
    for paper in candidates:  # it was given another title, or the page cut its title off
        if fuzz.ratio(paper.abstract, known.abstract, score_cutoff=ALIKE):
            return paper
    return None
