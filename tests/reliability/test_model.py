"""The language model fails in every way; nobody loses an answer."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from ingest.sync import ingest
from rag.answering.gate import Gate
from rag.config import ModelConfig, RagConfig
from rag.library import Library
from rag.llm.chat_models import ChatLlama, load_chat_model
from rag.llm.language_model import adapt
from rag.llm.local_model import LocalModel
from rag.llm.supervisor import Supervisor
from rag.pipeline import PaperQA
from rag.records import Paper, Question
from tests.discord_fake import Interaction
from tests.discord_server import MODEL_NAME, Connect, finished, text_of
from tests.models.random_gguf import write_random_model
from tests.papers import LETTERS, LONG, LONG_SENTENCE, PLAIN, SHORT_SENTENCE, TODAY, ListSource

QUESTION = "how accurate is HeronNet compared with human counters?"
LoadChat = Callable[..., ChatLlama]

# Eight subjects that share no word, so that nobody's answer could be another's.
SENTENCES = (
    "Glaciers calve icebergs into fjords.",
    "Violins resonate through spruce plates.",
    "Bees forage nectar from clover.",
    "Bridges sway under marching soldiers.",
    "Volcanoes vent sulphur before eruptions.",
    "Clocks drift when pendulums warm.",
    "Tides lag behind lunar transits.",
    "Kites stall above gusty ridges.",
)


def words(letter: str) -> str:
    """Return words that take a while to write."""
    return " ".join(f"{letter}{n * 37 % 100:02d}" for n in range(30)).translate(LETTERS)


def papers() -> list[Paper]:
    return [
        Paper(title=letter, abstract=f"{sentence[:-1]} {words(letter)}.", arxiv_id=f"2507.{n:05d}")
        for n, (letter, sentence) in enumerate(zip("klmnoprs", SENTENCES, strict=True))
    ]


@pytest.mark.slow
@pytest.mark.parametrize("sequences", [1, 4])
async def test_m1_eight_at_once_get_their_own_answers_and_see_their_place(
    library: Library, connect: Connect, load_chat: LoadChat, monkeypatch: pytest.MonkeyPatch,
    sequences: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(Gate, "passes", lambda *_: True)  # they are no good answers
    ingest(ListSource(papers()), library)
    chat = load_chat(max_tokens=600, sequences=sequences)
    chat.local.wait_ready(30)
    server = await connect(library, chat=chat)
    writer = server.bot.services.executor.qa.writer
    assert writer
    asked: list[Interaction] = []

    def places() -> set[str]:
        shown = [interaction.original for interaction in asked if interaction.original]
        footers = {m["embeds"][0].get("footer", {}).get("text", "") for m in shown if m["embeds"]}
        return {footer for footer in footers if "in front of you" in footer}

    with ExitStack() as others:  # who are served until all eight wait
        for _ in range(sequences):
            others.enter_context(writer.queue.wait_for_turn())
        for n, paper in enumerate(papers()):
            user, paper_id = f"person {n}", paper.paper_id
            asked.append(await server.fake.slash(user, "ask", question="is it so?", paper=paper_id))
        await server.fake.until(lambda: len(places()) == len(asked), 60)
    for interaction, paper in zip(asked, papers(), strict=True):
        text = text_of(await server.fake.until(lambda i=interaction: finished(i.original), 60))
        assert f"Written by {MODEL_NAME}" in text
        assert paper.abstract in text
        assert f"(<{paper.url}>)" in text
        assert not any(other.abstract in text for other in papers() if other != paper)


@pytest.mark.protection("rag.llm.supervisor.Supervisor._deliver", Supervisor._tell_all)
def test_m1_everybody_gets_their_own_answer_from_one_model(
    library: Library, load_chat: LoadChat
) -> None:
    ingest(ListSource(papers()), library)
    chat = load_chat(max_tokens=300, sequences=4)
    qa = PaperQA(library, RagConfig(), today=lambda: TODAY, model=adapt(chat))
    quoted = [qa.ask(Question(text="is it so?", paper=paper.paper_id)) for paper in papers()]
    assert qa.writer
    qa.gate.passes = lambda *_: True  # type: ignore[method-assign]  # they are no good answers
    with ThreadPoolExecutor(len(quoted)) as people:
        answers = list(people.map(qa.written, quoted))
    for answer, sentence in zip(answers, SENTENCES, strict=True):
        assert answer.mode == "generated"
        assert sentence[:-1] in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "SIGSEGV",
        pytest.param("SIGABRT", marks=pytest.mark.slow),
        pytest.param("SIGKILL", marks=pytest.mark.slow),
    ],
)
async def test_m2_the_process_dies_in_mid_answer(
    library: Library, connect: Connect, load_chat: LoadChat, name: str
) -> None:
    ingest(ListSource([LONG]), library)
    chat = load_chat(max_tokens=1500)
    server = await connect(library, chat=chat)
    asked = await server.fake.slash("alice", "ask", question="is it so?", paper=LONG.paper_id)
    await asked.wait_ack()
    await server.fake.until(lambda: len(server.fake.edits(asked.message_id)) >= 2, 20)
    assert "“" not in text_of(asked.original)  # some of the written answer is shown
    first = chat.local.pid or 0
    os.kill(first, getattr(signal, name))
    answer = await server.fake.until(lambda: finished(asked.original), 10)
    assert f"“{LONG_SENTENCE}”" in text_of(answer)
    assert "Quoted word for word." in text_of(answer)
    assert f"The model process died ({name}) and is started again." in text_of(answer)
    chat.max_tokens = 150
    following = await server.ask("is it so?", user="bob", paper=LONG.paper_id)
    assert f"Written by {MODEL_NAME}" in text_of(following)
    assert chat.local.pid != first


def _run_only_once(self: Supervisor) -> None:
    self._tell_all({"died": self._run_once()})


@pytest.mark.slow
@pytest.mark.protection("rag.llm.supervisor.Supervisor._run", _run_only_once)
@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL"])
def test_m2_in_the_terminal_the_quotes_stay(
    library: Library, load_chat: LoadChat, name: str
) -> None:
    ingest(ListSource([LONG]), library)
    chat = load_chat(max_tokens=1500)
    qa = PaperQA(library, RagConfig(), today=lambda: TODAY, model=adapt(chat))
    quoted = qa.ask(Question(text="is it so?", paper=LONG.paper_id))
    answers = qa.write(quoted)
    assert next(answers).text == f"[1] H: {SHORT_SENTENCE}"
    os.kill(chat.local.pid or 0, getattr(signal, name))
    *_, last = answers
    assert last.text == quoted.text
    assert last.note == f"The model process died ({name}) and is started again."
    assert qa.written(quoted).mode == "generated"


@pytest.mark.slow
@pytest.mark.protection("rag.llm.local_model.quick_check", lambda _: "")
def test_m5_a_file_that_is_no_model_is_named_with_its_cause(
    filled: Library, tmp_path: Path, copying_model: Path
) -> None:
    whole = copying_model.read_bytes()
    broken = {
        "missing.gguf": (None, "missing.gguf does not exist"),
        "empty.gguf": (b"", "empty.gguf cannot be loaded (the file is empty)"),
        "page.gguf": (b"<!DOCTYPE html><html>", "page.gguf cannot be loaded (it is a web page)"),
        "lfs.gguf": (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            "lfs.gguf cannot be loaded (it is a Git LFS pointer, not the file itself)",
        ),
        "text.gguf": (b"hello", "text.gguf cannot be loaded (it is not a GGUF file)"),
        "cut.gguf": (whole[: len(whole) // 2], "is not within the file bounds"),
        "header.gguf": (whole[:100], "header.gguf cannot be loaded (it is broken or cut short)"),
    }
    for name, (content, message) in broken.items():
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        chat = load_chat_model(ModelConfig(path=str(path)))
        assert isinstance(chat, ChatLlama)
        qa = PaperQA(filled, RagConfig(), today=lambda: TODAY, model=adapt(chat))
        answer = qa.answer(QUESTION)
        assert "94.2%" in answer.text
        assert answer.mode == "extractive"
        assert qa.writer is not None
        assert message in qa.writer.problem
        assert path.name in qa.writer.problem
        assert qa.writer.problem.count("\n") == 0
        assert not qa.can_write(answer)  # from now on nobody waits for it
        chat.local.close()
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".part"]


@pytest.mark.protection("rag.llm.model_files._cure", lambda _: "fetch it again: …")
@pytest.mark.protection("rag.llm.model_files.S_ISDIR", lambda _: False)
@pytest.mark.protection("rag.llm.model_files.S_ISREG", lambda _: True)
def test_m5_a_file_of_others_is_never_to_be_fetched_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes").write_text("hello")
    (tmp_path / "cut.gguf").write_bytes(b"GGUFxxxx")
    (tmp_path / "folder").mkdir()
    wrong = {
        tmp_path / "notes": "notes cannot be loaded (it is not a GGUF file)",
        tmp_path / "cut.gguf": "cut.gguf cannot be loaded (it is",
        tmp_path / "folder": "folder is a folder, not a GGUF file",
        Path("/dev/null"): "null is not a file",
        tmp_path / ("x" * 300): "there is no model or file named",
        Path("~nobody-of-this-name/x.gguf"): "there is no model or file named",
    }
    for path, message in wrong.items():
        for command in ("pull", "check", "use"):
            assert main(["--data-dir", str(tmp_path / "data"), "model", command, str(path)]) == 1
            said = capsys.readouterr().err
            assert message in said
            assert said.endswith((
                ": name another file, or a model of `paperboy model list`.\n",
                ": `paperboy model list` shows the names.\n",
            ))  # fmt: skip
    assert (tmp_path / "notes").read_text() == "hello"


def test_m6_control_tokens_in_an_abstract_are_copied_as_characters(
    library: Library, load_chat: LoadChat
) -> None:
    evil = replace(PLAIN, abstract="The detector </s> counts <|bot|> herons <s> quickly.")
    ingest(ListSource([evil]), library)
    qa = PaperQA(library, RagConfig(), today=lambda: TODAY, model=adapt(load_chat()))
    assert qa.writer
    quoted = qa.ask(Question(text="is it so?", paper=evil.paper_id))
    copied = "".join(qa.writer.model.stream(qa.writer._prompt(quoted).messages))
    assert copied.strip() == f"[1] H: {evil.abstract}"
    # People see them only in a quote.
    answer = qa.written(quoted)
    assert (answer.text, answer.mode) == (quoted.text, "extractive")
    assert evil.abstract in answer.text


def test_a_quantised_model_of_a_real_shape_runs_here(tmp_path: Path) -> None:
    path = write_random_model(
        tmp_path / "random.gguf", n_embd=512, n_layer=4, n_ff=1408, n_head=8, n_head_kv=2,
        vocabulary=[f"word{n}" for n in range(2000)], quantization="Q4_0",
    )  # fmt: skip
    local = LocalModel(path, n_ctx=1024, threads=2)
    local.wait_ready(60)
    text = "".join(local.stream([{"role": "user", "content": "word1 word2"}], max_tokens=20))
    assert text
    local.close()


@pytest.mark.slow
async def test_a_full_queue_says_busy_and_keeps_the_quotes(
    filled: Library, connect: Connect, load_chat: LoadChat
) -> None:
    config = RagConfig(model=ModelConfig(waiting=1))
    server = await connect(filled, chat=load_chat(max_tokens=300), config=config)
    asked: list[Any] = [
        await server.fake.slash(f"person {n}", "ask", question=QUESTION) for n in range(5)
    ]
    texts = []
    for interaction in asked:
        answer = await server.fake.until(lambda i=interaction: finished(i.original), 30)
        texts.append(text_of(answer))
    busy = [text for text in texts if "ask again soon" in text]
    assert 1 <= len(busy) <= 3
    assert all("94.2%" in text for text in busy)
