"""What goes to stdout and what to stderr."""

import json

import pytest
from rich.text import Text

from bot.console.live import progress
from bot.console.terminal import Terminal


def test_results_go_to_stdout_and_remarks_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.lines(["[1] x", Text("y")])
    terminal.note("a remark")
    terminal.error("it broke: mend it.")
    captured = capsys.readouterr()
    assert captured.out == "[1] x\ny\n"
    assert captured.err == "a remark\npaperboy: it broke: mend it.\n"


def test_a_pipe_gets_unwrapped_lines_and_no_progress_bar(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal = Terminal()
    assert not terminal.is_interactive
    terminal.print("word " * 100)
    with progress(terminal) as report:
        report("reading", 1, 2)
    captured = capsys.readouterr()
    assert captured.out.count("\n") == 1
    assert captured.err == ""


def test_a_warning_is_printed_once_until_another_one_comes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal = Terminal()
    for text in ("", "no model", "no model", "no server", "no model"):
        terminal.warn(text)
    assert capsys.readouterr().err == "no model\nno server\nno model\n"


def test_rows_are_json_lines_with_their_own_letters(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().rows([{"b": "é"}, {"a": [1]}])
    out = capsys.readouterr().out
    assert out == '{"b": "é"}\n{"a": [1]}\n'
    assert [json.loads(line) for line in out.splitlines()] == [{"b": "é"}, {"a": [1]}]
