"""Lists of papers: their first lines, orders, filters and pages."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ingest.sync import ingest
from rag.answering.draft import Draft
from rag.answering.paper_lists import PaperLists
from rag.library import Library
from rag.query.request import Request
from rag.records import Paper, Window
from tests.papers import HERON, LOOM, PASTRY, TIDAL, ListSource


def nest(n: int) -> Paper:
    """Return one of seven papers on birds; the later, the more upvotes."""
    return replace(
        HERON,
        title=f"Nest {n}: Finding Wading Birds in Drone Video",
        arxiv_id=f"2503.0000{n}",
        authors=("N. Est",) if n == 3 else HERON.authors,
        organization="Reed Lab" if n in (2, 4) else None,
        published_on=date(2025, 3, n),
        featured_on=date(2025, 3, n),
        upvotes=10 * n,
        code_url="https://github.com/nest/nest" if n % 2 else None,
    )


@pytest.fixture
def lists(library: Library) -> PaperLists:
    ingest(ListSource([*map(nest, range(1, 8)), TIDAL, PASTRY, LOOM]), library)
    return PaperLists(library.catalog, library.retriever)


BIRDS = Request(topic="wading birds", kind="list")


def drafted(lists: PaperLists, request: Request) -> Draft:
    draft = lists.draft(request)
    assert draft is not None
    return draft


def head(draft: Draft) -> str:
    return draft.text.splitlines()[0]


def numbers(draft: Draft) -> list[int]:
    """Return the numbers of the listed nests."""
    return [int(c.paper.title.split(":")[0].removeprefix("Nest ")) for c in draft.citations]


def test_a_list_counts_the_papers_on_its_topic_and_shows_the_nearest(lists: PaperLists) -> None:
    draft = drafted(lists, BIRDS)
    assert head(draft) == "7 papers on wading birds, 2025-03; the 5 nearest:"
    assert (len(draft.citations), draft.more) == (5, 2)
    assert not draft.refused
    for citation in draft.citations:
        assert f"{citation.paper.title} [{citation.n}]" in draft.text
        assert citation.quote in citation.paper.abstract
        assert f"“{citation.quote}”" in draft.text
    assert [evidence.paper for evidence in draft.brief_from] == [c.paper for c in draft.citations]


def test_a_list_is_ordered_by_day_or_by_upvotes(lists: PaperLists) -> None:
    newest = drafted(lists, replace(BIRDS, order="newest", limit=3))
    assert head(newest) == "7 papers on wading birds, 2025-03; the 3 newest:"
    assert numbers(newest) == [7, 6, 5]
    assert numbers(drafted(lists, replace(BIRDS, order="oldest", limit=2))) == [1, 2]
    upvoted = drafted(lists, replace(BIRDS, order="most upvotes", limit=2))
    assert head(upvoted).endswith("; the 2 most upvoted:")
    assert numbers(upvoted) == [7, 6]
    one = replace(BIRDS, limit=1)
    assert head(drafted(lists, replace(one, order="newest"))).endswith("; the newest:")
    fewest = head(drafted(lists, replace(one, order="fewest authors")))
    assert fewest.endswith("; the one with the fewest authors:")


def test_papers_without_the_value_of_an_order_come_last(
    lists: PaperLists, library: Library
) -> None:
    unknown = replace(nest(8), upvotes=None, published_on=None, featured_on=None)
    ingest(ListSource([unknown]), library)
    request = replace(BIRDS, limit=10)
    assert numbers(drafted(lists, replace(request, order="most upvotes")))[-1] == 8
    assert numbers(drafted(lists, replace(request, order="newest")))[-1] == 8
    assert numbers(drafted(lists, replace(request, order="oldest")))[-1] == 8


@pytest.mark.parametrize(
    ("filters", "listed", "says"),
    [
        ({"with_code": True}, {1, 3, 5, 7}, "4 papers on wading birds with code, 2025-03"),
        ({"without_code": True}, {2, 4, 6}, "3 papers on wading birds without code, 2025-03"),
        ({"organization": "Reed Lab", "organizations": ("Reed Lab",)}, {2, 4},
         "2 papers on wading birds from Reed Lab, 2025-03"),
        ({"author": "N. Est", "author_names": ("N. Est",)}, {3},
         "1 paper on wading birds by N. Est"),
        ({"window": Window(date(2025, 3, 2), date(2025, 3, 3))}, {2, 3},
         "2 papers on wading birds, featured or published 2025-03-02 to 2025-03-03"),
        ({"author": "N. Est", "author_names": ("N. Est",), "window": Window(), "with_code": True},
         {3}, "1 paper on wading birds by N. Est with code"),
        ({"pointed": (nest(1), nest(2), TIDAL), "with_code": True}, {1},
         "1 paper on wading birds with code"),
    ],
)  # fmt: skip
def test_filters_narrow_a_list_and_stand_in_its_head(
    lists: PaperLists, filters: dict[str, Any], listed: set[int], says: str
) -> None:
    draft = drafted(lists, replace(BIRDS, **filters))
    assert set(numbers(draft)) == listed
    assert head(draft).startswith(says)


def test_a_list_without_a_topic_is_the_newest_of_its_filter(lists: PaperLists) -> None:
    lab = Request(topic="", kind="list", organization="Reed Lab", organizations=("Reed Lab",))
    draft = drafted(lists, lab)
    assert head(draft) == "2 papers from Reed Lab, 2025-03, the newest first:"
    assert numbers(draft) == [4, 2]


def test_the_next_page_goes_on_with_the_numbers(lists: PaperLists) -> None:
    first = drafted(lists, replace(BIRDS, order="newest"))
    second = drafted(lists, replace(BIRDS, order="newest", offset=5))
    assert head(second) == "7 papers on wading birds, 2025-03; numbers 6 to 7:"
    assert [citation.n for citation in second.citations] == [6, 7]
    assert numbers(first) + numbers(second) == [7, 6, 5, 4, 3, 2, 1]
    assert second.more == 0
    assert not second.brief_from  # the first page has the brief
    single = drafted(lists, replace(BIRDS, order="newest", offset=6, limit=1))
    assert head(single) == "7 papers on wading birds, 2025-03; number 7:"
    behind = drafted(lists, replace(BIRDS, offset=7))
    assert behind.text == "These were all of the 7 papers on wading birds, 2025-03."
    assert behind.citations == ()


def test_a_list_ends_where_its_topic_ends(lists: PaperLists) -> None:
    recipes = drafted(lists, Request(topic="recipes with errors", kind="list"))
    assert head(recipes) == "1 paper on recipes with errors, 2025-02:"
    assert [citation.paper for citation in recipes.citations] == [PASTRY]
    assert lists.draft(Request(topic="quantum gravity", kind="list")) is None
    early = Window(None, date(2025, 1, 31))
    assert lists.draft(Request(topic="recipes", kind="list", window=early)) is None


def test_advice_prefers_upvoted_papers_among_the_nearest(lists: PaperLists) -> None:
    draft = drafted(lists, replace(BIRDS, kind="advice"))
    assert head(draft) == "7 papers on wading birds, 2025-03; the 5 most fitting:"
    assert numbers(draft)[0] == 7


def test_similar_papers_leave_out_the_one_that_is_meant(lists: PaperLists) -> None:
    request = Request(topic="papers like Nest 1", kind="similar", named=(nest(1),), limit=3)
    draft = lists.similar(request)
    assert draft is not None
    assert head(draft) == f"Most similar to {nest(1).title}:"
    assert len(draft.citations) == 3
    assert 1 not in numbers(draft)
    coded = lists.similar(replace(request, with_code=True))
    assert coded is not None
    assert set(numbers(coded)) <= {3, 5, 7}


def test_nothing_is_similar_to_no_paper(lists: PaperLists) -> None:
    assert lists.similar(Request(topic="anything similar?", kind="similar")) is None


def test_a_tldr_stands_without_quotation_marks_and_is_not_cited_as_a_quote(
    library: Library,
) -> None:
    ingest(ListSource([replace(PASTRY, tldr="It plants errors. And more.")]), library)
    lab = Request(topic="", kind="list", organization="Crumb", organizations=("Crumb Lab",))
    draft = drafted(PaperLists(library.catalog, library.retriever), lab)
    assert "\n  It plants errors.\n" in draft.text
    assert draft.citations[0].quote == PASTRY.title


def test_a_list_without_code_says_so(filled: Library) -> None:
    lists = PaperLists(filled.catalog, filled.retriever)
    draft = lists.draft(Request(topic="recipes", kind="list", with_code=True))
    assert draft is not None
    assert draft.refused
    assert draft.text.startswith("I know of no code for the 1 paper on recipes")


def test_papers_on_topics_that_a_request_leaves_out_are_not_listed(lists: PaperLists) -> None:
    request = Request(topic="", kind="list", excluded=("wading birds", "recipes"))
    draft = drafted(lists, request)
    assert head(draft).startswith("2 papers not on wading birds or recipes, 2024-11 to 2025-02")
    assert [citation.paper for citation in draft.citations] == [TIDAL, LOOM]
    some = drafted(lists, replace(BIRDS, topic="drone video", excluded=("Nest 3",), limit=9))
    assert 3 not in numbers(some)


def test_a_list_that_leaves_everything_out_says_so(lists: PaperLists) -> None:
    draft = drafted(lists, replace(BIRDS, excluded=("drone video",)))
    assert draft.refused
    assert draft.text == (
        "I know 7 papers on wading birds, 2025-03, but none that is not on drone video."
    )


def test_a_repository_in_the_abstract_is_code(lists: PaperLists, library: Library) -> None:
    linked = f"{HERON.abstract} Code: https://github.com/nest/eight."
    ingest(ListSource([replace(nest(8), abstract=linked)]), library)
    request = replace(BIRDS, limit=10)
    assert 8 in numbers(drafted(lists, replace(request, with_code=True)))
    assert 8 not in numbers(drafted(lists, replace(request, without_code=True)))
