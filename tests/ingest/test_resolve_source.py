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
        ("papers.jsonl", FileSource),
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


def test_lists_are_remembered_only_with_a_library(library: Library) -> None:
    with resolve_source("hf:latest", FetchConfig(), today=TODAY) as source:
        assert isinstance(source, DailyPapersSource)
        assert source.history is None
    with resolve_source("hf:latest", FetchConfig(), today=TODAY, library=library) as source:
        assert isinstance(source, DailyPapersSource)
        assert source.history is not None
