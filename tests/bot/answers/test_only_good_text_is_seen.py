"""A weak model writes into a message in Discord: every message and edit is looked at."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count, cycle
from pathlib import Path
from typing import Any

import pytest

from bot.answers.live_message import LiveMessage
from ingest.sync import ingest
from rag.answering.refusal import REFUSAL
from rag.answering.writer import BROKEN_OFF, NOTES, UNREADABLE
from rag.library import Library
from rag.llm.chat_models import ChatLlama, ChatServer
from rag.llm.server_client import ServerClient
from rag.llm.server_errors import Timeouts
from tests.discord_fake.bodies import embeds, message_in
from tests.discord_server import Connect, Server, text_of
from tests.models.openai_server import OpenAIServer
from tests.models.tiny_gguf import write_copying_model
from tests.models.weak_writers import (
    COPIED,
    FIRST,
    GOOD,
    HEADERS,
    LOOPING_HEADS,
    LOOPS,
    NEVER_SEEN,
    ROLES,
    THOUGHTS,
    UNENDED_THOUGHTS,
    UNFINISHED,
)
from tests.papers import PLAIN, QUESTION, ListSource

_LINK = re.compile(r"\[(\[\d+\])\]\(<[^>]*>\)")
SIZES = cycle([1, 3, 17, 0, 1000])  # of the pieces that a server sends
people = count()


@pytest.fixture(autouse=True)
def edits_without_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every state becomes an edit, not only one a second."""
    defaults: Any = LiveMessage.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "interval", 0.0)


@pytest.fixture
def model() -> Iterator[OpenAIServer]:
    with closing(OpenAIServer("")) as model:
        model.start()
        model.pause = 0.001
        yield model


@pytest.fixture
async def server(filled: Library, connect: Connect, model: OpenAIServer) -> Server:
    """A Discord whose bot has its answers written by the model."""
    timeouts = Timeouts(first_token=60, next_token=60, answer=60)
    chat = ChatServer(server=ServerClient(model.url, timeouts=timeouts))
    server: Server = await connect(filled, chat=chat)
    return server


async def asked(server: Server, question: str = QUESTION, **options: Any) -> tuple[str, list[str]]:
    """Ask; return all words of the finished message, and the answers in it and its earlier edits.

    No message or edit has anything in it that may never be seen.
    """
    before = len(server.fake.log)
    answer = await server.ask(question, user=f"person {next(people)}", **options)
    states = []
    for route, ids, body, _ in (entry for entry in server.fake.log[before:] if len(entry) == 4):
        request = route.format_map(ids)
        message = message_in(request, body) if isinstance(body, dict) else None
        if message is None:
            continue
        sent = json.dumps(message, ensure_ascii=False)
        assert [words for words in NEVER_SEEN if words in sent] == []
        texts = [embed.get("description", "") for embed in embeds(message)]
        states += [_LINK.sub(r"\1", text).partition("\n\n1. [")[0] for text in texts]
    return text_of(answer), states


async def quotes_stay(server: Server, model: OpenAIServer, text: str) -> None:
    """Let the model write this: nobody sees anything but the quotes."""
    model.text, model.size = text, next(SIZES)
    shown, states = await asked(server)
    assert set(states) == {states[0]}, text
    assert states[0].startswith("“HeronNet reaches 94.2%")
    assert "Quoted word for word." in shown
    assert "these are the quoted sentences." in shown


async def good_text_stays(
    server: Server, model: OpenAIServer, text: str, *, good: str = GOOD, note: str = BROKEN_OFF
) -> None:
    """Let the model write this: nobody sees anything but the quotes and the good sentences."""
    model.text, model.size = text, next(SIZES)
    shown, states = await asked(server)
    assert set(states) <= {states[0], FIRST, good}, text
    assert states[0].startswith("“HeronNet reaches 94.2%")
    assert states[-1] == good, text
    assert "Written by" in shown
    assert note in shown
    assert note or "The model" not in shown


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", [LOOPS, HEADERS, ROLES, UNFINISHED], ids=lambda kind: next(iter(kind))
)
async def test_what_degenerates_is_never_seen(
    server: Server, model: OpenAIServer, kind: dict[str, str]
) -> None:
    for text in kind.values():
        await quotes_stay(server, model, text)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [LOOPS, HEADERS, ROLES], ids=lambda kind: next(iter(kind)))
