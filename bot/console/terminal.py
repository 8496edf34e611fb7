"""Print to a terminal or a pipe: results to stdout, remarks and errors to stderr."""

import codecs
import json
import logging
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from bot.render.direction import with_isolates

UNKNOWN_WIDTH = 80  # columns
REMARKS = "paperboy"  # the logger of remarks and errors, where they are logged
# C0 but tab and newline, DEL, C1, what ends a line or turns the direction of writing: a terminal
# obeys them. Besides, lone surrogates, which no terminal can show.
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066\u2067\ud800-\udfff"
# What Unicode says to show as nothing, tag characters among it, in which text can be hidden; not
# what joins letters (U+200C, U+200D), sets a direction or chooses an emoji (U+FE00 to U+FE0F).
_HIDDEN = (
    "\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff"
    "\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
CONTROL, HIDDEN = re.compile(f"[{_CONTROLS}]"), re.compile(f"[{_HIDDEN}]")
_ISOLATES = "\u2068\u2069"  # of which a console keeps those of bot/render/direction.py
_ESCAPED = re.compile(f"[{_CONTROLS}{_HIDDEN}{_ISOLATES}]")  # in JSON


def plain(text: str) -> str:
    """Return text in which each control character is U+FFFD, without hidden characters."""
    return HIDDEN.sub("", CONTROL.sub("\ufffd", text))


def readable(text: str) -> str:
    """Return text in which each lone surrogate, as which Python reads a bad byte, is U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def one_line(text: str) -> str:
    """Return text whose line breaks are spaces: a name in a sentence may hold one."""
    return " ".join(text.splitlines())


class PlainConsole(Console):
    """A console whose texts cannot command the terminal; styles still can.

    Right-to-left text is isolated from what stands beside it.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield what is printed, without control characters in the texts and links."""
        for text, style, control in super().render(renderable, options):
            if style and style.link and CONTROL.search(style.link):
                style = style.update_link(None)
            yield Segment(text if control else with_isolates(plain(text)), style, control)


class PlainFormatter(logging.Formatter):
    """Formats log records, whose texts may come from anywhere, without control characters."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text."""
        return plain(super().format(record))


class Terminal:
    """Prints results to stdout, and remarks about the work to stderr.

    With `logs_remarks`, which holds for the whole process, remarks and errors are logged instead.
    """

    logs_remarks: ClassVar[bool] = False

    def __init__(self) -> None:
        self.out: Console = _console()
        self.err: Console = _console(stderr=True)
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
        if self.logs_remarks:
            logging.getLogger(REMARKS).info("%s", text)
            return
        self.err.print(text, soft_wrap=True, style="dim" if self.err.is_terminal else None)

    def warn(self, text: str) -> None:
        """Print a remark to stderr, unless it is empty or repeats the last warning."""
        if text and text != self._last_warning:
            self._last_warning = text
            self.note(text)

    def error(self, text: str) -> None:
        """Print an error to stderr."""
        if self.logs_remarks:
            logging.getLogger(REMARKS).error("%s", text)
            return
        self.err.print(Text(f"paperboy: {one_line(text)}", style="red"), soft_wrap=True)

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print each row as one line of JSON; control and hidden characters are escaped."""
        for row in rows:
            line = json.dumps(row, ensure_ascii=not _takes_unicode(sys.stdout))
            sys.stdout.write(_ESCAPED.sub(lambda m: json.dumps(m[0])[1:-1], line) + "\n")
        sys.stdout.flush()


def _console(*, stderr: bool = False) -> Console:
    console = PlainConsole(highlight=False, emoji=False, markup=False, stderr=stderr)
    if console.width < 1:  # as $COLUMNS says where nobody knows it
        console.width = UNKNOWN_WIDTH
    return console


def _takes_unicode(stream: TextIO) -> bool:
    return codecs.lookup(stream.encoding or "ascii").name.startswith("utf")
