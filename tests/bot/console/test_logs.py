"""The log as JSON: one object a line, whatever is logged, and no secret in it."""

import json
import logging
import math
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.answers import request_log
from bot.console.logs import JsonFormatter, LogFormat, set_up_logs
from bot.console.terminal import REMARKS, Terminal
from bot.redaction import RedactedRecord
from rag.library import Library
from tests.discord_server import Connect
from tests.papers import QUESTION

BOT_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GaBcDe.abcdefghijklmnopqrstuvwxyz"
WEBHOOK = "https://discord.com/api/v10/webhooks/123/aW50ZXJhY3Rpb246abcdef/messages"


def row_of(record: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert line.isascii()
    row: dict[str, Any] = json.loads(line, parse_constant=lambda name: pytest.fail(name))
    return row


def record_of(message: str, *args: object, **fields: object) -> logging.LogRecord:
    record = RedactedRecord("bot.x", logging.WARNING, "x.py", 1, message, args, None)
    vars(record).update(fields)
    return record


def test_a_record_has_time_level_logger_message_and_its_fields() -> None:
    record = record_of("%d papers", 3, papers=3, place="Zürich", none=None)
    record.created = 1_764_495_000.25
    assert row_of(record) == {
        "time": "2025-11-30T09:30:00.250+00:00", "level": "WARNING", "logger": "bot.x",
        "message": "3 papers", "papers": 3, "place": "Zürich", "none": None,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["a\nb\r\u2028c", "\x1b[31mred", "\ud800 half", "\x00", '"}{'])
def test_any_text_stays_in_its_line(text: str) -> None:
    row = row_of(record_of("%s", text, field=text))
    assert (row["message"], row["field"]) == (text, text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, "nan"),
        (math.inf, "inf"),
        (1.5, 1.5),
        (True, True),
        (Path("/a"), "/a"),
        ((1, {"b": [2]}), [1, {"b": [2]}]),
        ({1: {2}}, {"1": [2]}),
    ],
)
def test_values_that_json_does_not_have_become_text(value: object, expected: object) -> None:
    assert row_of(record_of("x", field=value))["field"] == expected


def test_a_value_that_contains_itself_ends_somewhere() -> None:
    value: list[Any] = [1]
    value.append(value)
    assert row_of(record_of("x", field=value))["field"][0] == 1


def test_fields_cannot_take_the_place_of_what_every_record_has() -> None:
    row = row_of(record_of("true", time="never", level="none", logger="other"))
    assert (row["level"], row["logger"], row["message"]) == ("WARNING", "bot.x", "true")
    assert row["time"] != "never"


@pytest.mark.parametrize("secret", [BOT_TOKEN, WEBHOOK])
def test_no_secret_is_in_message_fields_or_traceback(secret: str) -> None:
    try:
        raise ValueError(secret)
    except ValueError:
        failed = sys.exc_info()
    record = record_of("at %s", secret, url=secret, nested={"deep": [secret], secret: 1})
    record.exc_info = failed
    record.stack_info = f"Stack:\n  {secret}"
    line = json.dumps(row_of(record))
    assert secret.split("/")[-2 if "/" in secret else 0] not in line
    assert line.count("[hidden]") >= 6


@pytest.mark.parametrize("name", ["token", "api_key", "MAIL_PASSWORD"])
def test_a_field_that_is_named_like_a_secret_is_hidden(name: str) -> None:
    row = row_of(record_of("x", options={name: "letmein", "port": 25}))
    assert row["options"] == {name: "[hidden]", "port": 25}


def test_a_traceback_is_a_field() -> None:
    record = record_of("broken")
    try:
        raise KeyError("what")
    except KeyError:
        record.exc_info = sys.exc_info()
    row = row_of(record)
    assert row["message"] == "broken"
    assert row["traceback"].startswith("Traceback (most recent call last):\n")
    assert row["traceback"].endswith("KeyError: 'what'")


