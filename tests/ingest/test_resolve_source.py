"""The word after `paperboy ingest` and the source that it names."""

from pathlib import Path

import pytest

from ingest.config import FetchConfig
from ingest.resolve_source import resolve_source
from ingest.sources.arxiv import ArxivSource
from ingest.sources.files import FileSource
from ingest.sources.hf_daily import DailyPapersSource
from ingest.sources.starter import StarterSource
from rag.errors import SourceError
from rag.library import Library
from tests.papers import TODAY


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("starter", StarterSource),
        ("hf:latest", DailyPapersSource),
        ("arxiv:2510.01234", ArxivSource),
        ("arXiv:2510.01234v2", ArxivSource),
        ("https://arxiv.org/abs/2511.01234", ArxivSource),
        ("https://www.arxiv.org/pdf/math.GT/0309136v1.pdf", ArxivSource),
        ("https://huggingface.co/papers/2511.01234", ArxivSource),
        ("https://doi.org/10.48550/arXiv.2511.01234", ArxivSource),
        ("arxiv.org/abs/hep-th/9711200", ArxivSource),
        ("2511.01234", ArxivSource),
        ("papers.jsonl", FileSource),
        ("2511.01234.jsonl", FileSource),
        ("papers/2511.01234", FileSource),
        ("https://arxiv.org/abs/2413.10020", SourceError),
        ("https://arxiv.org/list/cs.CL/recent", SourceError),
        ("https://example.org/2511.01234", SourceError),
        ("C:papers.jsonl/..", SourceError),
        ("ftp:x", SourceError),
        ("hf:tomorrow", SourceError),
        ("arxiv:nothing", SourceError),
    ],
)
def test_a_spec_names_a_source(spec: str, kind: type) -> None:
    if kind is SourceError:
        with pytest.raises(SourceError) as caught, resolve_source(spec, FetchConfig(), today=TODAY):
            pass
        assert "\n" not in str(caught.value)
    else:
        with resolve_source(spec, FetchConfig(), today=TODAY) as source:
            assert isinstance(source, kind)


def test_a_file_with_a_colon_in_its_name_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes:2025.jsonl").write_text("")
    with resolve_source("notes:2025.jsonl", FetchConfig(), today=TODAY) as source:
        assert source.name == "notes:2025.jsonl"


def test_a_link_is_the_paper_that_it_leads_to() -> None:
    link = "https://arxiv.org/pdf/math.GT/0309136v1.pdf?x=1"
    with resolve_source(link, FetchConfig(), today=TODAY) as source:
        assert isinstance(source, ArxivSource)
        assert (source.name, source.ids) == ("arxiv:math/0309136", ["math/0309136"])


def test_a_file_with_the_name_of_an_id_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("2511.01234").write_text("")
    with resolve_source("2511.01234", FetchConfig(), today=TODAY) as source:
        assert isinstance(source, FileSource)


def test_lists_are_remembered_only_with_a_library(library: Library) -> None:
    with resolve_source("hf:latest", FetchConfig(), today=TODAY) as source:
        assert isinstance(source, DailyPapersSource)
        assert source.history is None
    with resolve_source("hf:latest", FetchConfig(), today=TODAY, library=library) as source:
        assert isinstance(source, DailyPapersSource)
        assert source.history is not None
