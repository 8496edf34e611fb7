import json
import re
from pathlib import Path

from ingest.sources.files import FileSource
from ingest.sources.starter import StarterSource
from ingest.sync import ingest
from rag.library import Library
from rag.records import Paper
from rag.text.clean import clean
from rag.text.sentences import split_sentences
from tests.papers import TODAY


def starter() -> list[Paper]:
    found = list(StarterSource().records())
    assert all(isinstance(record, Paper) for record in found)
    return [record for record in found if isinstance(record, Paper)]


def test_it_has_56_papers_with_summaries() -> None:
    papers = starter()
    assert len({paper.paper_id for paper in papers}) == 56
    assert all(paper.abstract_source == "summary" for paper in papers)
    assert all(paper.arxiv_id for paper in papers)
    for paper in papers:
        assert 3 <= len(split_sentences(paper.abstract)) <= 6, paper.title


def test_its_facts_are_those_of_the_page_but_not_its_words(shared_data: Path) -> None:
    gold = json.loads((shared_data / "seed" / "parsed.json").read_text(encoding="utf-8"))
    for paper, fact in zip(starter(), gold, strict=True):
        assert paper.title == clean(fact["title"])
        assert paper.arxiv_id == fact["arxiv_id"]
        assert paper.author_count == fact["author_count"]
        assert paper.organization == fact["organization"]
        assert (paper.published_on and paper.published_on.isoformat()) == fact["published_on"]
        assert paper.comment_count == fact["comment_count"]
        assert not _runs(paper.abstract) & _runs(fact["abstract"]), paper.title


def _runs(text: str, length: int = 8) -> set[tuple[str, ...]]:
    words = [re.sub(r"\W", "", word) for word in text.casefold().split()]
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def test_real_abstracts_replace_the_summaries(shared_data: Path, fake_library: Library) -> None:
    ingest(StarterSource(), fake_library)
    page = FileSource(shared_data / "seed" / "page.txt", today=TODAY)
    report = ingest(page, fake_library)
    assert (report.upserted.new, report.upserted.changed) == (0, 56)
    papers = fake_library.catalog.papers()
    assert len(papers) == 56
    assert all(paper.abstract_source == "abstract" and paper.arxiv_id for paper in papers)
    # And the starter set, coming again, takes nothing back.
    again = ingest(StarterSource(), fake_library)
    assert again.upserted.unchanged == 56
    assert sorted(p.abstract for p in papers) == sorted(
        p.abstract for p in fake_library.catalog.papers()
    )
