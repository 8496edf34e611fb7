"""`paperboy papers`, `daily`, `trends` and `compare`: browse the stored papers."""

from datetime import date

from bot.app import App
from bot.console.render import (
    comparison_heading,
    comparison_lines,
    comparison_table,
    digest_lines,
    paper_lines,
    trend_lines,
)
from bot.console.terminal import Terminal
from bot.json_rows import Row, comparison_row, daily_row, paper_row, week_row
from rag.answering.comparison import MAX_PAPERS, MIN_PAPERS, compare, require_distinct
from rag.digest.days import parse_day
from rag.digest.make import digest_of_day
from rag.digest.records import Digest, Period
from rag.errors import UsageError
from rag.query.request import clean_question
from rag.records import Window
from rag.store.lookup import require_paper
from rag.trends import trend


def papers(app: App, *, since: date | None, until: date | None, as_json: bool) -> None:
    """List the stored papers, newest first."""
    terminal = Terminal()
    with app.library("paperboy papers") as library:
        listed = library.catalog.papers(Window(since, until))
        if as_json:
            terminal.rows(map(paper_row, listed))
            return
        terminal.lines(paper_lines(listed))
        total = library.catalog.coverage()
        terminal.print(f"{len(listed):,} of {total}." if listed else f"None. I have read {total}.")


def daily(app: App, day: str, period: Period, *, as_json: bool) -> None:
    """Show the Daily Papers of a day or its period, most upvoted first, and their topics."""
    chosen_day = None if day == "latest" else parse_day(day)
    terminal = Terminal()
    with app.library("paperboy daily") as library:
        digest = digest_of_day(library, chosen_day, period)
        coverage = library.catalog.coverage()
    headline = (
        f"{digest.headline}, by upvotes. {'' if digest.groups else f'I have read {coverage}.'}"
    )
    if as_json:
        terminal.note(f"{headline} {digest.note}".strip())
        terminal.rows(_daily_rows(digest))
    else:
        terminal.print(headline.strip())
        terminal.lines(digest_lines(digest))


def _daily_rows(digest: Digest) -> list[Row]:
    topics = {entry.rank: group.name for group in digest.groups for entry in group.entries}
    return [daily_row(entry, topics[entry.rank]) for entry in digest.ranked]


def trends(app: App, topic: str, *, as_json: bool) -> None:
    """Show how many papers per week are about a topic."""
    terminal = Terminal()
    topic = clean_question(topic)
    with app.library("paperboy trends") as library:
        weekly = trend(library, topic)
    if as_json:
        terminal.note(str(weekly))
        terminal.rows(map(week_row, weekly.weeks))
    else:
        terminal.lines(trend_lines(weekly))


def compare_papers(app: App, papers: list[str], *, as_json: bool) -> None:
    """Compare papers: a quoted sentence for each aspect, blank if the abstract has none."""
    if not MIN_PAPERS <= len(papers) <= MAX_PAPERS:
        raise UsageError(f"{MIN_PAPERS} to {MAX_PAPERS} papers can be compared: name that many.")
    terminal = Terminal()
    with app.library("paperboy compare") as library:
        chosen = require_distinct([require_paper(library.catalog, typed) for typed in papers])
    comparison = compare(chosen)
    if as_json:
        terminal.rows([comparison_row(comparison)])
    else:
        terminal.lines(comparison_heading(comparison))
        if terminal.out.is_terminal:
            terminal.out.print(comparison_table(comparison))
        else:
            terminal.lines(comparison_lines(comparison))
