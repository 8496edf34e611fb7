"""Measure how soon twenty users get answers while papers are ingested.

    python -m tests.benchmarks.crowd [--data-dir .bench/data] [--questions 200]

It uses the 11,888 Daily Papers of `tests.benchmarks.answers`, which fills the folder, a Discord on
127.0.0.1, the unmodified client and the tiny copying model. The folder is copied first, because the
ingest adds invented papers. Every fourth question is a mention, the others are slash commands.
"""

import argparse
import asyncio
import random
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from bot.answers.live_message import EDIT_SECONDS
from bot.app import open_library
from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from rag.llm.chat_models import ChatLlama
from rag.llm.local_model import LocalModel
from rag.records import Paper
from tests.benchmarks.discord import print_percentiles
from tests.benchmarks.lag import measured_lag
from tests.discord_server import Server, finished, serving
from tests.models.tiny_gguf import write_copying_model
from tests.papers import PAPERS, ListSource

USERS = 20
PAUSE = (1.0, 8.0)  # seconds that a user waits before the next question
BATCH = 64  # papers per ingest


class Crowd:
    """Twenty users, and the times that they waited."""

    def __init__(self, server: Server, questions: list[str]) -> None:
        self.server = server
        self.questions = questions
        self.acknowledged: list[float] = []
        self.quoted: list[float] = []
        self.answers: list[dict[str, Any]] = []

    async def ask_questions(self, n: int) -> None:
        """Ask user n's share of the questions, one after the other."""
        rng = random.Random(n)
        for number in range(n, len(self.questions), USERS):
            await asyncio.sleep(rng.uniform(*PAUSE))
            ask = self._mention if number % 4 == 3 else self._slash
            self.answers.append(await ask(f"person {n}", self.questions[number]))

    async def _slash(self, person: str, question: str) -> dict[str, Any]:
        fake, started = self.server.fake, time.perf_counter()
        interaction = await fake.slash(person, "ask", question=question)
        await interaction.wait_ack()
        self.acknowledged.append((interaction.ack_ms or 0) / 1000)
        await fake.until(lambda: interaction.original and interaction.original["embeds"], 60)
        self.quoted.append(time.perf_counter() - started)
        return await fake.until(lambda: finished(interaction.original), 120)

    async def _mention(self, person: str, question: str) -> dict[str, Any]:
        fake, started = self.server.fake, time.perf_counter()
        message = await fake.say(person, f"{fake.mention} {question}")
        await fake.until(lambda: self.server.reply_to(message), 60)
        self.quoted.append(time.perf_counter() - started)
        return await fake.until(lambda: finished(self.server.reply_to(message)), 120)


async def measure(library: Library, chat: ChatLlama, count: int) -> None:
    """Have all users ask while papers are ingested, and print the figures."""
    sample = random.Random(0).sample(library.catalog.papers(), count)
    questions = [f"how does {paper.title.split(':')[0]} work?"[:300] for paper in sample]
    async with serving(library, chat=chat) as server, measured_lag() as lags:
        crowd, stop = Crowd(server, questions), asyncio.Event()
        ingesting = asyncio.create_task(ingest_until(stop, library))
        await asyncio.gather(*(crowd.ask_questions(n) for n in range(USERS)))
        stop.set()
        ingested = await ingesting
        replies = Counter(message["id"] for message in crowd.answers)
        edits = [
            later - earlier
            for message in replies
            for (earlier, _), (later, _) in pairwise(server.fake.edits(message))
        ]
        written = sum("quoted" not in str(message["embeds"]) for message in crowd.answers)
        print(f"{USERS} people, {count} questions, {ingested} papers ingested at the same time")
        print_percentiles("acknowledged", crowd.acknowledged)
        print_percentiles("quoted", crowd.quoted)
        print_percentiles("event-loop lag", lags)
        print(
            f"lost: {count - len(crowd.answers)}, doubled: {len(server.answers()) - len(replies)}"
        )
        print(f"finished as written answers: {written}")
        print(f"edits of a message: {min(edits):.2f} s apart at least (required: {EDIT_SECONDS} s)")


async def ingest_until(stop: asyncio.Event, library: Library) -> int:
    """Ingest invented papers until `stop` is set; return how many."""
    done = 0
    while not stop.is_set():
        papers = [invented(n) for n in range(done, done + BATCH)]
        await asyncio.to_thread(ingest, ListSource(papers), library)
        done += BATCH
    return done


def invented(n: int) -> Paper:
    """Return a paper that is not in the corpus."""
    paper = PAPERS[n % len(PAPERS)]
    title, abstract = f"Volume {n}: {paper.title}", f"This is volume {n}. {paper.abstract}"
    return replace(paper, title=title, abstract=abstract, arxiv_id=f"2912.{n:05d}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, default=Path(".bench/data"))
    parser.add_argument("--questions", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(arguments.data_dir, folder / "data")
        library = open_library(folder / "data", RagConfig(), purpose="make bench")
        library.embedder.encode_question("warm up")
        path = write_copying_model(folder / "copying.gguf", heads=6)
        chat = ChatLlama(local=LocalModel(path, n_ctx=4096, threads=2), max_tokens=400)
        chat.local.wait_ready(60)
        asyncio.run(measure(library, chat, arguments.questions))
        chat.local.close()
        library.close()


if __name__ == "__main__":
    main()
