"""All recorded days of Hugging Face's API, from a server that fails in every way it can."""

import hashlib
import json
import random
from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from bot.app import App
from rag.encoders.embedder import Embedder
from rag.store.database import Database
from tests.clock import FakeClock
from tests.ingest.hub import HANG, RESET, Answer, as_json, hub

RANGES = ("2025-10-01..2025-12-31", "2026-08-03..2026-08-21")
YOUNG = ("2026-08-19", "2026-08-20", "2026-08-21")
EMPTY = ("2025-11-14",)  # of which nothing was recorded
LIMIT, WINDOW = 30, 300  # requests in so many seconds: low, so that it is felt
WAIT = 40  # seconds that a busy server wants
FAULTS = ("429", "429 date", "503", "503 seconds", "reset", "hang", "empty", "half", "cut off")
TABLES = ("papers", "featured_days", "upvotes", "chunk_vectors", "set_aside", "lists", "pages")


class FaultyHub:
    """The recorded days. Each list fails once or twice before it is sent, in another way each."""

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self.lists = {path.stem: json.loads(path.read_bytes()) for path in folder.glob("*.json")}
        self.clock = clock
        self.times: list[float] = []
        self.days: list[str] = []
        self.closed_until = 0.0
        self.too_early = 0
        self.seen: dict[str, int] = {}
        self.failed: dict[str, int] = dict.fromkeys(FAULTS, 0)
        self.is_well = False
        self._random = random.Random(7)

    def __call__(self, path: str, params: dict[str, str]) -> Answer:
        self.times.append(self.clock.now())
        self.days.append(params["date"])
        self.too_early += self.clock.now() < self.closed_until
        day = params["date"]
        items = self.lists.get(day, [])[int(params["p"]) * 100 :][: int(params["limit"])]
        self.seen[day] = self.seen.get(day, 0) + 1
        if not self.is_well and self.seen[day] <= 1 + len(items) % 2:
            fault = FAULTS[sum(self.failed.values()) % len(FAULTS)]
            self.failed[fault] += 1
            return self._fail(fault, json.dumps(items).encode())
        tag = f'"{hashlib.sha256(json.dumps(items).encode()).hexdigest()[:16]}"'
        if params.get("If-None-Match") == tag:
            return 304, {"ETag": tag}, b""
        return as_json(items, ETag=tag, RateLimit='"api";r=99;t=10')

    def _fail(self, fault: str, body: bytes) -> Answer:
        if fault in ("429", "429 date", "503 seconds"):
            self.closed_until = self.clock.now() + WAIT
            when = format_datetime(datetime.fromtimestamp(self.closed_until, UTC), usegmt=True)
            after = when if fault == "429 date" else str(WAIT)
            return as_json({}, int(fault[:3]), Retry_After=after)
        half = body[: self._random.randrange(1, max(2, len(body)))]
        answers: dict[str, Answer] = {
            "503": as_json({}, 503),
            "reset": (RESET, {}, b""),
            "hang": (HANG, {}, b""),
            "empty": as_json([]),
            "half": (200, {"ETag": '"half"'}, half),
            "cut off": (200, {"Content-Length": str(len(body) + 1)}, half),
        }
        return answers[fault]

    def most_in_a_window(self) -> int:
        """Return the largest number of requests in any five minutes."""
        return max(
            bisect_left(self.times, first + WINDOW, lo=n) - n for n, first in enumerate(self.times)
        )


@pytest.fixture
def world(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> FaultyHub:
    clock = FakeClock(datetime(2026, 9, 1, tzinfo=UTC).timestamp())
    numb = Embedder(DeterministicFakeEmbedding(size=8), name="numb")
    monkeypatch.setattr("ingest.resolve_source.Clock", lambda stopping=None: clock)
    monkeypatch.setattr("rag.library.load_embedder", lambda _: numb)
    monkeypatch.setattr(App, "today", lambda self: date(2026, 9, 1))
    return FaultyHub(shared_data / "hf_api", clock)


def everything(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    database = Database(folder / "paperboy.sqlite")
    try:
        # When a list was read last may move; nothing else may.
        return {
            table: sorted(
                tuple(row[k] for k in row.keys() if k != "read_at")  # noqa: SIM118
                for row in database.connection.execute(f"SELECT * FROM {table}")
            )
            for table in TABLES
        }
    finally:
        database.close()


@pytest.mark.slow
def test_i2_all_recorded_days_come_in_once_whatever_fails(
    world: FaultyHub, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    wanted = {item["paper"]["id"] for items in world.lists.values() for item in items}
    singles = [
        day for day in sorted(world.lists) if not any(a <= day <= b for a, b in map(_ends, RANGES))
    ]
    sources = [f"hf:{what}" for what in (*RANGES, *singles)]
    config, folder = tmp_path / "config.toml", tmp_path / "data"
    with hub(world) as server:
        config.write_text(
            f'[ingest.fetch]\nhuggingface_url = "{server.url}"\nhuggingface_requests = {LIMIT}\n'
            "timeout_seconds = 1\nattempts = 8\n"
        )
        command = ("--config", config, "--data-dir", folder, "ingest", *sources)
        status, out, _ = run(*command)
        assert status == 0, out
        first = everything(folder)
        assert all(world.failed.values())
        assert len(world.lists) == 87
        ids = [row[2] for row in first["papers"]]
        assert len(ids) == len(wanted) == 1_678
        assert set(ids) == wanted
        featured = {(day, paper) for day, paper in first["featured_days"]}
        assert len(featured) == sum(map(len, world.lists.values())) == 1_680
        assert len(first["chunk_vectors"]) == 1_678
        assert world.most_in_a_window() <= LIMIT
        assert world.too_early == 0

        world.is_well = True
        asked = len(world.times)
        status, out, _ = run(*command)
        assert status == 0
        assert everything(folder) == first
        assert world.most_in_a_window() <= LIMIT
    assert sum(world.failed.values()) > 100
    # Seven days asked for by themselves, three younger than two weeks, one that stays empty.
    assert set(world.days[asked:]) == {*singles, *YOUNG, *EMPTY}


def _ends(span: str) -> tuple[str, str]:
    first, _, last = span.partition("..")
    return first, last