async def test_the_line_of_a_question_has_its_values_as_fields(
    filled: Library, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    server = await connect(filled)
    caplog.set_level(logging.INFO, request_log.__name__)
    await server.ask(QUESTION)
    row = await server.fake.until(
        lambda: next(
            (row_of(record) for record in caplog.records if record.name == request_log.__name__),
            None,
        )
    )
    assert row.pop("seconds") >= 0
    fields = ("server", "channel", "by", "failed", "mode", "refused", "papers", "text")
    assert {name: row[name] for name in fields if name in row} == {
        "server": server.fake.guild, "channel": server.fake.general, "by": "command",
        "failed": False, "mode": "extractive", "refused": False, "papers": 1,
    }  # fmt: skip


@pytest.fixture
def json_logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """Switch JSON on, and off in the end; give what is logged."""
    rows: list[dict[str, Any]] = []

    class Collecting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            rows.append(json.loads(JsonFormatter().format(record)))

    monkeypatch.setattr(Terminal, "logs_remarks", False)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    factory, root, handler = logging.getLogRecordFactory(), logging.getLogger(), Collecting()
    set_up_logs(LogFormat.JSON, verbose=False)
    root.addHandler(handler)
    yield rows
    root.removeHandler(handler)
    logging.captureWarnings(False)
    logging.setLogRecordFactory(factory)
    for name in (REMARKS, "py.warnings"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_remarks_errors_and_threads_that_end_are_logged(
    json_logs: list[dict[str, Any]], capfd: pytest.CaptureFixture[str]
) -> None:
    Terminal().note("I have read 4 papers.")
    Terminal().error("it broke: mend it.")

    def fail() -> None:
        raise OSError("the thread's end")

    thread = threading.Thread(target=fail, name="counter")
    thread.start()
    thread.join()
    told = [(row["level"], row["logger"], row["message"]) for row in json_logs]
    assert told == [
        ("INFO", "paperboy", "I have read 4 papers."),
        ("ERROR", "paperboy", "it broke: mend it."),
        ("ERROR", "bot.console.logs", "the thread counter ended"),
    ]
    assert json_logs[-1]["traceback"].endswith("OSError: the thread's end")
    assert capfd.readouterr().err == ""


SCRIPT = """
import sys, warnings
from bot.cli import cli, main
cli.command("warn")(lambda: (warnings.warn("old and tired"), int("no number")))
sys.exit(main(sys.argv[1:]))
"""


def test_every_line_of_a_command_is_an_object(tmp_path: Path) -> None:
    arguments = ["--data-dir", str(tmp_path / "data"), "-v", "--log-format", "json", "warn"]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False
    )
    rows = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 1
    assert [(row["logger"], row["level"]) for row in rows] == [
        ("py.warnings", "WARNING"), ("bot.cli", "INFO"), ("paperboy", "ERROR"),
    ]  # fmt: skip
    assert "old and tired" in rows[0]["message"]
    assert "ValueError" in rows[1]["traceback"]
    assert "unexpected error (ValueError" in rows[2]["message"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("papers",), "[bot] helth_port is an unknown key"),
        (("backup", "new.tar.gz"), "[bot] helth_port is an unknown key"),
        (("papers", "--colour"), "No such option: --colour"),
        (("search", "video", "--since", "noonish"), "noonish"),
    ],
)
def test_what_is_wrong_before_a_command_runs_is_an_object(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[bot]\nhelth_port = 8080\n")
    before = ("--data-dir", str(tmp_path / "data"), "--config", str(config))
    done = subprocess.run(
        [sys.executable, "-m", "bot", *before, "--log-format", "json", *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    (row,) = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 2
    assert (row["level"], row["logger"]) == ("ERROR", "paperboy")
    assert words in row["message"]
    assert "traceback" not in row
    assert not (tmp_path / "data").exists()


def test_another_format_is_refused_in_one_sentence(run: Callable[..., Any]) -> None:
    status, _, err = run("--log-format", "xml", "papers")
    assert status == 2
    assert err.count("\n") == 1
    assert "'text', 'json'" in err
