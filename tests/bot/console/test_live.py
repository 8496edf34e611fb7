"""An answer in a pipe and in a terminal, and why it is not written."""

import io
from collections.abc import Callable

import pytest

from bot.console.live import download_progress, show_answer
from bot.console.terminal import PlainConsole, Terminal
from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from rag.llm.chat_models import ChatLlama
from rag.llm.language_model import adapt
from rag.pipeline import PaperQA
from tests.papers import PLAIN, PLAIN_ANSWER, PLAIN_QUESTION, TODAY, ListSource


@pytest.fixture
def qa(library: Library, load_chat: Callable[..., ChatLlama]) -> PaperQA:
    ingest(ListSource([PLAIN]), library)
    return PaperQA(library, RagConfig(), today=lambda: TODAY, model=adapt(load_chat()))


def on_a_terminal() -> Terminal:
    terminal = Terminal()
    terminal.out = PlainConsole(file=io.StringIO(), force_terminal=True, width=200)
    terminal.err = PlainConsole(file=io.StringIO(), force_terminal=True, width=200)
    return terminal


def test_a_pipe_gets_only_the_written_answer(
    qa: PaperQA, capsys: pytest.CaptureFixture[str]
) -> None:
    final = show_answer(Terminal(), qa, qa.ask(PLAIN_QUESTION))
    out = capsys.readouterr().out
    assert (final.text, final.mode) == (PLAIN_ANSWER, "generated")
    assert out.startswith(final.text)
    assert PLAIN.url in out


def test_a_terminal_ends_with_the_written_answer(qa: PaperQA) -> None:
    terminal = on_a_terminal()
    final = show_answer(terminal, qa, qa.ask(PLAIN_QUESTION))
    assert (final.text, final.mode) == (PLAIN_ANSWER, "generated")
    assert isinstance(terminal.out.file, io.StringIO)
    assert PLAIN_ANSWER in terminal.out.file.getvalue()
    assert PLAIN.url in terminal.out.file.getvalue()


def test_a_model_that_fails_leaves_the_quotes_and_is_reported_once(
    qa: PaperQA, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert qa.writer is not None
    monkeypatch.setattr(type(qa.writer), "problem", "the model is broken.", raising=False)
    terminal = Terminal()
    for _ in range(2):
        show_answer(terminal, qa, qa.ask(PLAIN_QUESTION))
    assert capsys.readouterr().err == "No written answers: the model is broken.\n"


def test_a_download_shows_the_file_and_its_stage() -> None:
    terminal = on_a_terminal()
    with download_progress(terminal, "tiny.gguf") as report:
        report("fetched", 1_000, 2_000)
    assert isinstance(terminal.err.file, io.StringIO)
    assert "tiny.gguf fetched" in terminal.err.file.getvalue()
