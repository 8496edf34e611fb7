"""`paperboy`: the commands put together, and every error as one sentence."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from bot.app import DATA_DIR_VARIABLE, App, default_data_dir
from bot.commands import (
    ask,
    chat,
    compare,
    daily,
    doctor,
    evaluate,
    ingest,
    model,
    papers,
    run,
    start,
    subscriptions,
    sync,
    trends,
    why,
)
from bot.config import load_settings
from bot.console.terminal import Terminal
from rag.errors import PaperboyError

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
            help=f"Where everything is kept [${DATA_DIR_VARIABLE}, else ~/.local/share/paperboy].",
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The settings [./config.toml, else built-in defaults].")
    ] = None,
    no_model: Annotated[
        bool, typer.Option("--no-model", help="Answer with quoted sentences only.")
    ] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say more on stderr.")] = False,
) -> None:
    """Read what stands before the command (its help is HELP)."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.ERROR,
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    context.obj = App(load_settings(config), data_dir or default_data_dir(), use_model=not no_model)


cli.command("start")(start.start)
cli.command("chat")(chat.chat)
cli.command("run")(run.run)
cli.command("ask")(ask.ask)
cli.command("why")(why.why)
cli.command("compare")(compare.compare_papers)
cli.command("search")(ask.search)
cli.command("daily")(daily.daily)
cli.command("trends")(trends.trends)
cli.command("papers")(papers.papers)
cli.command("ingest", help=ingest.HELP)(ingest.ingest)
cli.command("sync")(sync.sync)
cli.command("reindex")(ingest.reindex)
cli.command("eval")(evaluate.evaluate)
cli.add_typer(subscriptions.commands, name="subscriptions")
cli.add_typer(model.commands, name="model")
cli.command("doctor")(doctor.doctor)


def main(argv: list[str] | None = None) -> int:
    """Run one command; return 0 fine, 1 failed, 2 wrong usage."""
    _keep_to_itself()
    try:
        status = cli(argv, standalone_mode=False)
        return status if isinstance(status, int) else 0
    except PaperboyError as error:
        Terminal().error(str(error))
        return error.exit_code
    except TyperException as error:  # an unknown option, a missing argument …
        if message := error.format_message():
            Terminal().error(f"{message.rstrip('.')}: see `paperboy --help`.")
        return error.exit_code
    except typer.Exit as error:
        return int(error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return 130  # what a shell reports for Ctrl-C
    except BrokenPipeError:  # the reader of a pipe has gone, like `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        log.info("unforeseen", exc_info=True)
        kind = type(error).__name__
        Terminal().error(
            f"something unforeseen went wrong ({kind}: {error}): try `paperboy doctor`."
        )
        return 1


def _keep_to_itself() -> None:
    """No telemetry, no tracing, no warnings about forks on anybody's terminal."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"
