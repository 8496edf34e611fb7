"""How much SQLite takes of what one and two bot processes write.

    python -m tests.benchmarks.writer [--seconds 20] [--folder DIR]

At first each process writes as fast as it can what a question writes (the promise of an answer, the
turn of its conversation, its receipt: 3 transactions) and, in a thread of its own as fast as that
can, what a digest writes (the row, its contents, a claim, that it arrived, that it was sent: 5, and
each is on the disk before it goes on). Then two processes together write what Discord's limit of 50
requests a second allows: a question takes two at least, its answer and an edit, a digest one. The
stores are the bot's own, on a file in DIR (the system's folder for temporary files by default).
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

import bot.migrations
import rag.store.migrations
from bot.answers.receipts import Inquiry, ReceiptStore
from bot.conversation.store import ConversationStore
from bot.subscriptions.outbox import Outbox
from bot.subscriptions.records import Subscription
from bot.subscriptions.store import SubscriptionStore
from rag.records import Turn
from rag.store.database import Database, open_database

RECEIPT = {"question": "what is VLoRA?", "text": "word " * 1_000}  # about 5 KB
EMBEDS = [{"title": "what is VLoRA?", "description": "word " * 200}]
DIGEST = "x" * 20_000
ALLOWED = 50 / 3  # questions, and as many digests, with three requests together
FIRST_ID = 1_000_000_000_000


def ask(database: Database, first: int) -> Callable[[int], None]:
    """Return what writes the n-th question."""
    receipts, conversations = ReceiptStore(database, days=30), ConversationStore(database)
    inquiry = Inquiry(question="what is VLoRA?")
    turn = Turn("what is VLoRA?", ("arxiv:2505.00001",))

    def write(n: int) -> None:
        message = first + n
        known = {"channel_id": 1, "user_id": 2, "event_id": message, "inquiry": inquiry}
        receipts.save(message, **known, receipt=None, unfinished=EMBEDS)  # type: ignore[arg-type]
        conversations.remember(
            message, channel_id=1, user_id=2, turn=turn, earlier=None, guild_id=3
        )
        receipts.save(message, **known, receipt=RECEIPT, unfinished=None)  # type: ignore[arg-type]

    return write


def deliver(database: Database) -> Callable[[int], None]:
    """Return what writes the n-th digest."""
    subscriptions = SubscriptionStore(database)
    outbox, now = Outbox(database, subscriptions), datetime.now(UTC)
    number = subscriptions.add(Subscription(kind="mail", target="a@example.org"), now).id

    def write(n: int) -> None:
        outbox.add_extra(number, datetime.fromtimestamp(n, UTC))
        row = outbox.last(number)
        assert row
        outbox.save_digest(row.id, DIGEST, date(2025, 1, 1))
        outbox.claim(row.id, now)
        outbox.part_sent(row.id, 1)
        outbox.done(row.id, "sent", now)

    return write


def work(file: Path, number: int, seconds: float, rate: float) -> None:
    """Write until the time is over; print for each kind how often, and how long it took.

    `rate` is how many of each kind are begun in a second; 0: as many as can be.
    """
    database = Database(file)
    ends_at = time.monotonic() + seconds

    def repeat(write: Callable[[int], None], found: list[float]) -> None:
        n, started = 0, time.monotonic()
        while time.monotonic() < ends_at:
            if rate:
                time.sleep(max(0.0, started + n / rate - time.monotonic()))
            begun = time.perf_counter()
            write(n)
            found.append(time.perf_counter() - begun)
            n += 1

    found: dict[str, list[float]] = {"question": [], "digest": []}
    kinds = {"question": ask(database, FIRST_ID * (number + 1)), "digest": deliver(database)}
    threads = [threading.Thread(target=repeat, args=(kinds[kind], found[kind])) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    for kind, took in found.items():
        print(kind, *(f"{one:.6f}" for one in took))


def measure(folder: Path, processes: int, seconds: float, rate: float = 0) -> None:
    """Let so many processes write; print what they managed together."""
    file = folder / f"{processes}-{rate}.sqlite"
    rooms = [rag.store.migrations.MIGRATIONS, bot.migrations.MIGRATIONS]
    open_database(file, rooms).close()
    options = {"--seconds": seconds, "--rate": rate / processes, "--file": file}
    command = [sys.executable, "-m", "tests.benchmarks.writer"]
    command += [str(part) for option in options.items() for part in option]
    running = [
        subprocess.Popen([*command, "--number", str(n)], stdout=subprocess.PIPE, text=True)
        for n in range(processes)
    ]
    found: dict[str, list[float]] = {}
    for process in running:
        out, _ = process.communicate()
        assert process.returncode == 0
        for line in out.splitlines():
            kind, *took = line.split()
            found.setdefault(kind, []).extend(map(float, took))
    for kind, times in found.items():
        p50, p99 = (1_000 * float(np.percentile(times, q)) for q in (50, 99))
        wanted = f", {rate:.1f} wanted" if rate else ""
        print(
            f"{processes} process(es){wanted}: {len(times) / seconds:6.0f} {kind}s a second, "
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {1_000 * max(times):.0f} ms"
        )


def main() -> None:
    """Measure one process and two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--rate", type=float, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.file:
        work(given.file, given.number, given.seconds, given.rate)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for processes in (1, 2):
            measure(Path(folder), processes, given.seconds)
        measure(Path(folder), 2, given.seconds, ALLOWED)


if __name__ == "__main__":
    main()
