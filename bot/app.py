"""The composition root: settings and the data folder become the parts that commands use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.config import Settings
from rag.library import Library

DATA_DIR_VARIABLE = "PAPERBOY_DATA_DIR"


def default_data_dir() -> Path:
    """Return $PAPERBOY_DATA_DIR, else ~/.local/share/paperboy."""
    return Path(os.environ.get(DATA_DIR_VARIABLE) or Path.home() / ".local/share/paperboy")


@dataclass(frozen=True, slots=True)
class App:
    """What every command gets."""

    settings: Settings
    data_dir: Path

    @contextmanager
    def library(self, purpose: str) -> Iterator[Library]:
        """Open the data folder; `purpose` is what another process that wants it is told."""
        library = Library(self.data_dir, self.settings.rag, purpose=purpose)
        try:
            yield library
        finally:
            library.close()

    def today(self) -> date:
        """Return the clock's day in the configured time zone."""
        return datetime.now(ZoneInfo(self.settings.bot.timezone)).date()
