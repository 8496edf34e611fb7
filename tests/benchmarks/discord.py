"""Measure how fast the bot responds in Discord: python -m tests.benchmarks.discord.

It uses a Discord on 127.0.0.1, the starter set, the unmodified client, and the tiny copying model
for written answers. Times include the work of the fake Discord.
"""

import asyncio
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from bot.answers.live_message import EDIT_SECONDS
from bot.app import open_library
from ingest.sources.starter import StarterSource
from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from rag.llm.chat_models import ChatLlama
from rag.llm.local_model import LocalModel
from tests.benchmarks.lag import measured_lag, percentile
from tests.discord_server import Server, button, finished, serving
from tests.models.tiny_gguf import write_copying_model
from tests.papers import ListSource, many

QUESTIONS = 100
INGESTED = 400  # papers that are ingested while answers are written


async def main(folder: Path) -> None:
    """Measure, and print the figures."""
    library = open_library(folder / "data", RagConfig())
    ingest(StarterSource(), library)
    titles = [paper.title for paper in library.catalog.papers()]
    async with serving(library) as server:
        await one_by_one(server, titles)
        await suggestions(server, titles)
        await receipts(server)
    path = write_copying_model(folder / "copying.gguf", heads=6)
    chat = ChatLlama(local=LocalModel(path, n_ctx=4096, threads=2), max_tokens=1500)
    chat.local.wait_ready(60)
    async with serving(library, chat=chat, heartbeat_ms=1000) as server:
        await written(server, titles, library)
    chat.local.close()
    library.close()


async def one_by_one(server: Server, titles: list[str]) -> None:
    acknowledged, quoted = [], []
    for n in range(QUESTIONS):
        started = time.perf_counter()
        interaction = await server.fake.slash(
            f"person {n % 20}", "ask", question=f"what about {titles[n % len(titles)]}?"
        )
        await interaction.wait_ack()
        acknowledged.append(time.perf_counter() - started)
        await server.quoted(interaction)
        quoted.append(time.perf_counter() - started)
    print_percentiles(f"/ask acknowledged, {QUESTIONS} questions", acknowledged)
    print_percentiles("/ask quoted", quoted)


async def suggestions(server: Server, titles: list[str]) -> None:
    seconds = []
    for n in range(QUESTIONS):
        interaction = await server.fake.autocomplete(
            "alice", "paper", "title", title=titles[n % len(titles)][:12]
        )
        await interaction.wait_ack()
        seconds.append((interaction.ack_ms or 0) / 1000)
    print_percentiles("autocomplete answered", seconds)


async def receipts(server: Server) -> None:
    seconds = []
    answers = server.answers()
    for n in range(QUESTIONS):
        answer = answers[n % len(answers)]
        interaction = await server.fake.click("bob", answer, button(answer, "sources"))
        await interaction.wait_ack()
        seconds.append((interaction.ack_ms or 0) / 1000)
    print_percentiles("Sources shown", seconds)


async def written(server: Server, titles: list[str], library: Library) -> None:
    """Write answers and ingest papers at the same time."""
    fake = server.fake
    async with measured_lag() as lags:
        started = time.perf_counter()
        ingesting = asyncio.create_task(
            asyncio.to_thread(ingest, ListSource(many(INGESTED)), library)
        )
        quoted, edits = [], []
        while not ingesting.done():
            asked_at = time.perf_counter()
            interaction = await fake.slash("alice", "ask", question=f"what about {titles[0]}?")
            await interaction.wait_ack()
            await server.quoted(interaction)
            quoted.append(time.perf_counter() - asked_at)
            while not finished(interaction.original):
                await asyncio.sleep(0.01)
            times = [at for at, _ in fake.edits(interaction.message_id or "")]
            edits += [b - a for a, b in pairwise(times)]
        seconds = time.perf_counter() - started
    beats = sum(entry == ("WS<", 1) for entry in fake.log)
    print_percentiles(f"event-loop lag, {len(quoted)} written answers beside an ingest", lags)
    print_percentiles("/ask quoted beside an ingest", quoted)
    print(f"heartbeats: {beats} in {seconds:.1f} s (requested: one per second)")
    print(f"edits of a message: {min(edits):.2f} s apart at least (required: {EDIT_SECONDS} s)")


def print_percentiles(name: str, seconds: list[float]) -> None:
    p50, p95, p99 = (1000 * percentile(seconds, share) for share in (0.5, 0.95, 0.99))
    print(f"{name}: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms", flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
