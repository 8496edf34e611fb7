"""A weak model writes into a terminal: all that is ever written to it is looked at."""

import io
import os
import pty
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from rich.live import Live

from bot.app import open_library
from bot.console.live import show_answer
from bot.console.terminal import PlainConsole, Terminal
from ingest.sync import ingest
from rag.answering.writer import BROKEN_OFF, NOTES, UNREADABLE
from rag.config import RagConfig
from rag.library import Library
from rag.llm.chat_models import ChatServer
from rag.llm.language_model import adapt
from rag.llm.server_client import ServerClient
from rag.llm.server_errors import Timeouts
from rag.pipeline import PaperQA
from rag.records import Paper
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
    UNFINISHED,
)
from tests.papers import HERON, PLAIN, QUESTION, TODAY, ListSource

QUOTE = "“HeronNet reaches 94.2% of the accuracy of human counters on the MarshCount benchmark"
SIZES = cycle([1, 3, 17, 0, 1000])  # of the pieces that a server sends
_ESCAPE = re.compile(r"\x1b\][^\x1b]*\x1b\\|\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def model() -> Iterator[OpenAIServer]:
    with closing(OpenAIServer("")) as model:
        model.start()
        yield model


Write = Callable[[str], tuple[str, list[str]]]


@pytest.fixture
def write(filled: Library, model: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Let the model write a text; return all that came to the terminal, and the growing answers."""
    states: list[str] = []

    class EagerLive(Live):
        """Draws every state, not only four a second."""

        def update(self, renderable: Any, *, refresh: bool = True) -> None:
            states.append(renderable.plain)
            super().update(renderable, refresh=refresh)

    monkeypatch.setattr("bot.console.live.Live", EagerLive)
    timeouts = Timeouts(first_token=60, next_token=60, answer=60)
    language_model = adapt(ChatServer(server=ServerClient(model.url, timeouts=timeouts)))
    qa = PaperQA(filled, RagConfig(), today=lambda: TODAY, model=language_model)

    def call(text: str) -> tuple[str, list[str]]:
        states.clear()
        model.text, model.size = text, next(SIZES)
        screen, terminal = io.StringIO(), Terminal()
        terminal.out = PlainConsole(file=screen, force_terminal=True, width=300)
        show_answer(terminal, qa, qa.ask(QUESTION))
        shown = _ESCAPE.sub("", screen.getvalue())
        assert [words for words in NEVER_SEEN if words in shown] == []
        assert all(state in shown for state in states)
        return shown, states

    with closing(language_model):
        yield call


BAD = {**LOOPS, **HEADERS, **ROLES}


@pytest.mark.parametrize("name", [*BAD, *UNFINISHED])
def test_what_degenerates_is_never_seen(write: Write, name: str) -> None:
    shown, states = write({**BAD, **UNFINISHED}[name])
    assert len(states) == 1
    assert states[0].startswith(QUOTE)
    assert "these are the quoted sentences.\n" in shown


@pytest.mark.parametrize("name", [*BAD, *UNFINISHED])
def test_the_good_sentences_in_front_of_it_are_the_answer(write: Write, name: str) -> None:
    shown, states = write(f"{GOOD} {({**BAD, **UNFINISHED})[name]}")
    assert set(states) <= {FIRST, GOOD}
    assert states[-1] == GOOD
    *_, last = shown.split(GOOD)
    assert HERON.title in last
    assert last.endswith(f"{BROKEN_OFF}\n") == (name in BAD)


@pytest.mark.parametrize("name", THOUGHTS)
def test_what_a_model_thinks_is_never_seen(write: Write, name: str) -> None:
    for _ in range(5):
        _, states = write(THOUGHTS[name].format(GOOD))
        assert set(states) <= {FIRST, GOOD}
        assert states[-1] == GOOD


# -- the program itself ------------------------------------------------------------------------


class Screen:
    """A `paperboy` in a terminal of its own."""

    def __init__(self, *arguments: object) -> None:
        self._all = b""
        self._master, slave = pty.openpty()
        environment = os.environ | {"TERM": "xterm", "COLUMNS": "300", "LINES": "50"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bot", *map(str, arguments)],
            stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError):  # the program has ended
            while piece := os.read(self._master, 65536):
                self._all += piece

    @property
    def text(self) -> str:
        """All that was ever written to it, without colours."""
        return _ESCAPE.sub("", self._all.decode(errors="replace")).replace("\r\n", "\n")

    def type(self, line: str) -> None:
        os.write(self._master, f"{line}\n".encode())

    def until(self, words: str, times: int = 1) -> None:
        """Wait until these words were written so often."""
        ends_at = time.monotonic() + 60
        while self.text.count(words) < times:
            assert time.monotonic() < ends_at, self.text
            time.sleep(0.02)

    def ended(self) -> str:
        """Wait until the program has ended well; return all that it wrote."""
        assert self._process.wait(60) == 0, self.text
        self._reader.join(10)
        return self.text

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)


@pytest.mark.slow
def test_paperboy_ask_in_a_terminal(
    sample_folder: Path, tmp_path: Path, model: OpenAIServer
) -> None:
    shutil.copytree(sample_folder, tmp_path / "data")
    config = tmp_path / "config.toml"
    config.write_text(f'[rag.model]\nserver_url = "{model.url}"\n')
    given = ("--data-dir", tmp_path / "data", "--config", config)
    model.size, model.pause = 3, 0.04  # so slow that states between are drawn
    model.text = f"{GOOD} {HEADERS['a passage']}"
    with closing(Screen(*given, "ask", QUESTION)) as screen:
        shown = screen.ended()
    assert [words for words in NEVER_SEEN if words in shown] == []
    assert QUOTE in shown
    assert f"{FIRST}\r" in shown  # before the second sentence was written
    assert f"{GOOD}\n\n[1] {HERON.title}" in shown
    assert shown.endswith(f"{BROKEN_OFF}\n")


@pytest.mark.parametrize(
    ("paper", "heads"),
    [(COPIED, 6), pytest.param(PLAIN, LOOPING_HEADS, marks=pytest.mark.slow)],
    ids=["copies", "loops"],
)
def test_llama_cpp_in_the_chat(tmp_path: Path, paper: Paper, heads: int) -> None:
    library = open_library(tmp_path / "data", RagConfig())
    ingest(ListSource([paper]), library)
    library.close()
    path = write_copying_model(tmp_path / "model.gguf", heads=heads)
    config = tmp_path / "config.toml"
    config.write_text(f'[rag.model]\npath = "{path}"\nthreads = 1\n')
    with closing(Screen("--data-dir", tmp_path / "data", "--config", config, "chat")) as screen:
        screen.until("an empty line ends the chat")
        for times, question in enumerate(("where do herons wade?", "and what do egrets do?"), 1):
            screen.type(question)
            screen.until(NOTES[UNREADABLE], times)
        screen.type("")
        shown = screen.ended()
    assert "“Egrets fly over" in shown
    bare = re.sub(r"“[^”]*”", "", shown)
    assert "Herons wade" not in bare
    assert "in shallow" not in bare
    assert f"({COPIED.day})" not in shown