async def test_the_good_sentences_in_front_of_it_are_the_answer(
    server: Server, model: OpenAIServer, kind: dict[str, str]
) -> None:
    for text, gap in zip(kind.values(), cycle([" ", "\n\n", "\n"])):
        await good_text_stays(server, model, f"{GOOD}{gap}{text}")


@pytest.mark.slow
async def test_a_true_sentence_is_seen_once(server: Server, model: OpenAIServer) -> None:
    await good_text_stays(server, model, f"{FIRST} " * 12, good=FIRST)
    await good_text_stays(server, model, f"{GOOD} " * 12)


@pytest.mark.slow
async def test_a_sentence_that_breaks_off_is_not_seen(server: Server, model: OpenAIServer) -> None:
    for text in UNFINISHED.values():
        await good_text_stays(server, model, f"{GOOD} {text}", note="")


@pytest.mark.slow
@pytest.mark.parametrize("name", THOUGHTS)
async def test_what_a_model_thinks_is_never_seen(
    server: Server, model: OpenAIServer, name: str
) -> None:
    for _ in range(5):
        await good_text_stays(server, model, THOUGHTS[name].format(GOOD), note="")
    await good_text_stays(server, model, THOUGHTS[name].format(f"{GOOD} {ROLES['a dialogue']}"))


@pytest.mark.parametrize("name", UNENDED_THOUGHTS)
async def test_a_thought_without_an_end_leaves_the_quotes(
    server: Server, model: OpenAIServer, name: str
) -> None:
    model.text, model.size = UNENDED_THOUGHTS[name], next(SIZES)
    shown, states = await asked(server)
    assert set(states) == {states[0]}
    assert "Quoted word for word." in shown


@pytest.mark.slow
async def test_of_a_thought_that_no_tag_opens_only_checked_sentences_are_seen_until_it_closes(
    server: Server, model: OpenAIServer
) -> None:
    for _ in range(5):
        await good_text_stays(
            server, model, f"{FIRST} No, the walrus is counted [1].</think>{GOOD}", note=""
        )


# -- refusals ------------------------------------------------------------------------------------

CONTAINING = {
    "quoted": f"The rule is to write “{REFUSAL}” if none does, but {FIRST}",
    "in front": f"{REFUSAL} {FIRST}",
    "behind": f"{FIRST} {REFUSAL}",
    "with a but": f"{REFUSAL[:-1]} in full, but {FIRST}",
    "a disclaimer": f"The abstracts do not say what a walrus costs, but {FIRST}",
    "another disclaimer": f"Although no abstract mentions a walrus, {FIRST}",
    "in a thought": f"I could write “{REFUSAL}”, but the walrus …</think>{FIRST}",
}


def log_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name == "bot.answers.request_log"]


