"""Output that changes while a person watches: an answer being written, progress bars."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.live import Live
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from bot.console.render import answer_lines, answer_text
from bot.console.terminal import Terminal
from rag.pipeline import PaperQA
from rag.records import Answer

if TYPE_CHECKING:
    from ingest.sync import Progress as ReportProgress


def show_answer(terminal: Terminal, qa: PaperQA, quoted: Answer) -> Answer:
    """Show the quoted answer, then replace it with the one that the model writes, if any.

    Return the final answer, which is all that a pipe gets.
    """
    final = quoted
    if terminal.out.is_terminal:
        with Live(answer_text(quoted.text), console=terminal.out, transient=True) as live:
            for final in qa.write(quoted):
                live.update(answer_text(final.text or quoted.text, style="cyan"))
    else:
        final = qa.written(quoted)
    terminal.lines(answer_lines(final))
    warn_without_model(terminal, qa)
    return final


def warn_without_model(terminal: Terminal, qa: PaperQA) -> None:
    """Print once why the configured model cannot be used."""
    if qa.writer and qa.writer.problem:
        terminal.warn(f"No written answers: {qa.writer.problem}")


@contextmanager
def progress(terminal: Terminal) -> "Iterator[ReportProgress]":
    """Yield a function that moves a progress bar per stage; in a pipe it shows nothing."""
    with _bars(terminal, MofNCompleteColumn(), TimeRemainingColumn()) as report:
        yield report


@contextmanager
def download_progress(terminal: Terminal, file_name: str) -> "Iterator[ReportProgress]":
    """Yield a function that moves a progress bar in bytes; in a pipe it shows nothing."""
    with _bars(terminal, DownloadColumn(), TransferSpeedColumn()) as report:

        def report_file(stage: str, done: int, total: int | None) -> None:
            report(f"{file_name} {stage}", done, total)

        yield report_file


@contextmanager
def _bars(terminal: Terminal, *columns: ProgressColumn) -> "Iterator[ReportProgress]":
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *columns,
        console=terminal.err,
        transient=True,
        disable=not terminal.err.is_terminal,
    )
    with bars:
        tasks = {}

        def report(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report
