"""`paperboy ingest`, `sync` and `reindex`: add papers and index them."""

from typing import Annotated

import typer

from bot.commands.options import app_of
from rag.errors import UsageError

HELP = """Add papers from a file, from Hugging Face, from arXiv, or the starter set.

\b
paperboy ingest starter                  56 papers to begin with
paperboy ingest hf:latest                today's Daily Papers
paperboy ingest hf:2025-12-01..2025-12-05
paperboy ingest hf:2025-W49              a week (hf:2025-12 is a month)
paperboy ingest "hf:search:video agents"
paperboy ingest arxiv:2510.01234         also cs/0112017, or a link to a paper
paperboy ingest "arxiv:search:cat:cs.CL" the newest ones
paperboy ingest page.txt                 a saved papers page, also .html
paperboy ingest papers.jsonl             also .json

Known papers are updated, never duplicated. The next run continues an interrupted one.
Days and months of a range that were read at least two weeks after their end are skipped.
"""


def ingest(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE...", help="Files, hf:..., arxiv:..., links, starter."),
    ] = None,
    list_set_aside: Annotated[
        bool,
        typer.Option("--list-set-aside", help="List the rejected records, with reasons."),
    ] = False,
) -> None:
    """Add papers (`--help` shows HELP)."""
    if not (sources or list_set_aside):
        raise UsageError("nothing to ingest: name a source, see `paperboy ingest --help`.")
    from bot.actions import ingest as action

    if list_set_aside:
        action.list_set_aside(app_of(context))
    else:
        action.ingest(app_of(context), sources or [])


def sync(context: typer.Context) -> None:
    """Fetch the new papers of the last days, and upvotes and comments of the last two weeks.

    Also searches Hugging Face for papers of which only the title is known.
    """
    from bot.actions import ingest as action

    action.sync(app_of(context))


def reindex(context: typer.Context) -> None:
    """Embed every paper again, for example after changing the embedding model."""
    from bot.actions import ingest as action

    action.reindex(app_of(context))
