"""Restarting the model process, with small scripts in its place."""

import sys
from collections.abc import Callable, Iterator

import pytest

from rag.errors import ModelError
from rag.llm.supervisor import Supervisor

READY = 'print(\'{"ready": {"n_ctx": 99}}\', flush=True)'
WAIT_SECONDS = 30.0  # however busy the machine is
Supervise = Callable[[str], Supervisor]


@pytest.fixture
def supervise(monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervise]:
    """Start a supervisor of a script; all are closed in the end."""
    monkeypatch.setattr("rag.llm.breaker.RESTART_SECONDS", (0.0,))
    started: list[Supervisor] = []

    def start(code: str) -> Supervisor:
        command = [sys.executable, "-S", "-c", code]
        started.append(Supervisor(command, "tiny.gguf", pause_seconds=600))
        started[-1].open_queue(1)  # before the process can die
        started[-1].start()
        return started[-1]

    yield start
    for supervisor in started:
        supervisor.close()


def test_a_process_that_died_is_started_again(supervise: Supervise) -> None:
    supervisor = supervise(f"{READY}\nimport sys; sys.stdin.read()")
    assert supervisor.ready.wait(WAIT_SECONDS)
    assert supervisor.loaded_model == {"n_ctx": 99}
    first = supervisor.pid
    supervisor.kill()
    assert supervisor.open_queue(1).get(timeout=WAIT_SECONDS) == {"died": "SIGKILL"}
    assert supervisor.ready.wait(WAIT_SECONDS)
    assert supervisor.pid != first
    assert supervisor.describe_crash("SIGKILL").endswith("and is started again.")
    assert not supervisor.problem


def test_nobody_ends_the_process_that_came_after_the_one_that_hung(supervise: Supervise) -> None:
    supervisor = supervise(f"{READY}\nimport sys; sys.stdin.read()")
    assert supervisor.ready.wait(WAIT_SECONDS)
    first = supervisor.send({"id": 1})
    supervisor.kill(first)
    assert supervisor.open_queue(1).get(timeout=WAIT_SECONDS) == {"died": "SIGKILL"}
    assert supervisor.ready.wait(WAIT_SECONDS)
    second = supervisor.pid
    supervisor.kill(first)  # another one whose request hung notices it a moment later
    assert supervisor.ready.is_set()
    assert supervisor.send({"id": 2}) == supervisor.pid == second


def test_messages_go_to_their_own_requests_and_a_death_to_all(supervise: Supervise) -> None:
    supervisor = supervise(f"{READY}\nfor line in open(0): print(line, end='', flush=True)")
    assert supervisor.ready.wait(WAIT_SECONDS)
    first, second = supervisor.open_queue(1), supervisor.open_queue(2)
    supervisor.open_queue(3)
    supervisor.close_queue(3)
    for request_id in (3, 2, 1):
        supervisor.send({"id": request_id})
    assert first.get(timeout=WAIT_SECONDS) == {"id": 1}
    supervisor.kill()
    assert first.get(timeout=WAIT_SECONDS) == {"died": "SIGKILL"}
    assert second.get(timeout=WAIT_SECONDS) == {"id": 2}
    assert second.get(timeout=WAIT_SECONDS) == {"died": "SIGKILL"}


def test_replies_are_queued_and_counted(supervise: Supervise) -> None:
    supervisor = supervise(f"{READY}\nfor line in open(0): print(line, end='', flush=True)")
    assert supervisor.ready.wait(WAIT_SECONDS)
    supervisor.send({"id": 1, "text": "hello"})
    assert supervisor.open_queue(1).get(timeout=WAIT_SECONDS) == {"id": 1, "text": "hello"}
    assert supervisor.messages_received == 2  # with "ready"


def test_five_crashes_in_a_row_pause_the_model(supervise: Supervise) -> None:
    supervisor = supervise(f"{READY}\nraise SystemExit(3)")
    crashes = [supervisor.open_queue(1).get(timeout=WAIT_SECONDS) for _ in range(5)]
    assert crashes == [{"died": "exit status 3"}] * 5
    assert "died 5 times in a row; answers are quoted, and it is tried again in" in (
        supervisor.problem
    )
    assert "(exit status 3), 5 times in a row: answers are quoted from now on" in (
        supervisor.describe_crash("exit status 3")
    )


def test_three_crashes_while_loading_are_a_permanent_problem(supervise: Supervise) -> None:
    supervisor = supervise("raise SystemExit(4)")
    for _ in range(3):
        supervisor.open_queue(1).get(timeout=WAIT_SECONDS)
    assert supervisor.problem.startswith("llama.cpp died (exit status 4) while it loaded tiny.gguf")


@pytest.mark.parametrize(
    ("error", "stderr", "problem"),
    [
        ("No module named 'llama_cpp'", "", "the local model needs llama.cpp, which is not built"),
        ("bad", "error loading model: no tensors", "tiny.gguf cannot be loaded (no tensors): "),
        ("Failed to load model from file: x", "", "loaded (it is broken or cut short): fetch"),
        ("bad", "error loading model: unable to allocate CUDA0 buffer", "tiny.gguf does not fit "
         "into memory (unable to allocate CUDA0 buffer): lower [rag.model] gpu_layers or n_ctx"),
        ("Failed to create llama_context", "llama_init_from_model: failed to initialize the "
         "context: failed to allocate buffer for kv cache", "lower [rag.model] gpu_layers or n_c"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_loaded_is_a_permanent_problem_with_its_cause(
    supervise: Supervise, error: str, stderr: str, problem: str
) -> None:
    supervisor = supervise(
        "import json, sys\n"
        f"print({stderr!r}, file=sys.stderr, flush=True)\n"
        f"print(json.dumps({{'failed': {error!r}}}), flush=True)"
    )
    assert supervisor.open_queue(1).get(timeout=WAIT_SECONDS) == {"died": "exit status 0"}
    assert problem in supervisor.problem


def test_nothing_is_sent_before_the_process_exists() -> None:
    supervisor = Supervisor(["no such command"], "tiny.gguf", pause_seconds=600)
    with pytest.raises(ModelError, match="is starting: ask again soon"):
        supervisor.send({"id": 1})
