"""`paperboy`: register the commands, and print every error as one sentence."""

import io
import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from bot.commands import (
    ask,
    backup,
    catalog,
    doctor,
    evaluate,
    ingest,
    model,
    run,
    subscriptions,
)
from bot.commands.options import GlobalOptions
from bot.console.logs import LogFormat, set_up_logs
from bot.console.terminal import Terminal, readable
from bot.redaction import redacted
from rag.errors import PaperboyError
from rag.store.private_files import private_umask

log = logging.getLogger(__name__)

HELP = """Paperboy answers questions about Hugging Face's Daily Papers, with a quote and a link
for every claim.

\b
Begin with:
  paperboy ingest starter
  paperboy ask "which paper uses an overuse penalty, and what for?"
"""

cli = typer.Typer(
    name="paperboy",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@cli.callback()
def options(
    context: typer.Context,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            help="The data folder [$PAPERBOY_DATA_DIR, else ~/.local/share/paperboy].",
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The settings file [./config.toml, else built-in defaults].")
    ] = None,
    no_model: Annotated[
        bool, typer.Option("--no-model", help="Answer with quoted sentences only.")
    ] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Log more to stderr.")] = False,
    log_format: Annotated[
        LogFormat, typer.Option(help="How to log to stderr; json: an object in each line.")
    ] = LogFormat.TEXT,
) -> None:
    """Read the options before the command (`--help` shows HELP)."""
    set_up_logs(log_format, verbose=verbose)
    context.obj = GlobalOptions(data_dir, config, use_model=not no_model)


cli.command("start")(run.start)
cli.command("chat")(run.chat)
cli.command("run")(run.run)
cli.command("ask")(ask.ask)
cli.command("read")(ask.read)
cli.command("explain")(ask.explain)
cli.command("why")(ask.why)
cli.command("compare")(catalog.compare_papers)
cli.command("search")(ask.search)
cli.command("daily")(catalog.daily)
cli.command("trends")(catalog.trends)
cli.command("papers")(catalog.papers)
cli.command("ingest", help=ingest.HELP)(ingest.ingest)
cli.command("sync")(ingest.sync)
cli.command("reindex")(ingest.reindex)
cli.command("eval")(evaluate.evaluate)
cli.add_typer(subscriptions.commands, name="subscriptions")
cli.add_typer(model.commands, name="model")
cli.command("backup")(backup.backup)
cli.command("restore")(backup.restore)
cli.command("doctor")(doctor.doctor)


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit status: 0 success, 1 failure, 2 wrong usage.

    A byte of the arguments or of standard input that is not UTF-8 is read as U+FFFD, and what
    standard output cannot encode is printed as "?".
    """
    _disable_telemetry()
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    with private_umask():
        return _run([readable(text) for text in (sys.argv[1:] if argv is None else argv)])


def _run(argv: list[str]) -> int:
    """Run one command; return its exit status, and print what went wrong."""
    try:
        status = cli(argv, standalone_mode=False)
        return status if isinstance(status, int) else 0
    except PaperboyError as error:
        Terminal().error(str(error))
        return error.exit_code
    except TyperException as error:  # such as an unknown option or a missing argument
        if message := error.format_message():
            Terminal().error(f"{message.rstrip('.')}: see `paperboy --help`.")
        return error.exit_code
    except typer.Exit as error:
        return int(error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return 130  # what a shell reports for Ctrl-C
    except BrokenPipeError:  # the reader of the pipe has ended, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        log.info("unexpected error", exc_info=True)
        kind = type(error).__name__
        said = redacted(f"{kind}: {error}")
        Terminal().error(f"unexpected error ({said}): try `paperboy doctor`.")
        return 1


def _disable_telemetry() -> None:
    """Turn off telemetry and tracing, and tokenizers' warnings about forks."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"
