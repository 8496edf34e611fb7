"""Two bot processes on one data folder and one Chroma server: everything once, whoever is killed.

Real: `paperboy run` twice, `chroma run`, SQLite, the sockets. On 127.0.0.1 as well: a Discord with
two shards, a Hugging Face and a model server.
"""

import asyncio
import contextlib
import json
import random
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import bot.migrations
import rag.store.migrations
from bot.subscriptions.outbox import Outbox
from bot.subscriptions.records import Rhythm, Subscription
from bot.subscriptions.store import SubscriptionStore
from ingest.sync import ingest
from rag.library import _read_owner
from rag.store.catalog import Catalog
from rag.store.database import Database, open_database
from tests.bot.commands.test_run import TOKEN, running
from tests.chroma_server import ChromaServer, chroma_running
from tests.discord_fake import FakeDiscord
from tests.discord_fake.gateway import shard_of
from tests.discord_fake.world import ApiError
from tests.discord_server import Server, judged, text_of
from tests.ingest.hub import Hub, full_texts_of, hub
from tests.models.openai_server import OpenAIServer
from tests.papers import ListSource
from tests.rag.answering.test_full_text import FOLDER, TIDEWATER
from tests.reliability.digest_world import papers_of

Run = Callable[..., tuple[int, str, str]]
QUESTION = "which paper uses an overuse penalty, and what for?"
WRITTEN = "An overuse penalty keeps meaningless words from being activated too often [1]."
SHOWN = WRITTEN.removesuffix(" [1].")  # its marker is a link there
CHANNELS = 6  # of each shard
KILLS = 6
SEED = 20261130

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def chroma(tmp_path: Path) -> Iterator[ChromaServer]:
    with chroma_running(tmp_path / "server") as server:
        yield server


@pytest.fixture
def huggingface() -> Iterator[Hub]:
    with hub(full_texts_of(FOLDER)) as served:
        yield served


@pytest.fixture
def model() -> Iterator[OpenAIServer]:
    with closing(OpenAIServer(WRITTEN)) as server:
        server.start()
        yield server


class Processes:
    """Two bot processes, each with one of two shards, on a copy of a data folder."""

    def __init__(self, folder: Path, starter: Path, more: str) -> None:
        self.data = folder / "data"
        shutil.copytree(starter, self.data)
        self.configs = []
        for shard in range(2):
            config = folder / f"config{shard}.toml"
            config.write_text(
                f"{more}\n[bot]\nshards = 2\nshard_ids = [{shard}]\n"
                "[bot.digest]\nsync_minutes = 0\n"
            )
            self.configs.append(config)

    def arguments(self, shard: int) -> tuple[str, ...]:
        return ("--data-dir", str(self.data), "--config", str(self.configs[shard]))

    @asynccontextmanager
    async def both(self, fake: FakeDiscord) -> AsyncIterator[list[asyncio.subprocess.Process]]:
        """Run both until the block ends; the first one owns the index."""
        async with AsyncExitStack() as stack:
            started = []
            for shard in range(2):
                process = running(fake, *self.arguments(shard), "run")
                started.append(await stack.enter_async_context(process))
                await fake.until(lambda n=shard: (n, 2) in fake.gateway.shards, 120)  # type: ignore[misc]
            yield started

    def database(self) -> Database:
        rooms = [rag.store.migrations.MIGRATIONS, bot.migrations.MIGRATIONS]
        return open_database(self.data / "paperboy.sqlite", rooms)


async def stop(process: asyncio.subprocess.Process) -> str:
    """Let a process end; return what it said."""
    process.send_signal(signal.SIGTERM)
    _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    return err.decode()


def rows_of(output: tuple[int, str, str]) -> list[dict[str, Any]]:
    status, out, _ = output
    assert status == 0
    return [json.loads(line) for line in out.splitlines()]


