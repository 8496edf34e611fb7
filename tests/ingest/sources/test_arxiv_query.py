"""Whatever is typed to search arXiv becomes a query that its API accepts, or one sentence."""

import re

import pytest

from ingest.config import FetchConfig
from ingest.resolve_source import resolve_source
from ingest.sources.arxiv_query import arxiv_query
from ingest.sync import ingest_now
from rag.errors import SourceError
from rag.library import Library
from tests.clock import FakeClock
from tests.ingest.hub import hub
from tests.ingest.sources.test_arxiv import entry, feed
from tests.papers import TODAY

TERM = r'(?:ti|au|abs|co|jr|cat|rn|id|all):(?:[A-Za-z0-9][A-Za-z0-9._/*-]*|"[A-Za-z0-9 .]+")'
DAYS = r"submittedDate:\[[0-9]+ TO [0-9]+\]"


def is_valid(query: str) -> bool:
    """Return whether a query fits the grammar of arXiv's manual, groups from the inside out."""
    while (inner := re.sub(r"\((?:X (?:AND|OR|ANDNOT) )+X\)", "X", query)) != query or (
        inner := re.sub(rf"\b{TERM}|{DAYS}", "X", query)
    ) != query:
        query = inner
    return bool(re.fullmatch(r"X(?: (?:AND|OR|ANDNOT) X)*", query))


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("video agents", "all:video AND all:agents"),
        ('"video agents"', "all:video AND all:agents"),
        ("coração (redes", "all:coracao AND all:redes"),
        ("Größe der Modelle", "all:Grosse AND all:der AND all:Modelle"),
        ("Marsh: self-supervised herons?", 'all:Marsh AND all:"self supervised" AND all:herons'),
        ('count "reeds', "all:count AND all:reeds"),
        ("“smart” «quotes»", "all:smart AND all:quotes"),
        ("F# & Go | C++!", "all:F AND all:Go AND all:C"),
        ("RAG and OR gates", "all:RAG AND all:gates"),
        ("herons or storks", "all:herons AND all:storks"),
        ("herons OR storks", "all:herons OR all:storks"),
        ("AND gates", "all:gates"),
        ("gates OR", "all:gates"),
        ("GPT-4.1 in Newton's words", 'all:"GPT 4.1" AND all:in AND all:Newton AND all:words'),
        ("a) b] {c} [d (e", "all:a AND all:b AND all:c AND all:d AND all:e"),
        ("50% of R&D_budgets^2 \\ ~x", 'all:50 AND all:of AND all:"R D budgets 2" AND all:x'),
        ("cat:cs.CL", "cat:cs.CL"),
        ("CAT:cs.CL", "cat:cs.CL"),
        ("cat: cs.CL and ti:reeds", "cat:cs.CL AND ti:reeds"),
        ("au:Ng AND ti:graphs", "au:Ng AND ti:graphs"),
        ("au:del_maestro", "au:del_maestro"),
        ('au:"del Maestro" OR au:Müller', 'au:"del Maestro" OR au:Muller'),
        ("ti:graph networks", "ti:graph AND all:networks"),
        ("ti:graph-networks", 'ti:"graph networks"'),
        ("ti:graph* and all:tree-*", 'ti:graph* AND all:tree*'),
        ("(submittedDate:2025) cat:cs.CL", "cat:cs.CL"),
        ("ti:(graphs trees)", "(ti:graphs AND ti:trees)"),
        ("(ti:a OR ti:b) not au:x", "(ti:a OR ti:b) ANDNOT au:x"),
        ("((ti:a OR ti:b AND (cat:cs.*", "(ti:a OR ti:b AND cat:cs.*)"),
        ("ti:a AND NOT ti:b", "ti:a ANDNOT ti:b"),
        ("ti:a AND (OR) ti:b )", "ti:a AND ti:b"),
        ("cat:", "all:cat"),
        ("cat:cs.CL AND submittedDate:[202501010000 TO 202512312359]",
         "cat:cs.CL AND submittedDate:[202501010000 TO 202512312359]"),
        ("id:math/0309136", "id:math/0309136"),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_a_valid_query(typed: str, query: str) -> None:
    assert arxiv_query(typed) == query
    assert is_valid(query)
    assert arxiv_query(query) == query


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("((", "no word to search"),
        ('""', "no word to search"),
        ("AND", "no word to search"),
        ("?!", "no word to search"),
        ("模型 herons", "does not know “模型”"),
        ("the π0.7 model", "does not know “π0.7”"),
        ("зимородок", "does not know “зимородок”"),
        ("NOT ti:storks", "begin with what they are"),
        ("cat:cs.CL AND (NOT au:x)", "begin with what they are"),
    ],
)
def test_what_cannot_be_asked_is_named_in_one_sentence(typed: str, says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        arxiv_query(typed)
    assert "\n" not in str(caught.value)


def test_any_mixture_is_valid_or_refused() -> None:
    pieces = 'ti: au: ( ) " AND OR NOT and a-b C++ x : * ['.split()
    for first in pieces:
        for second in pieces:
            for third in pieces:
                for typed in (f"{first} {second} {third}", f"{first}{second}{third} y"):
                    try:
                        query = arxiv_query(typed)
                    except SourceError:
                        continue
                    assert is_valid(query), (typed, query)


@pytest.mark.parametrize("typed", ["coração (redes", 'say "reeds', "RAG and OR gates: a survey?"])
def test_the_valid_query_is_what_is_sent(
    clock: FakeClock, fake_library: Library, typed: str
) -> None:
    with hub(lambda *_: (200, {}, feed(entry(1)))) as server:
        config = FetchConfig(arxiv_url=server.url)
        with resolve_source(f"arxiv:search:{typed}", config, today=TODAY) as source:
            assert len(ingest_now(source, fake_library)) == 1
        ((_, params),) = server.asked
    assert params["search_query"] == arxiv_query(typed)


@pytest.mark.parametrize("what", ["2413.10020", "cs/0199017", "search:模型", "search:(("])
def test_what_is_impossible_is_refused_before_anything_is_sent(clock: FakeClock, what: str) -> None:
    with hub(lambda *_: (500, {}, b"")) as server:
        config = FetchConfig(arxiv_url=server.url)
        with (
            pytest.raises(SourceError, match=r"\.$"),
            resolve_source(f"arxiv:{what}", config, today=TODAY),
        ):
            pass
        assert server.asked == []
    assert clock.slept == []
