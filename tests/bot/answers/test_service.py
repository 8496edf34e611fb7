"""A question is quoted at once, then written into the same message."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ingest.sync import ingest
from rag.config import ModelConfig, RagConfig
from rag.library import Library
from tests.discord_server import MODEL_NAME, Connect, text_of
from tests.models.tiny_gguf import write_reciting_model
from tests.papers import HERON, PLAIN, PLAIN_QUESTION, QUESTION, ListSource


@pytest.mark.slow
async def test_ask_quotes_at_once_and_then_writes_into_the_same_message(
    library: Library, connect: Connect, load_chat: Any
) -> None:
    ingest(ListSource([PLAIN]), library)
    server = await connect(library, chat=load_chat(max_tokens=900))
    asked = await server.fake.slash("alice", "ask", question=PLAIN_QUESTION)
    callback = await asked.wait_ack()
    assert callback["type"] == 5  # deferred
    assert asked.ack_ms < 300
    quoted = await server.fake.until(lambda: asked.original["embeds"] and asked.original, 2)
    assert "“Egrets fly over the reeds at dusk.”" in text_of(quoted)
    assert "Writing an answer" in text_of(quoted)
    assert quoted["embeds"][0]["title"] == PLAIN_QUESTION
    final = await server.fake.until(lambda: f"Written by {MODEL_NAME}" in text_of(quoted), 20)
    assert final
    written = text_of(asked.original)
    assert f"[[1]](<{PLAIN.url}>) H: Egrets fly over the reeds at dusk." in written
    assert f"1. [{PLAIN.title}](<{PLAIN.url}>)" in written
    assert "“" not in written
    assert not asked.followups
    times = [time for time, _ in server.fake.edits(asked.message_id)]
    assert len(times) >= 2
    gaps = [b - a for a, b in pairwise(times)]
    assert min(gaps) >= 1.0


async def test_without_a_model_the_quoted_answer_is_the_answer(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    answer = await server.ask(QUESTION)
    assert "94.2%" in text_of(answer)
    assert "Quoted word for word." in text_of(answer)
    assert len(server.fake.edits(answer["id"])) == 1


async def test_ask_about_one_paper_and_about_an_unknown_one(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    answer = await server.ask("how long does training take?", paper=HERON.paper_id)
    assert "3 hours" in text_of(answer)
    refused = await server.ask("how long?", paper="no such paper")
    assert "I know no paper “no such paper”" in text_of(refused)


@pytest.mark.slow
async def test_a_question_in_another_language_is_translated(
    filled: Library, connect: Connect, load_chat: Any, tmp_path: Path
) -> None:
    korean = "HeronNet은 사람이 세는 것에 비해 얼마나 정확한가요?"
    text = json.dumps({"english": QUESTION})
    model = write_reciting_model(tmp_path / "reciting.gguf", text)
    config = RagConfig(model=ModelConfig(translate_seconds=60))
    server = await connect(filled, chat=load_chat(model), config=config)
    message = await server.ask(korean)
    assert message["embeds"][0]["title"] == korean
    assert "94.2%" in text_of(message)
    assert f"The model read the question as “{QUESTION}”" in text_of(message)


async def test_without_a_model_a_question_in_another_language_gets_a_sentence(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    message = await server.ask("이 논문은 사람이 세는 것에 비해 얼마나 정확한가요?")
    assert "영어, 독일어, 프랑스어, 스페인어, 중국어" in text_of(message)
    assert HERON.title not in text_of(message)
