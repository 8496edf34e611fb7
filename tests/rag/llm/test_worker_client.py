"""One run of a process that speaks JSON lines."""

import sys

import pytest

from rag.errors import ModelError
from rag.llm.worker_client import WorkerProcess


def start(code: str) -> WorkerProcess:
    return WorkerProcess([sys.executable, "-S", "-c", code])


def test_lines_that_are_no_messages_are_skipped() -> None:
    worker = start("print('7'); print('{\"id\": 1}'); print('{\"id\": 1, \"te', end='')")
    assert list(worker.messages()) == [{"id": 1}]
    assert worker.wait() == "exit status 0"
    with pytest.raises(ModelError, match="starting again"):
        worker.send({"id": 2})


def test_messages_arrive_in_order_until_stdin_closes() -> None:
    worker = start("import sys\nfor line in sys.stdin: print(line.strip(), flush=True)")
    for n in range(3):
        worker.send({"id": n, "text": "漢字\n"})
    messages = worker.messages()
    assert [next(messages)["id"] for _ in range(3)] == [0, 1, 2]
    worker.close()
    assert worker.wait() == "exit status 0"


def test_a_process_that_ignores_the_end_of_stdin_is_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rag.llm.worker_client.CLOSE_SECONDS", 0.05)
    worker = start("import time; time.sleep(600)")
    worker.close()
    assert worker.wait() == "SIGKILL"


def test_the_load_error_is_llama_cpps_last_one_on_stderr() -> None:
    worker = start(
        "import sys\n"
        "for text in ('error loading model: first', 'error loading model: last', 'bye'):\n"
        "    print('llama:', text, file=sys.stderr)\n"
    )
    worker.wait()
    assert worker.load_error("failed") == "last"
    silent = start("")
    silent.wait()
    assert silent.load_error("failed") == "failed"
