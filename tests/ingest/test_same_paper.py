"""Recorded pages, API answers and arXiv's: what is one paper becomes one."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ingest.sources.arxiv import parse_feed
from ingest.sources.files import FileSource
from rag.library import Library
from rag.records import Paper, title_key
from tests.ingest.sources.test_arxiv import entry, feed
from tests.papers import TODAY


def papers(path: Path) -> list[Paper]:
    return [r for r in FileSource(path, today=TODAY).records() if isinstance(r, Paper)]


def test_a_page_without_ids_and_the_api_of_its_day(
    shared_data: Path, fake_library: Library
) -> None:
    page = papers(shared_data / "hf_html" / "hf_papers_list.html")
    day = papers(shared_data / "hf_api" / "2024-08-01.json")
    as_text = [replace(paper, arxiv_id=None, upvotes=None, authors=()) for paper in page]
    for sighting in (as_text, day, as_text, page, day):
        fake_library.catalog.upsert(sighting)
    known = fake_library.catalog.papers()
    assert len(known) == len(page) == 13
    assert {p.arxiv_id for p in day} < {p.arxiv_id for p in known} == {p.arxiv_id for p in page}
    assert fake_library.catalog.upsert(as_text).new == 0


def test_arxiv_after_the_api(shared_data: Path, fake_library: Library) -> None:
    day = papers(shared_data / "hf_api" / "2025-12-05.json")
    fake_library.catalog.upsert(day)
    answer = feed(
        *(
            entry(1, id=f"http://arxiv.org/abs/{p.arxiv_id}v3", title=p.title, summary=p.abstract)
            for p in day
        )
    )
    from_arxiv = [paper for paper in parse_feed(answer).records if isinstance(paper, Paper)]
    assert fake_library.catalog.upsert(from_arxiv).new == 0
    for before, after in zip(
        day, fake_library.catalog.get([p.paper_id for p in day]).values(), strict=False
    ):
        assert after.featured_on == date(2025, 12, 5)
        assert (before.upvotes is None) == (after.upvotes is None)
    assert len(fake_library.catalog.papers()) == len(day)


@pytest.mark.slow
def test_a_page_with_neither_ids_nor_links(shared_data: Path, fake_library: Library) -> None:
    page = papers(shared_data / "seed" / "page.txt")
    fake_library.catalog.upsert(page)
    fake_library.catalog.upsert(papers(shared_data / "hf_daily.jsonl"))
    right = {
        title_key(record["title"]): record["arxiv_id"]
        for record in json.loads((shared_data / "seed" / "parsed.json").read_text("utf-8"))
    }
    found = {title_key(p.title): p.arxiv_id for p in fake_library.catalog.papers() if p.arxiv_id}
    in_both = [title_key(paper.title) for paper in page if title_key(paper.title) in found]
    assert len(in_both) == 11  # as many of the page's papers stand in the collection at all
    assert all(found[key] == right[key] for key in in_both)
    assert fake_library.catalog.coverage().papers == 56 + 11_888 - 11
    assert fake_library.catalog.upsert(page).new == 0
