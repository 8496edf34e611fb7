"""arXiv ids for papers that are known by their title alone."""

from dataclasses import replace

from ingest.arxiv_ids import find_arxiv_ids
from ingest.config import FetchConfig, SyncConfig
from ingest.resolve_source import huggingface_fetcher
from rag.library import Library
from rag.records import Paper
from tests.clock import FakeClock
from tests.ingest.daily_hub import item
from tests.ingest.hub import as_json, hub
from tests.papers import LOOM

RESULT = item(
    77,
    id="2411.00004",
    title=LOOM.title.upper(),
    summary=LOOM.abstract,
    publishedAt="2024-11-05T00:00:00.000Z",
    upvotes=31,
)


def search(
    library: Library, *results: dict[str, object], searches: int = 9
) -> tuple[int, list[str]]:
    """Return how many ids were found and the queries, where every search gives these results."""
    with (
        hub(lambda *_: as_json(list(results))) as server,
        huggingface_fetcher(FetchConfig(huggingface_url=server.url), library=library) as fetcher,
    ):
        count = find_arxiv_ids(library.catalog, fetcher, SyncConfig(searches=searches))
        return count, [params["q"] for _, params in server.asked]


def test_a_paper_known_by_its_title_gets_its_id(clock: FakeClock, library: Library) -> None:
    library.catalog.upsert([LOOM])
    assert search(library, item(1), RESULT) == (1, [LOOM.title])
    paper = library.catalog.get(["arxiv:2411.00004"])["arxiv:2411.00004"]
    assert (paper.upvotes, paper.published_on) == (31, LOOM.published_on)
    assert library.catalog.coverage().papers == 1
    assert search(library, RESULT) == (0, [])


def test_the_same_abstract_under_another_title_is_the_same_paper(
    clock: FakeClock, library: Library
) -> None:
    cut_off = replace(LOOM, title="Loom: Weaving Sensor")
    library.catalog.upsert([cut_off])
    assert search(library, RESULT)[0] == 1
    (paper,) = library.catalog.papers()
    assert paper.title == LOOM.title.upper()
    library.catalog.upsert([cut_off])  # the saved page is read once more
    assert library.catalog.papers() == [paper]


def test_another_abstract_is_another_paper(clock: FakeClock, library: Library) -> None:
    library.catalog.upsert([LOOM])
    other = item(7, id="2411.00009", title="Loom 2", summary="Robots carry sensors.")
    assert search(library, other) == (0, [LOOM.title])
    assert library.catalog.papers() == [LOOM]


def test_a_title_without_a_result_is_searched_for_again_after_a_week(
    clock: FakeClock, library: Library
) -> None:
    library.catalog.upsert([LOOM])
    assert search(library, item(1), item(2)) == (0, [LOOM.title])
    clock.time += 6 * 86_400
    assert search(library, RESULT) == (0, [])
    clock.time += 2 * 86_400
    assert search(library, RESULT) == (1, [LOOM.title])


def test_the_number_of_searches_is_limited(clock: FakeClock, library: Library) -> None:
    library.catalog.upsert([Paper(title=f"Untitled {n}", abstract=f"On {n}.") for n in range(5)])
    assert [len(search(library, searches=3)[1]) for _ in range(3)] == [3, 2, 0]


def test_a_long_title_is_cut_to_what_the_search_takes(clock: FakeClock, library: Library) -> None:
    library.catalog.upsert([replace(LOOM, title="long " * 150)])
    ((query,),) = (search(library)[1],)
    assert len(query) == 250
