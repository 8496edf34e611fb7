"""Print the project's files that one question, and one paper, pass through.

    python -m tests.benchmarks.call_path question
    python -m tests.benchmarks.call_path paper
    python -m tests.benchmarks.call_path paper --page 2025-12-01.json    # a recorded answer

The question is a mention of the bot in a simulated Discord, from the event to the finished answer;
one before it has warmed everything up. The paper is the first of a page of Hugging Face's API, from
the command to Chroma. An entry is a call of a function from another file of the project, or from a
library (an event, a callback, a new thread). Entries of the same file one after the other are one.
Each line shows a file's first entry; `--all` shows every entry. All threads count, in the order in
which their calls began, so that the number of returns varies a little from run to run.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

from bot.app import open_library
from bot.cli import main as paperboy
from ingest.sync import ingest
from rag.config import RagConfig
from tests.discord_server import joined, judged
from tests.ingest.daily_hub import Days, Item, item
from tests.ingest.hub import hub
from tests.papers import ListSource

ROOT = f"{Path(__file__).resolve().parents[2]}/"
ROOMS = tuple(f"{ROOT}{room}/" for room in ("bot", "ingest", "rag"))
DAY = date(2025, 12, 1)
WARM_UP = "what share of the tokens does Tidal Attention keep?"
QUESTION = "how accurate is HeronNet compared with human counters?"


class Recorder:
    """Notes which file calls which, in every thread that starts after `install`."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str]] = []  # file, function
        self.is_on = False

    def install(self) -> None:
        threading.setprofile(self.note)
        sys.setprofile(self.note)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Note the calls until the block ends."""
        self.is_on = True
        try:
            yield
        finally:
            self.is_on = False

    def note(self, frame: FrameType, event: str, _argument: object) -> None:
        if not self.is_on or event != "call" or not _is_ours(frame) or _is_resumed(frame):
            return
        file = frame.f_code.co_filename
        if frame.f_code.co_name == "<module>" or _calling_file(frame) == file:
            return
        if not self.entries or self.entries[-1][0] != file:
            self.entries.append((file, frame.f_code.co_qualname))

    def report(self, *, every: bool) -> None:
        """Print the entries, then how many files they are and how many of them are returns."""
        counts = Counter(file for file, _ in self.entries)
        known: set[str] = set()
        for file, function in self.entries:
            is_new = file not in known
            known.add(file)
            if is_new or every:
                mark = "" if is_new else "  *"
                again = f"  (entered {counts[file]} times)" if not every else ""
                print(f"{file.removeprefix(ROOT)}:{function}{mark or again}")
        returns = len(self.entries) - len(counts)
        print(f"{len(counts)} files, {returns} returns to a file that was left before")


def _is_ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(ROOMS)


def _is_resumed(frame: FrameType) -> bool:
    """Return whether a generator or a coroutine continues, so that nothing is called."""
    code = frame.f_code.co_code
    return frame.f_lasti >= 0 and bool(code[frame.f_lasti + 1] & 3)  # the argument of RESUME


def _calling_file(frame: FrameType) -> str:
    """Return the file that called: the next one of the project, "" where a library began."""
    caller = frame.f_back
    while caller is not None and not _is_ours(caller):
        if "/tests/" in caller.f_code.co_filename:
            return ""
        caller = caller.f_back
    return caller.f_code.co_filename if caller else ""


async def question(recorder: Recorder, folder: Path) -> None:
    """Ask the bot over the wire."""
    with closing(open_library(folder, RagConfig())) as library:
        ingest(ListSource(), library)
        async with judged() as fake, joined(fake, library) as server:
            await server.say("alice", f"{fake.mention} {WARM_UP}")
            await asyncio.sleep(0.5)
            with recorder.recording():
                await server.say("bob", f"{fake.mention} {QUESTION}")
                await asyncio.sleep(0.2)  # what is written down behind the answer


def paper(recorder: Recorder, folder: Path, page: Path | None) -> None:
    """Ingest a page with one paper."""
    items: list[Item] = json.loads(page.read_text(encoding="utf-8")) if page else [item(1)]
    days = Days()
    days.put(DAY, items[:1])
    with hub(days) as server:
        config = folder / "config.toml"
        config.write_text(f'[ingest.fetch]\nhuggingface_url = "{server.url}"\n')
        arguments = ["--config", str(config), "--data-dir", str(folder / "data")]
        with recorder.recording():
            assert paperboy([*arguments, "ingest", f"hf:{DAY}"]) == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("question", "paper"))
    parser.add_argument("--page", type=Path)
    parser.add_argument("--all", action="store_true")
    arguments: Any = parser.parse_args()
    recorder = Recorder()
    recorder.install()
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.what == "question":
            asyncio.run(question(recorder, Path(scratch)))
        else:
            paper(recorder, Path(scratch), arguments.page)
    recorder.report(every=arguments.all)


if __name__ == "__main__":
    main()
