"""arXiv ids for papers known by their title alone, as saved pages list them.

Hugging Face's search finds the paper by its title.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rapidfuzz import fuzz

from ingest.config import SyncConfig
from ingest.fetch import Fetcher, PageError
from ingest.sources.hf_daily import MAX_SEARCH_CHARACTERS, SEARCH_PATH, parse_daily
from rag.records import Paper, title_key
from rag.store.catalog import Catalog

MAX_RESULTS = 10  # search results to compare
MAX_FAILED = 2  # searches in a row: then it is the host
MIN_SIMILARITY = 90.0  # of 100, by rapidfuzz's ratio: above, two abstracts are the same text


def find_arxiv_ids(catalog: Catalog, fetcher: Fetcher, config: SyncConfig) -> int:
    """Search for papers without an arXiv id, store the ids, and return how many were found.

    A paper that is not found is not searched for again for `search_days`.
    """
    now = datetime.fromtimestamp(fetcher.clock.now(), UTC)
    since = now - timedelta(days=config.search_days)
    count, failed = 0, 0
    for known in catalog.without_arxiv_id(not_searched_since=since, count=config.searches):
        params = {"q": known.title[:MAX_SEARCH_CHARACTERS], "limit": str(MAX_RESULTS)}
        try:
            items = fetcher.json(SEARCH_PATH, params)
            failed = 0
        except PageError:  # of this title
            failed += 1
            if failed == MAX_FAILED:
                raise
            items = []
        results = [p for p in parse_daily(items, fetched_at=now) if isinstance(p, Paper)]
        match = _same_paper(results, known)
        if match is None:
            catalog.mark_title_searched(known.paper_id, now)
        else:
            # First under its known title, so that the two become one paper.
            known_title = Paper(title=known.title, abstract="", arxiv_id=match.arxiv_id)
            catalog.upsert([known_title, match])
            count += 1
    return count


def _same_paper(results: Sequence[Paper], known: Paper) -> Paper | None:
    """Return the result with the known paper's title, else with its abstract."""
    key = title_key(known.title)
    candidates = [paper for paper in results if paper.arxiv_id]
    for paper in candidates:
        if title_key(paper.title) == key:
            return paper
    for paper in candidates:  # it was renamed, or the saved page cut its title off
        if fuzz.ratio(paper.abstract, known.abstract, score_cutoff=MIN_SIMILARITY):
            return paper
    return None
