"""Today's code opens a data folder of an earlier version: see tests/fixtures/old_data_folder.md."""

import json
import sqlite3
import tarfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app import open_library
from bot.subscriptions.service import DigestOptions
from rag.config import RagConfig
from rag.library import Library
from tests.discord_fake import FakeDiscord
from tests.discord_server import Server, button, buttons, finished, joined, judged, text_of

ARCHIVE = Path(__file__).parents[1] / "fixtures" / "old_data_folder.tar.xz"
TABLES = (
    "papers", "featured_days", "conversations", "receipts", "feedback", "seen", "server_settings",
    "subscriptions", "outbox", "ratings", "alerts",
)  # fmt: skip
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


@pytest.fixture
def discord(unpacked: Path) -> dict[str, Any]:
    """What the earlier bot left in Discord, and the ids of the messages that tests look at."""
    state: dict[str, Any] = json.loads((unpacked / "discord.json").read_text())
    return state


@pytest.fixture
def old_library(unpacked: Path) -> Iterator[Library]:
    with closing(open_library(unpacked / "data", RagConfig())) as library:
        yield library


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    """Read a table past the project's own code: its names belong to the format."""
    with closing(sqlite3.connect(folder / "data" / "paperboy.sqlite")) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(f"SELECT * FROM {table}")]


def restore(fake: FakeDiscord, state: dict[str, Any]) -> None:
    """Make a new simulated Discord the one that the earlier bot was in."""
    world = fake.world
    for name, user in state["users"].items():
        world.users.setdefault(name, {}).update(user)
    people = {user["id"]: user for user in world.users.values()}
    for mine, stored in ((world.channels, state["channels"]), (world.roles, state["roles"])):
        mine.clear()
        mine.update(stored)
    world.roles_of = defaultdict(list, state["roles_of"])
    for message in state["messages"].values():
        message["author"] = people[message["author"]["id"]]
        world.messages[message["id"]] = message
    for message in state["messages"].values():
        replied = message.get("message_reference", {}).get("message_id")
        if replied:
            message["referenced_message"] = world.messages[replied]
    world.guild = fake.guild = state["guild"]
    world.general = fake.general = state["general"]
    fake.app_id = fake.bot["id"]
    fake.mention = f"<@{fake.bot['id']}>"


def options(now: datetime) -> dict[str, Any]:
    """Return options for the bot: the papers' own time, and receipts as old as the archive."""
    digests = DigestOptions(clock=lambda: now, round_seconds=0.05)
    return {"digests": digests, "receipt_days": 3_650, "always_sync": True}


def test_every_stored_row_survives_the_opening(unpacked: Path) -> None:
    before = {table: rows(unpacked, table) for table in TABLES}
    open_library(unpacked / "data", RagConfig()).close()
    for table, old in before.items():
        new = rows(unpacked, table)
        assert old
        assert [{name: row[name] for name in old[0]} for row in new] == old, table


def test_commands_print_what_they_printed(unpacked: Path, run: Run) -> None:
    expected = json.loads((unpacked / "expected.json").read_text())
    folder = ("--no-model", "--data-dir", unpacked / "data")

    def printed(*arguments: str) -> list[dict[str, Any]]:
        status, out, err = run(*folder, *arguments)
        assert status == 0, err
        return [json.loads(line) for line in out.splitlines()]

    questions = [
        "how accurate is HeronNet compared with human counters?",
        "what share of the tokens does Tidal Attention keep?",
        "which errors do bakers find?",
        "what came out in February 2025?",
        "does any paper treat protein folding?",
    ]
    answers = dict(zip(questions, expected["answers"], strict=True))
    del answers[
        "what came out in February 2025?"
    ]  # summaries have been written in other words since
    for question, old in answers.items():
        (answer,) = printed("ask", "--json", "--today", "2025-12-08", question)
        # Today one quote that answers is enough.
        assert answer["answer"]  # one quote that answers is enough today; there were more
        assert old["answer"].startswith(answer["answer"])
        same = {"seconds": 0, "answer": ""}
        assert answer | same == old | same
    unknown = {"comment": None, "seen_at": None}  # to the old folder
    assert printed("papers", "--json") == [paper | unknown for paper in expected["papers"]]
    subscriptions = [one | {"publish": False} for one in expected["subscriptions"]]
    assert printed("subscriptions", "list", "--json") == subscriptions
    status, out, _ = run(*folder, "doctor")
    assert status == 0, out
    assert "6 papers" in out


async def test_conversations_buttons_and_settings_go_on(
    unpacked: Path, discord: dict[str, Any], old_library: Library
) -> None:
    before = datetime.fromisoformat(discord["pending_due"]) - timedelta(hours=1)
    async with judged() as fake:
        restore(fake, discord)
        unfinished = fake.messages[discord["unfinished"]]
        assert not finished(unfinished)
        async with joined(fake, old_library, bot_options=options(before)) as server:
            await fake.until(lambda: finished(unfinished), 10)
            assert "94.2%" in text_of(unfinished)
            assert not any(":stop:" in custom_id for custom_id in buttons(unfinished))
            await fake.until(lambda: not [r for r in rows(unpacked, "receipts") if r["unfinished"]])

            remembered = fake.messages[discord["second"]]
            said = await fake.say("alice", "which benchmark do they use?", reply_to=remembered)
            answer = await server.answer_to(said)
            assert "MarshCount" in text_of(answer)
            stored = await fake.until(lambda: by_message(unpacked, answer))
            assert stored[int(answer["id"])]["earlier"] == int(discord["second"])

            for message in (fake.messages[discord["first"]], fake.messages[discord["by_command"]]):
                shown = await fake.click("bob", message, button(message, "sources"))
                receipt = (await shown.wait_ack())["data"]
                question = stored[int(message["id"])]["question"]
                assert question in text_of(receipt)

            saved = await server_reply(server, "bob", "saved")
            assert "Tidal Attention" in text_of(saved)
            assert "7" in text_of(await server_reply(server, "alice", "setup"))


def by_message(folder: Path, answer: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Return the remembered questions, once that of this answer is among them."""
    stored = {row["message"]: row for row in rows(folder, "conversations")}
    return stored if int(answer["id"]) in stored else {}


async def server_reply(server: Server, user: str, command: str) -> dict[str, Any]:
    """Use a command; return its reply, deferred or not."""
    asked = await server.fake.slash(user, command)
    await asked.wait_ack()
    await server.fake.until(lambda: asked.original and asked.original["embeds"], 10)
    assert asked.original
    return asked.original


async def test_the_digest_that_was_due_is_delivered_once(
    unpacked: Path, discord: dict[str, Any], old_library: Library
) -> None:
    now = datetime.fromisoformat(discord["pending_due"]) + timedelta(minutes=1)

    def digests(server: Server) -> list[dict[str, Any]]:
        return [m for m in server.answers() if any("digest:" in b for b in buttons(m))]

    async with judged() as fake:
        restore(fake, discord)
        for _ in range(2):  # another start sends nothing more
            async with joined(fake, old_library, bot_options=options(now)) as server:
                await fake.until(lambda: rows(unpacked, "outbox")[1]["state"] == "sent", 10)
                await fake.until(lambda: rows(unpacked, "receipts")[4]["unfinished"] is None, 10)
        delivered, new = digests(server)
        assert "Ebb and Flow" in text_of(delivered)
        assert "EgretCam" in text_of(new)
        assert new["channel_id"] == discord["general"]
    assert [row["state"] for row in rows(unpacked, "outbox")] == ["sent", "sent"]
