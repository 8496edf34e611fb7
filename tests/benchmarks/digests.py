"""Measure how long a process takes to make and send the digests of many servers.

    python -m tests.benchmarks.digests [--servers 40]

Each server has one daily digest in its channel, all due at once. Discord is on 127.0.0.1 and
answers at once, so this is the bot's own time: to make the digest, draw the picture of its topics,
and write each step to the disk.
"""

import argparse
import asyncio
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.app import open_library
from bot.subscriptions.records import Rhythm, Subscription
from ingest.sources.starter import StarterSource
from ingest.sync import ingest
from rag.config import RagConfig
from rag.library import Library
from rag.store.catalog import Catalog
from tests.discord_fake import FakeDiscord
from tests.discord_server import scheduler_of, serving
from tests.reliability.digest_world import papers_of


async def measure(library: Library, servers: int) -> None:
    """Send the digests; print the seconds for each."""
    channels: list[str] = []

    def prepare(fake: FakeDiscord) -> None:
        channels.extend(fake.world.add_guild(0, 1) for _ in range(servers))

    async with serving(library, prepare=prepare) as server:
        now, fake = datetime.now(UTC), server.fake
        Catalog(library.catalog.database).upsert(papers_of(now.date() - timedelta(days=2)))
        store, rhythm = server.bot.services.subscriptions.store, Rhythm("day", now.hour, now.minute)
        for channel in channels:
            guild = int(fake.channels[channel]["guild_id"])
            wanted = Subscription(kind="channel", target=channel, guild_id=guild, rhythm=rhythm)
            store.add(wanted, now - timedelta(minutes=2))
        begun = time.perf_counter()
        await scheduler_of(server.bot).round()
        seconds = time.perf_counter() - begun
        sent = [m for m in server.answers() if "digest:discuss" in str(m["components"])]
        assert len(sent) == servers
        print(f"{servers} digests in {seconds:.1f} s: {1_000 * seconds / servers:.0f} ms each")


def main() -> None:
    """Fill a temporary folder with the starter set and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--servers", type=int, default=40)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(open_library(Path(folder), RagConfig())) as library,
    ):
        ingest(StarterSource(), library)
        asyncio.run(measure(library, given.servers))


if __name__ == "__main__":
    main()
