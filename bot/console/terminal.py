"""Answers and papers on a terminal (or in a pipe): Rich, with links that can be clicked."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text

from bot.digest.records import Digest
from bot.json_rows import Row
from bot.render.text import shorten
from ingest.sync import Progress as Tell
from rag.answering.comparison import Comparison
from rag.links import arxiv_url
from rag.pipeline import PaperQA
from rag.records import Answer, Hit, Paper
from rag.text.names import short_name
from rag.trends import METHOD, Trend

SHOWN_TLDR = 240  # characters of a paper's gist in a list
SHOWN_NAME = 40  # and of what a paper is called in a comparison
SHOWN_WEEKS = 26
BAR = 40  # characters of the longest bar
RECEIPT_SENTENCES = 10  # of an answer's evidence; `--json` shows all


class Terminal:
    """Writes for people to stdout and about itself to stderr."""

    def __init__(self) -> None:
        self.out = Console(highlight=False, emoji=False, markup=False)
        self.err = Console(highlight=False, emoji=False, markup=False, stderr=True)
        self._warned = ""

    @property
    def is_interactive(self) -> bool:
        """Whether a person sits at both ends."""
        return sys.stdin.isatty() and self.out.is_terminal

    def print(self, text: Text | str = "") -> None:
        """Print a paragraph; a pipe gets it unbroken."""
        self.out.print(text, soft_wrap=not self.out.is_terminal)

    def note(self, text: str) -> None:
        """Print a remark about the work itself, to stderr."""
        self.err.print(text, soft_wrap=True, style="dim" if self.err.is_terminal else None)

    def error(self, text: str) -> None:
        """Print what went wrong, to stderr."""
        self.err.print(Text(f"paperboy: {text}", style="red"), soft_wrap=True)

    def rows(self, rows: Iterable[Row]) -> None:
        """Print JSON lines."""
        for row in rows:
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def answer(self, answer: Answer) -> None:
        """Print an answer and the sources it cites."""
        self.print(Text(answer.text, style="yellow" if answer.refused else ""))
        if answer.citations:
            self.print()
        for citation in answer.citations:
            self._paper_line(f"[{citation.n}]", citation.paper)
        if answer.note:
            self.print()
            self.print(Text(answer.note, style="dim"))

    def receipt(self, answer: Answer) -> None:
        """Print what an answer was made from."""
        self.print(f"\nUnderstood: {answer.understood or answer.standalone}")
        self.print(f"Read: {answer.coverage}")
        by = f"written by {answer.model}" if answer.model else f"{answer.mode}, no model"
        self.print(f"Made in {answer.seconds:.2f} s, {by}")
        if answer.support is not None:
            self.print(f"Likely answered: {answer.support:.2f}")
        if answer.evidence:
            self.print("\nSentences that were considered, best first:")
        for evidence in answer.evidence[:RECEIPT_SENTENCES]:
            self.print(Text(f"{evidence.score:5.2f}  {evidence.sentence}"))
            self.print(Text(f"       {evidence.paper.title}", style="dim"))
        if answer.hits:
            self.print("\nPapers, best first (score, cosine, BM25):")
        for hit in answer.hits:
            figures = f"{hit.score:5.2f}  {hit.cosine:5.2f}  {hit.keyword:6.2f}"
            self.print(Text(f"{figures}  {hit.paper.title}"))

    def converse(self, qa: PaperQA, quoted: Answer) -> Answer:
        """Show the quoted answer at once and, where a model is, the written one in its place.

        A pipe gets only the last of them, which is returned.
        """
        last = quoted
        if not self.out.is_terminal:
            last = qa.written(quoted)
            self.answer(last)
            self.warn(qa)
            return last
        with Live(Text(quoted.text), console=self.out, transient=True) as live:
            for last in qa.write(quoted):
                live.update(Text(last.text or quoted.text, style="cyan"))
        self.answer(last)
        self.warn(qa)
        return last

    def warn(self, qa: PaperQA) -> None:
        """Say once, on stderr, that the configured model cannot be used and why."""
        problem = qa.writer.problem if qa.writer else ""
        if problem and problem != self._warned:
            self._warned = problem
            self.note(f"No written answers: {problem}")

    def hits(self, hits: Iterable[Hit]) -> None:
        """Print search results."""
        for n, hit in enumerate(hits, start=1):
            self._paper_line(f"{n}.", hit.paper)
            if hit.chunk.sentence:
                self.print(Text(f"   “{hit.chunk.sentence}”"))

    def comparison(self, comparison: Comparison) -> None:
        """Print papers side by side: a table on a terminal, else line by line."""
        for n, paper in enumerate(comparison.papers, start=1):
            self._paper_line(f"[{n}]", paper)
            if paper.abstract_source == "summary":
                self.print(Text("   quoted from Paperboy's summary of it", style="dim"))
        self.print()
        papers = enumerate(comparison.papers, start=1)
        names = [f"[{n}] {shorten(short_name(paper), SHOWN_NAME)}" for n, paper in papers]
        if self.out.is_terminal:
            columns = [Column(Text(name), ratio=1) for name in names]
            table = Table("", *columns, show_lines=True)
            for aspect, quotes in comparison.rows:
                table.add_row(aspect, *(Text(quote) for quote in quotes))
            self.out.print(table)
            return
        for aspect, quotes in comparison.rows:
            self.print(aspect)
            for name, quote in zip(names, quotes, strict=True):
                self.print(f"  {name}: {f'“{quote}”' if quote else ''}".rstrip())

    def papers(self, papers: Iterable[Paper]) -> None:
        """Print papers, each with its link."""
        for n, paper in enumerate(papers, start=1):
            self._paper_line(f"{n}.", paper)

    def digest(self, digest: Digest) -> None:
        """Print what a digest says before its papers, its topics, and the papers by rank."""
        if digest.note:
            self.print(digest.note)
        if len(digest.groups) > 1:
            for group in digest.groups:
                ranks = ", ".join(str(entry.rank) for entry in group.entries)
                self.print(Text(f"  {group.name}: {ranks}", style="dim"))
        for entry in digest.ranked:
            self._paper_line(f"{entry.rank}.", entry.paper)
            if entry.tldr:
                self.print(Text(f"   {shorten(entry.tldr, SHOWN_TLDR)}"))

    def trend(self, trend: Trend) -> None:
        """Print a topic's weeks as bars, the newest last, and its figures."""
        weeks = trend.weeks[-SHOWN_WEEKS:]
        longest = max((week.about for week in weeks), default=0)
        for week in weeks:
            bar = "█" * round(BAR * week.about / longest) if longest else ""
            figure = f"{week.about} of {week.read}" if week.read else "nothing read"
            self.print(Text(f"{week.first}  {bar}{' ' if bar else ''}{figure}"))
        self.print(str(trend))
        self.print(Text(METHOD, style="dim"))

    def _paper_line(self, mark: str, paper: Paper) -> None:
        line = Text(f"{mark} ")
        line.append(paper.title, style=f"bold link {paper.url}")
        line.append("\n   ")
        line.append(paper.url, style=f"cyan link {paper.url}")
        if paper.arxiv_id:
            other = arxiv_url(paper.arxiv_id)
            line.append("  ")
            line.append(other, style=f"cyan link {other}")
        line.append(f"  {_facts(paper)}", style="dim")
        self.print(line)

    @contextmanager
    def progress(self) -> Iterator[Tell]:
        """Show a progress bar on a terminal; elsewhere nothing."""
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self.err,
            transient=True,
            disable=not self.err.is_terminal,
        )
        with bar:
            tasks = {}

            def tell(stage: str, done: int, total: int | None) -> None:
                if stage not in tasks:
                    tasks[stage] = bar.add_task(stage, total=total)
                bar.update(tasks[stage], completed=done, total=total)

            yield tell


def _facts(paper: Paper) -> str:
    """Return `featured 2025-12-04, 51 upvotes`, as far as it is known."""
    facts = []
    if paper.featured_on:
        facts.append(f"featured {paper.featured_on}")
    elif paper.published_on:
        facts.append(f"published {paper.published_on}")
    if paper.upvotes is not None:
        facts.append(f"{paper.upvotes} upvote{'' if paper.upvotes == 1 else 's'}")
    return ", ".join(facts)
