"""Each check is run as it is; `make test-all` also runs it with its protection off: it has to fail.

    @pytest.mark.protection("rag.store.database.back_up", lambda *_: None)
    def test_s8_an_older_folder_is_backed_up(tmp_path): …

names what protects and what takes its place; several may be named. A test that passes without its
protection shows nothing, so it counts as failed. What a child process does is not patched by this:
hand the child a patch of its own.
"""

import pkgutil
from typing import Any

import pytest

from tests.ingest.conftest import clock, fake_library

__all__ = ["clock", "fake_library"]  # fixtures that live beside what they are made for


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    markers = list(metafunc.definition.iter_markers("protection"))
    if markers:
        for marker in markers:
            pkgutil.resolve_name(marker.args[0])  # a wrong name would fail for that alone
        marks = [pytest.mark.xfail(strict=True), pytest.mark.slow]
        off = [
            pytest.param(marker.args, id=f"without {name}", marks=marks)
            for marker in markers
            for name in [str(marker.args[0]).rpartition(".")[2]]
        ]
        metafunc.parametrize("protection", [pytest.param(None, id="as it is"), *off], indirect=True)


@pytest.fixture(autouse=True)
def protection(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the protection away that the parameter names, if any."""
    param: tuple[str, Any] | None = getattr(request, "param", None)
    if param:
        monkeypatch.setattr(*param)
