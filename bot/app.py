"""The composition root: settings and the data folder become the parts that commands use."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import bot.migrations
import ingest.migrations
from bot.config import Settings
from rag.config import ModelConfig, RagConfig
from rag.library import Library
from rag.llm.language_model import LanguageModel, load_language_model
from rag.llm.model_files import ModelFolder
from rag.pipeline import PaperQA

DATA_DIR_VARIABLE = "PAPERBOY_DATA_DIR"


def default_data_dir() -> Path:
    """Return $PAPERBOY_DATA_DIR, else ~/.local/share/paperboy."""
    return Path(os.environ.get(DATA_DIR_VARIABLE) or Path.home() / ".local/share/paperboy")


def open_library(folder: Path, config: RagConfig, *, purpose: str = "paperboy") -> Library:
    """Open a data folder with the tables of all three rooms. Raises DataFolderError."""
    migrations = (ingest.migrations.MIGRATIONS, bot.migrations.MIGRATIONS)
    return Library(folder, config, purpose=purpose, migrations=migrations)


@dataclass(frozen=True, slots=True)
class App:
    """What every command gets."""

    settings: Settings
    data_dir: Path
    use_model: bool = True

    @contextmanager
    def library(self, purpose: str) -> Iterator[Library]:
        """Open the data folder; `purpose` is what another process that wants it is told."""
        library = open_library(self.data_dir, self.settings.rag, purpose=purpose)
        try:
            yield library
        finally:
            library.close()

    @contextmanager
    def assistant(
        self, purpose: str, *, today: Callable[[], date] | None = None
    ) -> Iterator[PaperQA]:
        """Open the library and what answers from it, with the model where there is one."""
        model = self.load_model()
        try:
            with self.library(purpose) as library:
                library.require_indexed()
                yield PaperQA(library, self.settings.rag, today=today or self.today, model=model)
        finally:
            if model:
                model.close()

    def load_model(self) -> LanguageModel | None:
        """Return the configured language model, if there is one and it is wanted."""
        return load_language_model(self.model) if self.use_model else None

    @property
    def model(self) -> ModelConfig:
        """`[rag.model]`; where that names no model, with the file `paperboy model use` chose."""
        configured = self.settings.rag.model
        chosen = None if configured.name else ModelFolder(self.data_dir).chosen()
        return configured.model_copy(update={"path": str(chosen)}) if chosen else configured

    @property
    def model_name(self) -> str:
        """What the model is called in front of people; nothing where there is none."""
        return self.model.name if self.use_model else ""

    @property
    def model_chosen_by(self) -> str:
        """Who says which model is in use: `config.toml` or `paperboy model use`; or nobody."""
        if self.settings.rag.model.name:
            return "config.toml"
        return "`paperboy model use`" if self.model.name else ""

    def today(self) -> date:
        """Return the clock's day in the configured time zone."""
        return datetime.now(ZoneInfo(self.settings.bot.timezone)).date()
