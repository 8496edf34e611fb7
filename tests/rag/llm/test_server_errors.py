"""When to give up on a server's answer, and what to say then."""

import pytest
from langchain_core.messages import AIMessageChunk

from rag.llm.server_errors import END_OF_STREAM_SECONDS, Asked, StreamProgress, Timeouts, explain

ASKED = Asked("http://127.0.0.1:8080/v1", "tiny")
TIMEOUTS = Timeouts(first_token=30, next_token=10, answer=100)
START = 1000.0


@pytest.fixture
def progress() -> StreamProgress:
    return StreamProgress(TIMEOUTS, started=START)


def chunk(text: str, *, finished: bool = False) -> AIMessageChunk:
    metadata = {"finish_reason": "stop"} if finished else {}
    return AIMessageChunk(content=text, response_metadata=metadata)


def test_the_first_token_has_its_own_deadline(progress: StreamProgress) -> None:
    assert progress.deadline(START) == START + 30
    progress.add(chunk(""))  # a model that thinks sends chunks without text
    assert progress.deadline(START + 20) == START + 30


def test_each_token_extends_the_deadline_up_to_the_answers_limit(
    progress: StreamProgress,
) -> None:
    progress.add(chunk("It"))
    assert progress.deadline(START + 20) == START + 30
    assert progress.deadline(START + 85) == START + 95
    assert progress.deadline(START + 95) == START + 100


def test_a_finished_answer_waits_only_briefly_for_the_end_of_the_stream(
    progress: StreamProgress,
) -> None:
    progress.add(chunk("It"))
    progress.add(chunk("", finished=True))
    assert progress.deadline(START + 50) == START + 50 + END_OF_STREAM_SECONDS


def test_a_delay_names_the_setting_to_raise(progress: StreamProgress) -> None:
    def reason(seconds: float) -> str:
        return explain(TimeoutError(), progress, now=START + seconds, asked=ASKED)

    assert reason(30).endswith("raise [rag.model] server_first_seconds.")
    assert "nothing for 30 s" in reason(30)
    progress.add(chunk("It"))
    assert reason(60).endswith("raise [rag.model] server_next_seconds.")
    assert "nothing for 10 s" in reason(60)
    assert reason(100).endswith("raise [rag.model] answer_seconds.")


def test_an_unknown_error_is_explained_without_its_text(progress: StreamProgress) -> None:
    sentence = explain(ValueError("secret"), progress, now=START, asked=ASKED)
    assert "sent something that is not an answer" in sentence
    assert "secret" not in sentence
