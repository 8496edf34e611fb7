import html
import json
from datetime import date
from pathlib import Path

import pytest

from ingest.sources.files import FileSource
from ingest.sources.saved_html import parse_saved_html
from ingest.sources.source import SetAside
from rag.errors import SourceError
from rag.records import Paper
from tests.papers import TODAY

ITEM = {
    "paper": {"id": "2512.00001", "title": "A “title”", "summary": "We test <b>.", "upvotes": 3},
    "numComments": 2,
}


def page(part: str, props: object) -> str:
    data = html.escape(json.dumps(props), quote=True)
    return f'<html><div class="x" data-target="{part}" data-props="{data}">text</div></html>'


def papers(text: str) -> list[Paper]:
    return [record for record in parse_saved_html(text) if isinstance(record, Paper)]


def test_a_list_page() -> None:
    props = {"date": "2025-12-04T00:00:00.000Z", "dailyPapers": [ITEM]}
    (paper,) = papers(page("DailyPapers", props))
    assert paper.title == "A “title”"
    assert paper.abstract == "We test <b>."
    assert (paper.featured_on, paper.upvotes, paper.comment_count) == (date(2025, 12, 4), 3, 2)


def test_a_page_of_a_week_has_no_day() -> None:
    props = {"periodType": "week", "dateString": "2025-W49", "dailyPapers": [ITEM]}
    assert papers(page("DailyPapers", props))[0].featured_on is None


def test_a_paper_page() -> None:
    assert papers(page("PaperContent", {"paper": ITEM["paper"]}))[0].arxiv_id == "2512.00001"


def test_damaged_data_is_reported() -> None:
    text = page("DailyPapers", {"dailyPapers": [ITEM]}).replace("}]}", "")
    (record,) = parse_saved_html(text)
    assert isinstance(record, SetAside)
    assert record.broken


def test_another_page_has_no_papers(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("<html><p>Hello</p></html>", encoding="utf-8")
    with pytest.raises(SourceError, match="no papers were found"):
        list(FileSource(path, today=TODAY).records())


def test_recorded_pages(shared_data: Path) -> None:
    found = list(FileSource(shared_data / "hf_html" / "hf_papers_list.html", today=TODAY).records())
    assert len(found) == 13
    assert all(isinstance(r, Paper) and r.featured_on == date(2024, 8, 1) for r in found)
    assert isinstance(found[0], Paper)
    assert found[0].title == "The Llama 3 Herd of Models"
    path = shared_data / "hf_html" / "paper_2509.24002.html"
    (paper,) = FileSource(path, today=TODAY).records()
    assert isinstance(paper, Paper)
    assert paper.arxiv_id == "2509.24002"
    assert paper.abstract
