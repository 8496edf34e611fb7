"""Twenty people ask for minutes on end while everything around the bot breaks.

    python -m tests.benchmarks.soak [--minutes 10] [--seed 1]

A real `paperboy run` with a tiny model serves a Discord on 127.0.0.1 and reads new papers, hostile
ones among them, from a Hugging Face on 127.0.0.1. Bot, Discord and papers share a clock that runs
300 times as fast, so daily digests fall due all the time. The bot's process and its model's are
killed at random, the gateway is cut, requests break or end with 5xx and 429. In the last three
fifths the bot is not killed any more, so that its memory can be watched. The report says what was
lost.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aiohttp import web

import bot.migrations
import ingest.migrations
import rag.store.migrations
from bot.app import open_library
from bot.subscriptions.outbox import Outbox
from bot.subscriptions.records import Kind, Rhythm, Subscription
from bot.subscriptions.store import SubscriptionStore
from ingest.sync import ingest as read_papers
from rag.config import RagConfig
from rag.store.database import open_database
from tests.benchmarks.lag import percentile
from tests.discord_fake import FakeDiscord, Interaction, Judge, payloads, rest
from tests.discord_server import finished, openapi, text_of
from tests.models.tiny_gguf import write_copying_model
from tests.papers import PAPERS, ListSource, many

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz"
PEOPLE, SUBSCRIPTIONS = 20, 20
SPEED = 300  # times as fast as real time
BEGIN = datetime(2025, 12, 2, 6, tzinfo=UTC)  # on the fast clock
PATIENCE = 60.0  # seconds that somebody waits for an answer
RESTART_SECONDS = 60.0  # in which a killed bot is back
CUT_SECONDS = 6.0  # around a cut, in which a question may not have reached the bot
WARM_SECONDS = 90.0  # after the last start, before its memory counts
NO_KILLS_AFTER = 0.4  # of the time

# The real command; only Discord is elsewhere and the clock is faster. It notes how late its event
# loop is.
SCRIPT = """
import asyncio, json, sys, time, yarl, discord.gateway, discord.http
from datetime import UTC, datetime, timedelta
base, gateway, speed, begun, first, notes, *arguments = sys.argv[1:]
discord.http.Route.BASE = base
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
import bot.subscriptions.scheduler as scheduler
def now():
    passed = (time.time() - float(begun)) * float(speed)
    return datetime.fromisoformat(first) + timedelta(seconds=passed)
scheduler.utc_now = now
import bot.app, bot.serving
bot.app.App.today = lambda self: now().date()
run = bot.serving._run_bot
async def watch():
    while True:
        lags = [time.time()]
        for _ in range(100):
            started = time.perf_counter()
            await asyncio.sleep(0.02)
            lags.append(time.perf_counter() - started - 0.02)
        with open(notes, "a") as file:
            file.write(json.dumps(lags) + "\\n")
async def watched(*arguments, **options):
    task = asyncio.create_task(watch())
    await run(*arguments, **options)