async def receipt_of(server: Server, caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """Return the receipt of the last answer, once it is finished and logged."""
    services = server.bot.services
    for _ in range(500):
        channel = int(server.fake.general)
        (stored,) = await services.executor.read(services.receipts.last_in, channel, count=1)
        if stored.unfinished is None and log_lines(caplog):
            return dict(stored.receipt or {})
        await asyncio.sleep(0.01)
    pytest.fail("the answer is never finished")


@pytest.mark.parametrize("name", CONTAINING)
async def test_an_answer_that_contains_the_refusal_is_an_answer(
    server: Server, model: OpenAIServer, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level("INFO", "bot.answers.request_log")
    model.text, model.size = CONTAINING[name], next(SIZES)
    shown, states = await asked(server)
    assert states[-1] == FIRST
    assert "Written by" in shown
    receipt = await receipt_of(server, caplog)
    assert (receipt["refused"], receipt["mode"]) == (False, "generated")
    assert "mode=generated refused=no" in log_lines(caplog)[-1]


@pytest.mark.slow
async def test_only_a_refusal_as_a_whole_is_one(
    server: Server,
    model: OpenAIServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rag.answering.writer.MAX_SUPPORT", 1.0)  # the quotes count as weak
    caplog.set_level("INFO", "bot.answers.request_log")
    for text, refused in (
        (REFUSAL, True),
        (f"**{REFUSAL[:-1]}**", True),
        (f"{REFUSAL} The passages do not mention a walrus.", True),
        (f"The rule is to write “{REFUSAL}” if none does, but a walrus is counted [1].", False),
        (f"A walrus is counted [1]. {REFUSAL}", False),
    ):
        model.text, model.size = text, next(SIZES)
        caplog.clear()
        shown, states = await asked(server)
        receipt = await receipt_of(server, caplog)
        assert receipt["refused"] is refused
        assert states[-1].startswith(REFUSAL) is refused
        assert ("these are the quoted sentences." in shown) is not refused
        assert f"refused={'yes' if refused else 'no'}" in log_lines(caplog)[-1]


@pytest.mark.slow
async def test_the_model_is_stopped_at_once(server: Server, model: OpenAIServer) -> None:
    writer: Any = server.bot.services.executor.qa.writer
    writer.model.chat.max_tokens = 100_000
    model.fault = "never stops"
    shown, states = await asked(server)
    assert NOTES[UNREADABLE] in shown
    assert set(states) == {states[0]}
    assert model.disconnected.wait(10)


@pytest.mark.slow
async def test_in_a_channel_and_in_its_thread_too(server: Server, model: OpenAIServer) -> None:
    fake = server.fake
    model.text, model.size = f"{GOOD} {ROLES['a dialogue']}", 3
    first = await server.say("alice", f"{fake.mention} {QUESTION}")
    again = await server.say("alice", f"{fake.mention} and {QUESTION}", reply_to=first)
    for message in (first, again):
        assert _LINK.sub(r"\1", text_of(message)).startswith(GOOD)
        assert BROKEN_OFF in text_of(message)
    sent = json.dumps([body for _, body in fake.posts()] + fake.edits(first["id"]))
    assert [words for words in NEVER_SEEN if words in sent] == []


# -- a real process, with the copying model ---------------------------------------------------


@pytest.mark.slow
async def test_llama_cpp_copies_its_prompt(
    library: Library, connect: Connect, load_chat: Callable[..., ChatLlama]
) -> None:
    ingest(ListSource([COPIED]), library)
    server = await connect(library, chat=load_chat(max_tokens=300))
    # In the second prompt the title stands twice.
    for question, options in (
        ("where do egrets fly?", {}),
        ("is it so?", {"paper": COPIED.paper_id}),
    ):
        shown, states = await asked(server, question, **options)
        assert set(states) == {states[0]}
        assert "Egrets fly over reeds.” [1]" in states[0]
        assert NOTES[UNREADABLE] in shown


async def test_llama_cpp_loops(
    library: Library, connect: Connect, load_chat: Callable[..., ChatLlama], tmp_path: Path
) -> None:
    ingest(ListSource([PLAIN]), library)
    path = write_copying_model(tmp_path / "looping.gguf", heads=LOOPING_HEADS)
    server = await connect(library, chat=load_chat(path, max_tokens=1000))
    shown, states = await asked(server, "is it so?", paper=PLAIN.paper_id)
    assert set(states) == {states[0]}
    assert states[0].startswith("“Herons wade in shallow marshes.”")
    assert NOTES[UNREADABLE] in shown


@pytest.mark.slow
async def test_llama_cpp_writes_good_sentences(
    library: Library, connect: Connect, load_chat: Callable[..., ChatLlama]
) -> None:
    ingest(ListSource([PLAIN]), library)
    server = await connect(library, chat=load_chat(max_tokens=300))
    shown, states = await asked(server, "is it so?", paper=PLAIN.paper_id)
    assert "Written by" in shown
    sentences = ["Herons wade in shallow marshes.", "Egrets fly over the reeds at dusk [1]."]
    assert states[-1] == f"[1] H: {' '.join(sentences)}"
    assert set(states[1:]) <= {states[0], f"[1] H: {sentences[0]}", states[-1]}
