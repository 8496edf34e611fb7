"""The check of the llama.cpp build, with a real build and with broken ones."""

import os
from pathlib import Path

import pytest

from rag.models.build_check import check_build


def test_this_build_runs_quantised_models() -> None:
    built = check_build()
    assert built.problem == ""
    assert built.offload.layers == 2  # one, and the output


@pytest.mark.slow
def test_a_build_that_crashes_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "llama_cpp.py"
    fake.write_text("import os\nos.abort()\n")
    monkeypatch.setenv("PYTHONPATH", os.fspath(tmp_path))
    problem = check_build().problem  # after several tries
    assert problem.startswith("llama.cpp died (SIGABRT) while it loaded probe.gguf: ")
    fake.write_text("raise ImportError('llama_cpp is broken')\n")
    not_built = "the local model needs llama.cpp, which is not built: run `make llama`."
    assert check_build().problem == not_built