async def test_questions_commands_and_whole_papers_beside_two_bots(
    tmp_path: Path, starter_folder: Path, run: Run, chroma: ChromaServer, huggingface: Hub,
    model: OpenAIServer, make_library: Callable[..., Any],
) -> None:  # fmt: skip
    world = Processes(
        tmp_path, starter_folder,
        f'[rag.vectors]\nurl = "{chroma.url}"\n[rag.model]\nserver_url = "{model.url}"\n'
        f'[ingest.fetch]\nhuggingface_url = "{huggingface.url}"\nattempts = 1\n',
    )  # fmt: skip
    library = make_library(world.data)
    ingest(ListSource([TIDEWATER]), library)
    library.close()

    async def paperboy(*arguments: object) -> tuple[int, str, str]:
        return await asyncio.to_thread(run, *world.arguments(0), *arguments)

    async with judged(token=TOKEN) as fake:
        channels = [fake.world.add_guild(shard, 2) for shard in range(2)]
        async with world.both(fake) as processes:
            for channel in channels:
                asked = await fake.slash("alice", "ask", question=QUESTION, channel=channel)
                await asked.wait_ack()
                await fake.until(lambda a=asked: a.original and SHOWN in text_of(a.original), 60)  # type: ignore[misc]
            direct = await fake.open_dm("alice")
            said = await fake.say("alice", QUESTION, channel=direct)
            await fake.until(lambda: Server(fake, None).reply_to(said), 30)  # type: ignore[arg-type]
            found = rows_of(await paperboy("search", "overuse penalty", "--json"))
            assert "overuse" in found[0]["quote"].casefold()
            (answered,) = rows_of(await paperboy("ask", "--json", QUESTION))
            assert (answered["mode"], answered["answer"]) == ("generated", WRITTEN)
            status, out, _ = await paperboy("read", "2511.70001")
            assert (status, "15 sections" in out) == (0, True)
            with closing(sqlite3.connect(world.data / "paperboy.sqlite")) as database:
                stored = "SELECT COUNT(*) > 20 AND SUM(stored = 0) = 0 FROM passages"
                await fake.until(lambda: database.execute(stored).fetchone()[0], 60)
            question = "what weight decay does Tidewater use?"
            (answered,) = rows_of(await paperboy("--no-model", "ask", "--json", question))
            assert "Weight decay: 0.01" in answered["answer"]
            status, _, told = await paperboy("reindex")
            assert (status, "is in use by `paperboy run`" in told) == (1, True)
            status, _, told = await paperboy("run")
            assert status == 1
            assert (await paperboy("backup", tmp_path / "b.tar.gz"))[0] == 0
            processes[0].kill()  # the other one takes its place as the writer
            await processes[0].wait()
            owner = world.data / "index.owner"
            wanted = f"`paperboy run` (process {processes[1].pid})"
            await fake.until(lambda: _read_owner(owner) == wanted, 60)
            assert "Traceback" not in await stop(processes[1])
    arguments = ("--config", world.configs[0], "--no-model", "--data-dir", tmp_path / "new")
    assert run(*arguments, "restore", tmp_path / "b.tar.gz")[0] == 0
    assert rows_of(run(*arguments, "search", "overuse penalty", "--json"))[0] == found[0]


async def test_digests_arrive_once_whichever_process_is_killed(
    tmp_path: Path, starter_folder: Path, chroma: ChromaServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Kill -9 of either around messages, before or after Discord takes them, and at other times."""
    chance = random.Random(SEED)
    world = Processes(tmp_path, starter_folder, f'[rag.vectors]\nurl = "{chroma.url}"\n')
    async with judged(token=TOKEN) as fake:
        database, now = world.database(), datetime.now(UTC)
        store = SubscriptionStore(database)
        outbox = Outbox(database, store)
        Catalog(database).upsert(papers_of(now.date() - timedelta(days=2)))
        for n in range(2 * CHANNELS):
            channel = fake.world.add_guild(n % 2, 2)
            guild = int(fake.channels[channel]["guild_id"])
            rhythm = Rhythm("day", now.hour, now.minute)
            wanted = Subscription(kind="channel", target=channel, guild_id=guild, rhythm=rhythm)
            store.add(wanted, now - timedelta(minutes=2))
        alive: dict[int, asyncio.subprocess.Process] = {}
        kills = Counter[str]()

        def kill(shard: int, when: str) -> bool:
            process = alive.get(shard)
            if process is None or process.returncode is not None or kills.total() >= KILLS:
                return False
            process.send_signal(signal.SIGKILL)
            kills[f"process {shard} {when}"] += 1
            return True

        original = fake.world.new_message

        def new_message(channel: str, author: Any, body: Any, **more: Any) -> Any:
            shard = shard_of(fake.channels[channel]["guild_id"], 2)
            if body.get("nonce") and chance.random() < 0.5:
                takes = chance.random() < 0.5
                if kill(shard, "after a message" if takes else "before a message") and not takes:
                    raise ApiError(500, 0, "nobody hears this")
            return original(channel, author, body, **more)

        fake.world.new_message = new_message  # type: ignore[method-assign]

        async def keep_running(shard: int) -> None:
            """Start the process again whenever it was killed."""
            while True:
                async with running(fake, *world.arguments(shard), "run") as process:
                    alive[shard] = process
                    await process.wait()

        async def kill_at_random() -> None:
            for shard in (0, 1):
                await asyncio.sleep(chance.uniform(5, 40))
                kill(shard, "at a random moment")

        tasks = [asyncio.create_task(keep_running(0)), asyncio.create_task(keep_running(1)),
                 asyncio.create_task(kill_at_random())]  # fmt: skip

        def is_done() -> bool:
            states = [row.state for row in outbox.rows()]
            return kills.total() >= KILLS and states == ["sent"] * (2 * CHANNELS)

        try:
            await fake.until(is_done, 600)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            database.close()
    digests = [m for m in fake.messages.values() if "digest:discuss" in str(m["components"])]
    with capsys.disabled():
        print(f"\n  {len(digests)} digests, kills: {dict(kills)}")  # noqa: T201
    assert len({m["channel_id"] for m in digests}) == len(digests) == 2 * CHANNELS
    assert {name.split()[1] for name in kills} == {"0", "1"}
    with contextlib.suppress(ProcessLookupError):
        assert all(process.returncode is not None for process in alive.values())
