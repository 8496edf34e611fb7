import json
from datetime import date
from pathlib import Path

import pytest

from ingest.sources.files import FileSource
from ingest.sources.source import ReadRecord, SetAside
from rag.errors import SourceError
from rag.records import Paper

TODAY = date(2026, 11, 21)
GOOD = {"arxiv_id": "2501.00001", "title": "A title", "abstract": "Some text."}


def records(path: Path) -> list[ReadRecord]:
    return list(FileSource(path, today=TODAY).records())


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.jsonl", b" \n\n", "empty"),
        ("paper.pdf", b"%PDF-1.7 ...", "PDF"),
        ("paper.txt", b"%PDF-1.7 ...", "PDF"),
        ("page.doc", b"text", "unknown type"),
        ("bytes.txt", b"ab\0cd", "not a text file"),
        ("note.txt", b"just a line", "within this paper"),
        ("broken.json", b'[{"title": ', "not valid JSON"),
        ("deep.json", b"[" * 100_000, "not valid JSON"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    if name == "note.txt":
        (record,) = records(path)
        assert isinstance(record, SetAside)
        assert says in record.reason
        return
    with pytest.raises(SourceError, match=says) as caught:
        records(path)
    assert "\n" not in str(caught.value)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no file"):
        records(tmp_path / "nothing.txt")
    endless = tmp_path / "endless.jsonl"
    endless.symlink_to("/dev/zero")
    for path in (tmp_path, endless):
        with pytest.raises(SourceError, match="not a file"):
            records(path)


def test_a_broken_line_is_set_aside_alone(tmp_path: Path) -> None:
    lines = [json.dumps(GOOD | {"arxiv_id": f"2501.0000{n}"}) for n in range(1, 10)]
    lines[6] = lines[6][:-5]
    path = tmp_path / "papers.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    found = records(path)
    assert [r.record for r in found if isinstance(r, SetAside) and r.broken] == ["line 7"]
    assert len([r for r in found if isinstance(r, Paper)]) == 8


def test_separators_inside_a_string_do_not_split_a_line(tmp_path: Path) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_text(
        json.dumps(GOOD | {"abstract": "one\u2028two"}, ensure_ascii=False), encoding="utf-8"
    )
    (paper,) = records(path)
    assert isinstance(paper, Paper)
    assert paper.abstract == "one two"


def test_bad_utf8_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_bytes(json.dumps(GOOD).encode().replace(b"Some", b"So\xffme"))
    (paper,) = records(path)
    assert isinstance(paper, Paper)
    assert "\ufffd" in paper.abstract


@pytest.mark.slow
def test_the_collection_of_real_papers(shared_data: Path) -> None:
    found = records(shared_data / "hf_daily.jsonl")
    papers = [record for record in found if isinstance(record, Paper)]
    assert len(papers) == len(found) == 11_888
    assert sum(paper.featured_on is None for paper in papers) == 2_011


def test_a_recorded_api_answer_as_a_file(shared_data: Path) -> None:
    found = records(shared_data / "hf_api" / "2025-12-04.json")
    assert len(found) == 14
    first = found[0]
    assert isinstance(first, Paper)
    assert first.title == "Qwen3-VL Technical Report"
    assert first.featured_on == date(2025, 12, 4)
    assert first.published_on == date(2025, 11, 26)
    assert first.organization == "Qwen"
    assert first.tldr


LINES = "".join(json.dumps(GOOD | {"arxiv_id": f"2501.0000{n}"}) + "\n" for n in range(1, 4))
ARRAY = json.dumps([json.loads(line) for line in LINES.splitlines()])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("papers.json", LINES),
        ("papers.json", f"\ufeff\n{LINES}\n"),
        ("papers.json", LINES.rstrip()),
        ("papers.json", ARRAY),
        ("papers.json", json.dumps(json.loads(ARRAY), indent=2)),
        ("papers.jsonl", LINES),
        ("papers.jsonl", ARRAY),
        ("papers.jsonl", json.dumps(json.loads(ARRAY), indent=2)),
    ],
)
def test_json_and_json_lines_are_told_apart_by_what_they_hold(
    tmp_path: Path, name: str, content: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert [r.arxiv_id for r in records(path) if isinstance(r, Paper)] == [
        "2501.00001", "2501.00002", "2501.00003"
    ]  # fmt: skip


def test_a_damaged_line_of_a_json_file_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "papers.json"
    path.write_text(LINES.replace('"2501.00002"', '"2501.00002', 1), encoding="utf-8")
    found = records(path)
    assert [r.record for r in found if isinstance(r, SetAside)] == ["line 2"]
    assert len(found) == 3


def test_one_record_in_a_json_file_is_a_paper(tmp_path: Path) -> None:
    path = tmp_path / "paper.json"
    for content in (json.dumps(GOOD), json.dumps(GOOD, indent=2), json.dumps(GOOD) + "\n\n"):
        path.write_text(content, encoding="utf-8")
        assert [type(record) for record in records(path)] == [Paper]