bot.serving._run_bot = watched
from bot.cli import main
sys.exit(main(arguments))
"""

NASTY = "@everyone <@&1> [a](https://evil.example) https://evil.example\\@github.com/x ```"
HOSTILE: tuple[dict[str, object], ...] = (
    {"title": NASTY * 10, "summary": NASTY * 50},
    {"title": None}, {"summary": 7}, {"id": "nonsense"}, {"upvotes": 2**63}, {"upvotes": -1},
    {"authors": "nobody"}, {"authors": [{"name": "x" * 100_000}]}, {"publishedAt": "9999-12-31"},
    {"githubRepo": "https://github.com/" + "x" * 1_100},
    {"githubRepo": "https://evil.example\\@github.com/x"},
    {"title": "\ud800 half", "summary": "x" * 19_000}, {"ai_summary": NASTY},
    {"title": "the " * 240},
)  # fmt: skip


@dataclass
class Asked:
    """A question and what became of it."""

    at: float
    person: str
    said: dict[str, Any] | None = None  # a message …
    used: Interaction | None = None  # … or an interaction
    outcome: str = ""
    is_question: bool = True  # not a command that lists papers


@dataclass
class Soak:
    """The world around the bot, and what is noted about it."""

    folder: Path
    minutes: float
    chance: random.Random
    fake: FakeDiscord
    hub: str = ""
    process: asyncio.subprocess.Process | None = None
    asked: list[Asked] = field(default_factory=list)
    cuts: list[float] = field(default_factory=list)  # when something between people and bot broke
    faults: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, int, int]] = field(default_factory=list)  # time, bot's, model's bytes
    started_at: float = 0.0  # the last start
    begun: float = field(default_factory=time.time)
    begun_at: float = field(default_factory=time.monotonic)
    starts: list[tuple[float, float]] = field(default_factory=list)  # begun, connected

    @property
    def share(self) -> float:
        """How much of the time is over."""
        return (time.time() - self.begun) / (self.minutes * 60)

    def now(self) -> datetime:
        """Return the time on the fast clock."""
        return BEGIN + timedelta(seconds=(time.time() - self.begun) * SPEED)

    # -- the bot's process ----------------------------------------------------------

    async def start(self) -> None:
        """Start the bot and wait until it listens."""
        before, begun = self.fake.identifies, time.time()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SCRIPT, f"{self.fake.url}/api/v10", self.fake.ws_url, str(SPEED),
            str(self.begun), BEGIN.isoformat(), str(self.folder / "lags"),
            "--data-dir", str(self.folder / "data"), "--config", str(self.folder / "config.toml"),
            "run", env=os.environ | {"DISCORD_TOKEN": TOKEN}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=open(self.folder / "stderr", "ab"),  # noqa: SIM115
        )  # fmt: skip
        await self.fake.until(lambda: self.fake.identifies > before, RESTART_SECONDS)
        self.fake.gateway.listeners = {
            key: one for key, one in self.fake.gateway.listeners.items() if one.connection
        }
        self.started_at = time.monotonic()
        self.starts.append((begun, time.time()))

    def is_connected(self) -> bool:
        """Return whether the bot hears what people say."""
        return any(
            one.connection and not one.connection.socket.closed
            for one in self.fake.gateway.listeners.values()
        )

    async def kill(self) -> None:
        """Kill the bot's process and start it again."""
        assert self.process
        self.cuts.append(time.monotonic())
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()
        self.fake.gateway.listeners.clear()
        await asyncio.sleep(self.chance.uniform(0.1, 5))
        await self.start()
        self.cuts.append(time.monotonic())

    def model_process(self) -> int | None:
        """Return the id of the model's process, which the bot started."""
        assert self.process
        return next((pid for pid in children(self.process.pid) if "rag" in command_of(pid)), None)

    # -- what breaks ----------------------------------------------------------------

    async def break_things(self) -> None:
        """Break something every few seconds."""
        while self.share < 1:
            await asyncio.sleep(self.chance.uniform(2, 6))
            kind = self.chance.choices(
                ("5xx", "429", "reset", "disconnect", "model killed", "bot killed"),
                (4, 2, 2, 1, 2, 0.6 if self.share < NO_KILLS_AFTER else 0),
            )[0]
            if kind in ("5xx", "429", "reset") and not self.fake.fail_next:
                self.fake.fail_next.append(self._fault(kind))
            elif kind == "disconnect":
                self.cuts.append(time.monotonic())
                await self.fake.drop(op=self.chance.choice((None, 7)))
            elif kind == "model killed":
                if (model := self.model_process()) is None:
                    continue
                os.kill(model, signal.SIGKILL)
            elif kind == "bot killed":
                await self.kill()
            else:
                continue
            self.faults[kind] += 1

    def _fault(self, kind: str) -> tuple[str, int, Any, dict[str, str]]:
        route = self.chance.choice(
            ("PATCH /webhooks", "POST /channels/{c}/messages", "PATCH /channels")
        )
        if kind == "429":
            body = {"message": "You are being rate limited.", "retry_after": 0.7, "global": False}
            headers = {"Via": "1.1 google", "Retry-After": "1", "X-RateLimit-Scope": "user"}
            return (route, 429, body, headers)
        return (route, 0 if kind == "reset" else self.chance.choice((500, 502, 503)), {}, {})

    # -- people ---------------------------------------------------------------------

    async def person(self, n: int) -> None:
        """Ask one thing after the other."""
        chance, name = random.Random(n), f"person {n}"
        titles = [paper.title for paper in PAPERS] + ["herons", "the papers of yesterday", NASTY]
        while self.share < 1:
            await asyncio.sleep(chance.uniform(3, 9))
            if not self.is_connected():
                continue
            text = f"what about {chance.choice(titles)}? ({n}.{len(self.asked)})"
            asked = Asked(time.monotonic(), name)
            self.asked.append(asked)
            if chance.random() < 0.4:
                harmless = text.replace("@everyone", "")  # the bot ignores who pings everybody
                asked.said = await self.fake.say(name, f"{self.fake.mention} {harmless}")
            elif chance.random() < 0.7:
                asked.used = await self.fake.slash(name, "ask", question=text)
            else:
                asked.is_question = False
                command, option = chance.choice(
                    (("search", {"text": "herons"}), ("paper", {"title": "Heron"}),
                     ("trending", {}), ("catchup", {}))
                )  # fmt: skip
                asked.used = await self.fake.slash(name, command, **option)
            await self._wait_for(asked)

    async def _wait_for(self, asked: Asked) -> None:
        with contextlib.suppress(TimeoutError):
            asked.outcome = await self.fake.until(lambda: self._outcome(asked), PATIENCE)

    def _outcome(self, asked: Asked) -> str:
        """Return what became of a question; "" as long as it may still be answered."""
        message = self._reply(asked)
        if done := finished(message):
            told = text_of(done)
            if "I was restarted" in told:
                return "told of the restart"
            if done["embeds"][0].get("color") == 0xE74C3C:
                return f"told of an error: {told[:80]}"
            return "answered"
        if any(asked.person == name for name, _ in self._direct()):
            return "told directly"
        is_cut = any(abs(cut - asked.at) < CUT_SECONDS for cut in self.cuts)
        waited = time.monotonic() - asked.at
        unheard = message is None and (asked.said or not (asked.used and asked.used.callback))
        if is_cut and unheard and waited > RESTART_SECONDS:
            return "never reached the bot, which was cut off"
        if is_cut and not asked.is_question and waited > RESTART_SECONDS / 2:
            return "a command cut off by a kill, as Discord says"
        return ""

    def _direct(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for message in list(self.fake.messages.values()):
            channel = self.fake.channels[message["channel_id"]]
            is_told = message["author"] is self.fake.bot and "digest" not in str(
                message["components"]
            )
            if is_told and "guild_id" not in channel and message["embeds"]:
                yield channel["recipients"][0]["username"], message

    def _replies(self, said: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            m for m in list(self.fake.messages.values())
            if m["author"] is self.fake.bot
            and (m.get("message_reference") or {}).get("message_id") == said["id"]
        ]  # fmt: skip

    def _reply(self, asked: Asked) -> dict[str, Any] | None:
        if asked.said:
            return next(iter(self._replies(asked.said)), None)
        return asked.used.original if asked.used else None

    def doubled(self) -> int:
        """Return how many questions were answered more than once."""
        return sum(len(self._replies(asked.said)) > 1 for asked in self.asked if asked.said)

    # -- measuring ------------------------------------------------------------------

    async def watch_memory(self) -> None:
        """Note the memory of both processes every few seconds."""
        while self.share < 1:
            await asyncio.sleep(5)
            model = self.model_process()
            assert self.process
            used = memory_of(self.process.pid)
            if used:
                self.memory.append((time.monotonic(), used, memory_of(model) if model else 0))

    # -- papers ---------------------------------------------------------------------

    async def serve_papers(self) -> web.AppRunner:
        """Serve the lists of daily papers, whose upvotes grow."""

        async def days(request: web.Request) -> web.Response:
            day = request.query.get("date", "")
            return web.Response(text=json.dumps(self._day(day)), content_type="application/json")

        application = web.Application()
        application.router.add_get("/api/daily_papers", days)
        application.router.add_get("/api/papers/search", lambda _: _empty())
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        self.hub = f"http://{host}:{port}"
        return runner

    def _day(self, day: str) -> list[dict[str, Any]]:
        if not day or date.fromisoformat(day) > self.now().date():
            return []
        age = (self.now().date() - date.fromisoformat(day)).days
        items = []
        for n, paper in enumerate([*many(12), *[PAPERS[0]] * len(HOSTILE)]):
            record: dict[str, object] = {
                "id": f"{day[2:4]}{day[5:7]}.{day[8:]}{n:03}", "title": f"{paper.title} {day} {n}",
                "summary": paper.abstract, "authors": [{"name": "A. One"}],
                "publishedAt": f"{day}T10:00:00.000Z", "upvotes": n * (age + 1) + self.now().hour,
            }  # fmt: skip
            record |= HOSTILE[n - 12] if n >= 12 else {}
            items.append({"paper": record, "numComments": n})
        return items


def children(pid: int) -> list[int]:
    """Return the processes that a process started (Linux)."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    return found + [inner for child in found for inner in children(child)]


def command_of(pid: int) -> str:
    """Return the command line of a process, "" if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def memory_of(pid: int) -> int:
    """Return the resident bytes of a process, 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


async def _empty() -> web.Response:
    return web.json_response([])


def prepare(soak: Soak) -> None:
    """Fill the data folder, subscribe channels and people, write the settings."""
    library = open_library(soak.folder / "data", RagConfig())
    read_papers(ListSource([*PAPERS, *many(100)]), library)
    library.close()
    model = write_copying_model(soak.folder / "copying.gguf", heads=6)
    (soak.folder / "config.toml").write_text(
        f'[rag.model]\npath = "{model}"\nmax_tokens = 120\nthreads = 1\n'
        f'[ingest.fetch]\nhuggingface_url = "{soak.hub}"\n'
        "[bot]\nperson_per_hour = 0\nserver_per_hour = 0\n[bot.digest]\nsync_minutes = 60\n"
    )
    store = SubscriptionStore(database_of(soak))
    for n in range(SUBSCRIPTIONS):
        kind: Kind = "person" if n % 2 else "channel"
        target = (
            soak.fake.world.user(f"person {n}")["id"] if n % 2 else soak.fake.add_channel(f"c{n}")
        )
        rhythm = Rhythm("day", hour=(7 + n) % 24, minute=n)
        store.add(Subscription(kind=kind, target=target, user_id=n + 1, rhythm=rhythm), BEGIN)


def database_of(soak: Soak) -> Any:
    """Open the bot's database; the bot may use it at the same time."""
    folders = [rag.store.migrations, ingest.migrations, bot.migrations]
    return open_database(
        soak.folder / "data" / "paperboy.sqlite", [room.MIGRATIONS for room in folders]
    )


def report(soak: Soak) -> bool:
    """Print what happened; return whether all is well."""
    outcomes = Counter(asked.outcome or "lost" for asked in soak.asked)
    hours = (soak.now() - BEGIN) / timedelta(hours=1)
    print(f"minutes: {soak.minutes:.0f}, on the fast clock: {hours:.0f} hours")
    print(f"asked: {len(soak.asked)} by {PEOPLE} people")
    for outcome, count in outcomes.most_common():
        print(f"  {outcome}: {count}")
    for asked in [asked for asked in soak.asked if not asked.outcome][:5]:
        shown = json.dumps([asked.said, soak._reply(asked)], ensure_ascii=False)
        print(f"    {asked.person} after {asked.at - soak.begun_at:.0f} s: {shown[:900]}")
    print(f"  doubled: {(doubled := soak.doubled())}")
    print(f"broken: {dict(soak.faults)}")
    lost_digests, doubled_digests = report_digests(soak)
    print_lags(soak)
    acks = [a.used.ack_ms for a in soak.asked if a.used and a.used.ack_ms]
    median, last = percentile(acks, 0.5), percentile(acks, 0.99)
    print(f"acknowledged: median {median:.0f} ms, 99th percentile {last:.0f} ms")
    warm = [row for row in soak.memory if row[0] > soak.started_at + WARM_SECONDS]
    grown = 0.0
    if len(warm) > 8:
        quarter = len(warm) // 4
        first, last = (
            sum(r[1] for r in part) / quarter for part in (warm[:quarter], warm[-quarter:])
        )
        grown = last / first - 1
        print(
            f"memory of the bot since {WARM_SECONDS:.0f} s after its last start "
            f"({(warm[-1][0] - warm[0][0]) / 60:.1f} min): {first / 2**20:.0f} MiB, in the end "
            f"{last / 2**20:.0f} MiB ({grown:+.1%}); of the model {warm[-1][2] / 2**20:.0f} MiB"
        )
    by_minute = {int(at - soak.started_at) // 30: used for at, used, _ in soak.memory}
    series = " ".join(f"{used / 2**20:.0f}" for half, used in by_minute.items() if half >= 0)
    print(f"  every half minute since then: {series} MiB")
    print(f"papers read: {papers_in(soak)}")
    print(f"complaints about messages: {len(soak.fake.judge.complaints)}")
    for complaint in soak.fake.judge.complaints[:5]:
        print(f"  {complaint[:300]}")
    bad = [
        outcomes["lost"],
        doubled,
        lost_digests,
        doubled_digests,
        len(soak.fake.judge.complaints),
    ]
    return not any(bad) and grown < 0.1


def print_lags(soak: Soak) -> None:
    """Print how late the event loop was while the bot was connected."""
    blocks = [json.loads(line) for line in (soak.folder / "lags").read_text().splitlines()]
    lags = [
        lag
        for at, *late in blocks
        if not any(begin - 3 < at < end + 3 for begin, end in soak.starts)
        for lag in late
    ]
    print(
        f"event loop late: median {percentile(lags, 0.5) * 1000:.0f} ms, 99th percentile "
        f"{percentile(lags, 0.99) * 1000:.0f} ms, at most {max(lags) * 1000:.0f} ms"
    )


def papers_in(soak: Soak) -> int:
    """Return how many papers there are now."""
    count: int = database_of(soak).connection.execute("SELECT COUNT(*) FROM papers").fetchone()[0]
    return count


def report_digests(soak: Soak) -> tuple[int, int]:
    """Print what became of the digests that were due; return how many are lost and doubled."""
    database = database_of(soak)
    rows = Outbox(database, SubscriptionStore(database)).rows()
    shown = Counter(
        name for message in soak.fake.messages.values() if message["author"] is soak.fake.bot
        for row in message["components"] or [] for part in row["components"]
        if (name := str(part.get("custom_id", ""))).startswith("digest:discuss:")
    )  # fmt: skip
    states = Counter(
        row.state if not row.reason or row.state != "skipped" else f"skipped: {row.reason[:60]}"
        for row in rows
    )
    lost = sum(
        row.state == "sent" and not shown[f"digest:discuss:{row.name_of(0)}"] for row in rows
    )
    doubled = sum(count > 1 for count in shown.values())
    print(f"digests due: {len(rows)}: {dict(states)}")
    print(f"  messages {sum(shown.values())}, lost {lost}, doubled {doubled}")
    return lost, doubled


async def run(minutes: float, seed: int, folder: Path) -> bool:
    """Run it all; return whether nothing was lost."""
    judge = Judge(openapi())
    async with FakeDiscord(token=TOKEN, judge=judge, nonce_life=180.0 * SPEED) as fake:
        soak = Soak(folder, minutes, random.Random(seed), fake)
        hub = await soak.serve_papers()
        prepare(soak)
        soak.begun = time.time()
        fast = SimpleNamespace(time=lambda: soak.now().timestamp(), monotonic=time.monotonic)
        for module in (payloads, rest):
            vars(module)["time"] = fast
        try:
            await soak.start()
            await asyncio.gather(
                *(soak.person(n) for n in range(PEOPLE)), soak.break_things(), soak.watch_memory()
            )
        finally:
            if soak.process and soak.process.returncode is None:
                soak.process.terminate()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(soak.process.wait(), 30)
            await hub.cleanup()
        return report(soak)


def main() -> int:
    """Run it; the status is 1 if something was lost or doubled, or if memory grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--log", type=Path, help="Write the bot's log here.")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        is_well = asyncio.run(run(arguments.minutes, arguments.seed, Path(folder)))
        noise = (Path(folder) / "stderr").read_text()
        if arguments.log:
            arguments.log.write_text(noise)
        if errors := [line for line in noise.splitlines() if line.startswith("ERROR")]:
            print(
                "errors logged:",
                *(f"  {n}× {line[:160]}" for line, n in Counter(errors).most_common(8)),
                sep="\n",
            )
    return not is_well


if __name__ == "__main__":
    sys.exit(main())
