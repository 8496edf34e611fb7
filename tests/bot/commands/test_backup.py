"""`paperboy backup` beside a running bot, and `restore`."""

from collections.abc import Callable
from pathlib import Path

from rag.library import Library

Run = Callable[..., tuple[int, str, str]]


def test_backup_beside_a_process_that_owns_the_index_and_restore(
    run: Run, filled: Library, tmp_path: Path
) -> None:
    filled.lock_index()
    file, new = tmp_path / "paperboy.tar.gz", tmp_path / "new"
    status, out, err = run("--data-dir", filled.folder, "backup", file)
    assert (status, err) == (0, "")
    assert out.startswith(f"{file}: 4 papers, ")
    status, out, err = run("--data-dir", new, "restore", file)
    assert status == 0
    assert out.startswith(f"Restored to {new}: 4 papers, as of 20")
    assert out.endswith(" UTC.\n")
    assert "may be sent again" in err
    _, before, _ = run("--data-dir", filled.folder, "papers", "--json")
    assert run("--data-dir", new, "papers", "--json")[1] == before


def test_a_refusal_is_one_sentence(run: Run, filled: Library, tmp_path: Path) -> None:
    for arguments in (
        ("--data-dir", tmp_path / "none", "backup", tmp_path / "b"),
        ("--data-dir", filled.folder, "restore", tmp_path / "b"),
        ("--data-dir", tmp_path / "none", "restore", Path(__file__)),
    ):
        status, out, err = run(*arguments)
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert "Traceback" not in err
    assert not (tmp_path / "none").exists()
