"""The worker's protocol, with a real llama.cpp and a tiny model."""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.llm.worker import LOADING, Heartbeat, MessageWriter
from rag.llm.worker_client import WorkerProcess, worker_command

CHAT = [{"role": "user", "content": "[1] Herons wade.\nQuestion: what?"}]


@pytest.fixture
def worker(copying_model: Path) -> Iterator[WorkerProcess]:
    process = WorkerProcess(worker_command(copying_model, n_ctx=512, threads=1))
    yield process
    process.close()
    process.wait()


def replies(worker: WorkerProcess) -> Iterator[dict[str, Any]]:
    """Yield the messages without heartbeats."""
    return (message for message in worker.messages() if "steps" not in message)


def test_requests_are_answered_one_by_one_until_stdin_closes(worker: WorkerProcess) -> None:
    messages = replies(worker)
    ready = next(messages)["ready"]
    assert ready["n_ctx"] == 512
    assert ready["offload"]["layers"] == 3  # two, and the output
    worker.send({"id": 1, "count": CHAT})
    count = next(messages)["tokens"]
    assert count > len(CHAT[0]["content"])
    worker.send({"id": 2, "messages": CHAT, "max_tokens": 6, "temperature": 0})
    pieces = [next(messages) for _ in range(6)]
    assert {piece["id"] for piece in pieces} == {2}
    assert "".join(piece["text"] for piece in pieces).strip() in "[1] Herons wade."
    done = {"id": 2, "done": "length", "prompt": count, "reused": 0, "tokens": 6}
    assert next(messages) == done
    worker.send({"id": 3, "messages": CHAT, "max_tokens": 500, "temperature": 0})
    assert "prompt and answer may have 512 tokens" in next(messages)["error"]
    worker.close()
    assert list(messages) == []
    assert worker.wait() == "exit status 0"


def test_a_cancelled_request_ends_early(worker: WorkerProcess) -> None:
    messages = replies(worker)
    next(messages)
    worker.send({"cancel": 1})
    worker.send({"id": 1, "messages": CHAT, "max_tokens": 100, "temperature": 0})
    ended = next(message for message in messages if "done" in message)
    assert (ended["done"], ended["tokens"]) == ("cancelled", 0)


def test_the_heartbeat_beats_for_all_open_requests_and_pauses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rag.llm.worker.HEARTBEAT_SECONDS", 0.001)
    stream = io.StringIO()
    heartbeat = Heartbeat(MessageWriter(stream))
    heartbeat.remove(LOADING)
    heartbeat.count_steps = lambda: 5
    for request_id in (7, 8):
        heartbeat.add(request_id)
    while '{"id": 7, "steps": 5}\n{"id": 8, "steps": 5}\n' not in stream.getvalue():
        time.sleep(0.001)
    heartbeat.remove(7)
    heartbeat.remove(8)
    time.sleep(0.05)  # a beat may have begun
    beats = stream.getvalue()
    time.sleep(0.05)
    assert stream.getvalue() == beats
    assert {json.loads(line)["id"] for line in beats.splitlines()} <= {LOADING, 7, 8}
