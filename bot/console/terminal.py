"""Print to a terminal or a pipe: results to stdout, remarks and errors to stderr."""

import json
import sys
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from bot.json_rows import Row


class Terminal:
    """Prints results to stdout, and remarks about the work to stderr."""

    def __init__(self) -> None:
        self.out = Console(highlight=False, emoji=False, markup=False)
        self.err = Console(highlight=False, emoji=False, markup=False, stderr=True)
        self._last_warning = ""

    @property
    def is_interactive(self) -> bool:
        """Whether both stdin and stdout are terminals."""
        return sys.stdin.isatty() and self.out.is_terminal

    def print(self, text: Text | str = "") -> None:
        """Print a paragraph; in a pipe its lines are not wrapped."""
        self.out.print(text, soft_wrap=not self.out.is_terminal)

    def lines(self, lines: Iterable[Text | str]) -> None:
        """Print paragraphs, one below the other."""
        for line in lines:
            self.print(line)

    def note(self, text: str) -> None:
        """Print a remark about the work to stderr."""
        self.err.print(text, soft_wrap=True, style="dim" if self.err.is_terminal else None)

    def warn(self, text: str) -> None:
        """Print a remark to stderr, unless it is empty or repeats the last warning."""
        if text and text != self._last_warning:
            self._last_warning = text
            self.note(text)

    def error(self, text: str) -> None:
        """Print an error to stderr."""
        self.err.print(Text(f"paperboy: {text}", style="red"), soft_wrap=True)

    def rows(self, rows: Iterable[Row]) -> None:
        """Print each row as one line of JSON."""
        for row in rows:
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        sys.stdout.flush()
