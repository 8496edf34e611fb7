"""`paperboy run` and `start` as whole processes, against a Discord on 127.0.0.1."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.bot.gateway.test_health import free_port, samples_of
from tests.discord_fake import FakeDiscord
from tests.discord_server import judged, text_of

Run = Callable[..., tuple[int, str, str]]
TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz"
# The real command, only that Discord is somewhere else.
SCRIPT = """
import sys, yarl, discord.gateway, discord.http
base, gateway, *arguments = sys.argv[1:]
discord.http.Route.BASE = base
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
from bot.cli import main
sys.exit(main(arguments))
"""


@asynccontextmanager
async def running(fake: FakeDiscord, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run paperboy beside the fake until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCRIPT, f"{fake.url}/api/v10", fake.ws_url, *arguments,
        env=os.environ | {"DISCORD_TOKEN": fake.token},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def config_of(
    folder: Path, model: Path | None = None, *, health_port: int = 0, metrics_port: int = 0
) -> str:
    path = folder / "config.toml"
    path.write_text(
        f'[rag.model]\npath = "{model or ""}"\nmax_tokens = 200\nthreads = 1\n'
        '[ingest.fetch]\nhuggingface_url = "http://127.0.0.1:9"\n'
        f"[bot]\nhealth_port = {health_port}\nmetrics_port = {metrics_port}\n"
    )
    return str(path)


async def test_the_bot_serves_with_a_model_and_shuts_down_cleanly(
    run: Run, tmp_path: Path, starter_folder: Path, copying_model: Path
) -> None:
    async with judged(token=TOKEN) as fake:
        port = free_port()
        config = config_of(tmp_path, copying_model, health_port=port)
        arguments = ("--data-dir", str(starter_folder), "--config", config, "run", "--sync")
        async with running(fake, *arguments) as process:
            await fake.until(lambda: fake.identifies, 40)
            asked = await fake.slash("alice", "ask", question="which paper has an overuse penalty?")
            await asked.wait_ack()
            shown = asked.original
            assert shown is not None
            await fake.until(lambda: "Written by copying" in text_of(shown), 30)
            address = f"http://127.0.0.1:{port}/health"
            async with aiohttp.ClientSession() as client, client.get(address) as response:
                state = await response.json()
            assert (state["connected"], state["papers"], state["model"]) == (True, 56, "ready")
            owned = ("--data-dir", starter_folder)
            refused, _, told = await asyncio.to_thread(run, *owned, "ask", "what is VLoRA?")
            assert refused == 1
            assert "is in use by `paperboy run`" in told
            listed, _, _ = await asyncio.to_thread(run, *owned, "papers")
            assert listed == 0
            process.send_signal(signal.SIGTERM)
            _, err = await asyncio.wait_for(process.communicate(), 15)
        assert process.returncode == 0
        text = err.decode()
        assert "I have read 56 papers" in text
        assert f"client_id={fake.app_id}&scope=bot+applications.commands" in text
        assert "Traceback" not in text
        assert TOKEN not in text
        line = r"question server=\d+ channel=\d+ by=command mode=generated refused=no papers=1"
        assert len(re.findall(line, text)) == 1
        assert "penalty" not in text


@pytest.mark.slow
async def test_the_bot_serves_metrics_logs_json_and_is_backed_up_meanwhile(
    run: Run, tmp_path: Path, starter_folder: Path
) -> None:
    data, port = ("--data-dir", shutil.copytree(starter_folder, tmp_path / "data")), free_port()
    settings = ("--config", config_of(tmp_path, metrics_port=port), "--log-format", "json")
    async with (
        judged(token=TOKEN) as fake,
        running(fake, *map(str, data), *settings, "run") as process,
    ):
        await fake.until(lambda: fake.identifies, 40)
        asked = await fake.slash("alice", "ask", question="which paper has an overuse penalty?")
        await asked.wait_ack()
        await fake.until(lambda: asked.original and asked.original["embeds"], 20)
        page = f"http://127.0.0.1:{port}/metrics"

        async def metrics() -> dict[str, float]:
            async with aiohttp.ClientSession() as client, client.get(page) as response:
                return samples_of(await response.text())

        awaited = ("paperboy_questions_total quoted server", "paperboy_connected")
        while [(found := await metrics())[name] for name in awaited] != [1, 1]:
            await asyncio.sleep(0.1)
        assert found["paperboy_papers"] == 56
        file = tmp_path / "b.tar.gz"
        assert (await asyncio.to_thread(run, *data, "backup", file))[0] == 0
        process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(process.communicate(), 15)
    assert process.returncode == 0
    rows = [json.loads(line) for line in err.decode().splitlines()]
    assert [row["papers"] for row in rows if row["logger"] == "bot.answers.request_log"] == [1]
    assert any("I have read 56 papers" in row["message"] for row in rows)
    status, out, _ = await asyncio.to_thread(run, "--data-dir", tmp_path / "new", "restore", file)
    assert (status, "56 papers" in out) == (0, True)


@pytest.mark.slow
async def test_start_fetches_papers_while_the_bot_runs(tmp_path: Path) -> None:
    async with judged(token=TOKEN) as fake:
        arguments = ("--data-dir", str(tmp_path / "new"), "--config", config_of(tmp_path), "start")
        async with running(fake, *arguments) as process:
            await fake.until(lambda: fake.identifies, 40)

            async def status() -> str:
                asked = await fake.slash("alice", "status")
                await asked.wait_ack()
                shown = asked.original
                assert shown is not None
                await fake.until(lambda: shown["embeds"], 10)
                return text_of(shown)

            for _ in range(100):
                if "56 papers" in await status():
                    break
                await asyncio.sleep(0.3)
            else:
                pytest.fail("the starter set was never read")
            await asyncio.sleep(1)
            process.send_signal(signal.SIGINT)
            _, err = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0
        assert "starter: 56 papers read" in err.decode()
        assert "Traceback" not in err.decode()


def test_a_missing_token_prints_one_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISCORD_TOKEN", raising=False)
    status, _, err = run("--data-dir", tmp_path, "run")
    assert (status, err.count("\n")) == (1, 1)
    assert "there is no token: set DISCORD_TOKEN" in err
