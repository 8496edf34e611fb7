"""What an ingest and a sync say about themselves."""

from ingest.report import MAX_REASONS, IngestReport, SyncReport
from ingest.sources.source import LeftOut, PageEnd, SetAside
from rag.store.upsert import UpsertCounts


def test_an_ingest_counts_papers_and_lists() -> None:
    report = IngestReport("hf:2025-12", UpsertCounts(new=1_000, changed=1), embedded=1_001)
    for name, state in (("1", "read"), ("2", "unchanged"), ("3", "settled"), ("4", "settled")):
        report.count_page(PageEnd(name, state))  # type: ignore[arg-type]
    report.count_page(PageEnd("hf:2025-12-08", "empty"))
    report.reject(SetAside("line 2", "title: missing"))
    report.seconds = 1.25
    assert str(report) == (
        "hf:2025-12: 1,001 papers read: 1,000 new, 1 changed, 0 known; 1,001 indexed; 1 set aside; "
        "1 list unchanged; 2 lists settled; empty so far: hf:2025-12-08 (1.2 s)"
    )


def test_the_first_reasons_are_listed_and_the_others_counted() -> None:
    report = IngestReport("file")
    for n in range(MAX_REASONS + 2):
        report.reject(SetAside(f"line {n}", "no title"))
    lines = report.reasons()
    assert lines[0] == "set aside: line 0: no title"
    assert lines[MAX_REASONS].startswith("… and 2 more: `paperboy ingest --list-set-aside`")
    assert len(lines) == MAX_REASONS + 1
    assert lines[-1].endswith(" has all")
    for n in range(20_000):
        report.reject(SetAside("line", "no title", broken=n == 15_000))
    assert report.reasons()[-1].startswith("… and 20,001 more: ")
    assert report.reasons()[-1].endswith(" has the first 1,000")
    assert report.damage == "line of file is damaged, no title"
    assert len(list(report.set_aside)) == 1_000


def test_damage_is_reported_apart() -> None:
    broken = SetAside("line 3", "not valid JSON", broken=True)
    report = IngestReport("file")
    report.reject(broken)
    report.reject(SetAside("line 4", "no title"))
    assert report.damage == "line 3 of file is damaged, not valid JSON"
    assert report.reasons() == ["set aside: line 4: no title"]
    report.reject(broken)
    assert report.damage.endswith("not valid JSON (and 1 more like it)")
    assert IngestReport("file").damage == ""


def test_values_that_were_left_out_are_named_after_the_records_that_were_set_aside() -> None:
    report = IngestReport("file")
    report.reject(SetAside("line 9", "no title"))
    for n in range(MAX_REASONS + 1):
        report.left_out.append(LeftOut(f"line {n}", "upvotes: no number"))
    assert f"1 set aside; {MAX_REASONS + 1} values left out (" in str(report)
    lines = report.reasons()
    assert lines[:2] == ["set aside: line 9: no title", "left out: line 0: upvotes: no number"]
    assert lines[-1] == "… and 1 value more"


def test_a_sync_says_what_changed() -> None:
    report = SyncReport(
        new=1, recounted=1_234, identified=2, set_aside=0, left_out=1, embedded=1,
        empty=("hf:x",), seconds=2,
    )  # fmt: skip
    assert str(report) == (
        "+1 paper, 1,234 upvotes changed, 0 set aside, 1 value left out, 2 found by their title; "
        "empty so far: hf:x (2.0 s)"
    )
