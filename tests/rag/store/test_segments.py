"""Papers as arrays: terms, merging, and the file that keeps them."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rag.store.segment_file import read_segment, write_segment
from rag.store.segments import ARRAYS, IndexedPaper, Segment, build_segment, merge_segments

UNIT = np.array([0.6, 0.8], dtype=np.float16)
PAPERS = (
    IndexedPaper(3, "arxiv:1", date(2025, 1, 6), date(2025, 1, 2), "heron heron wade", UNIT),
    IndexedPaper(5, "title:b", None, None, "", None),
    IndexedPaper(9, "arxiv:2", date(2025, 2, 3), None, "wade crane 鷺", -UNIT),
)


def found(segment: Segment, term: str) -> dict[str, int]:
    papers, counts = segment.postings(term)
    return {segment.ids[place]: int(count) for place, count in zip(papers, counts, strict=True)}


def same(one: Segment, other: Segment) -> bool:
    arrays = all(np.array_equal(getattr(one, n), getattr(other, n)) for n in ARRAYS)
    return arrays and one.ids == other.ids


def test_a_term_leads_to_its_papers_with_their_counts() -> None:
    segment = build_segment(PAPERS)
    assert found(segment, "heron") == {"arxiv:1": 2}
    assert found(segment, "wade") == {"arxiv:1": 1, "arxiv:2": 1}
    assert found(segment, "鷺") == {"arxiv:2": 1}
    assert found(segment, "egret") == {}
    assert segment.lengths.tolist() == [3, 0, 3]
    assert segment.vectors.any(axis=1).tolist() == [True, False, True]


@pytest.mark.parametrize("at_once", [1, 2])
def test_many_papers_are_counted_batch_by_batch(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    whole = build_segment(PAPERS)
    monkeypatch.setattr("rag.store.segments.PAPERS_PER_BATCH", at_once)
    assert same(build_segment(PAPERS), whole)


def test_merged_segments_equal_one_of_the_papers_that_are_kept() -> None:
    old, new = build_segment(PAPERS), build_segment([PAPERS[1]._replace(terms="crane nest")])
    kept = np.array([True, False, True])
    merged = merge_segments([(old, kept), (new, np.ones(1, dtype=np.bool_))])
    assert found(merged, "crane") == {"arxiv:2": 1, "title:b": 1}
    assert merged.numbers.tolist() == [3, 9, 5]
    again = build_segment([PAPERS[0], PAPERS[2], PAPERS[1]._replace(terms="crane nest")])
    assert same(merged, again)


def test_nothing_makes_an_empty_segment() -> None:
    empty = build_segment([])
    assert (empty.ids, found(empty, "heron")) == ((), {})
    assert same(merge_segments([(empty, np.ones(0, dtype=np.bool_))]), empty)


@pytest.mark.parametrize("papers", [PAPERS, ()])
def test_a_file_gives_back_what_was_written(
    tmp_path: Path, papers: tuple[IndexedPaper, ...]
) -> None:
    segment, path = build_segment(papers), tmp_path / "papers.npz"
    write_segment(path, segment, token="a")
    read = read_segment(path, token="a")
    assert read
    assert same(read, segment)
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


def test_another_token_or_format_is_no_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "papers.npz"
    assert read_segment(path, token="a") is None
    write_segment(path, build_segment(PAPERS), token="a")
    assert read_segment(path, token="b") is None
    monkeypatch.setattr("rag.store.segment_file.FORMAT", "next")
    assert read_segment(path, token="a") is None


def test_a_damaged_file_is_no_segment(tmp_path: Path) -> None:
    path = tmp_path / "papers.npz"
    segment = build_segment(PAPERS)
    write_segment(path, segment, token="a")
    intact = path.read_bytes()
    for cut in range(0, len(intact), 211):
        path.write_bytes(intact[:cut])
        assert read_segment(path, token="a") is None
    for place in range(0, len(intact), 53):
        path.write_bytes(intact[:place] + bytes([intact[place] ^ 0xFF]) + intact[place + 1 :])
        read = read_segment(path, token="a")
        assert read is None or same(read, segment)  # zip has bytes that mean nothing
