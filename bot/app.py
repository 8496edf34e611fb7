"""The composition root of the commands: opens the library and the model from the settings."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import bot.migrations
import ingest.migrations
import rag.store.migrations
from bot.config import Settings
from bot.index_builder import complete_index, following_index
from rag.config import ModelConfig, RagConfig
from rag.library import Library
from rag.llm.model_files import ModelFolder, is_base_model
from rag.pipeline import PaperQA
from rag.query.command_guide import CommandGuide, CommandHelp
from rag.query.numeric_days import DayHabit
from rag.text.language import preload

if TYPE_CHECKING:
    from rag.llm.language_model import LanguageModel

DATA_DIR_VARIABLE = "PAPERBOY_DATA_DIR"
# The tables of all three rooms; a library adds those of its own.
MIGRATIONS = (
    rag.store.migrations.MIGRATIONS, ingest.migrations.MIGRATIONS, bot.migrations.MIGRATIONS
)  # fmt: skip


def default_data_dir() -> Path:
    """Return $PAPERBOY_DATA_DIR, else ~/.local/share/paperboy."""
    return Path(os.environ.get(DATA_DIR_VARIABLE) or Path.home() / ".local/share/paperboy")


def open_library(folder: Path, config: RagConfig, *, purpose: str = "paperboy") -> Library:
    """Open a data folder with the tables of all three rooms. Raises DataFolderError."""
    return Library(folder, config, purpose=purpose, migrations=MIGRATIONS[1:])


@dataclass(frozen=True, slots=True)
class App:
    """The settings and the data folder, as every command gets them."""

    settings: Settings
    data_dir: Path
    use_model: bool = True
    commands: Sequence[CommandHelp] = ()  # that people can ask about

    @contextmanager
    def library(self, purpose: str) -> Iterator[Library]:
        """Open the data folder; another process that tries to gets `purpose` in its error."""
        library = open_library(self.data_dir, self.settings.rag, purpose=purpose)
        try:
            yield library
        finally:
            library.close()

    @contextmanager
    def assistant(
        self,
        purpose: str,
        *,
        today: Callable[[], date] | None = None,
        even_base: bool = False,
    ) -> Iterator[PaperQA]:
        """Open the library and the pipeline over it, with the model if there is one."""
        with self.library(purpose) as library:
            library.lock_index()
            preload()  # beside the encoder
            model = self.load_model(even_base=even_base)
            try:
                complete_index(library)
                with following_index(library):
                    yield PaperQA(
                        library,
                        self.settings.rag,
                        today=today or self.today,
                        model=model,
                        day_habit=self.day_habit,
                        guide=CommandGuide(self.commands),
                    )
            finally:
                if model:
                    model.close()

    def load_model(self, *, even_base: bool = False) -> "LanguageModel | None":
        """Return the configured language model; None without one, or without `use_model`.

        A base model answers worse than the quotes (docs/evaluation.md): it is None, too, unless
        `even_base` is set in order to measure it.
        """
        config = self.model
        if not (self.use_model and config.is_set and (even_base or not self.is_base_model)):
            return None
        from rag.llm.language_model import load_language_model  # LangChain's chat models

        return load_language_model(config)

    @property
    def model(self) -> ModelConfig:
        """`[rag.model]`; if that names no model, the file chosen with `paperboy model use`."""
        configured = self.settings.rag.model
        chosen = None if configured.name else ModelFolder(self.data_dir).chosen()
        return configured.model_copy(update={"path": str(chosen)}) if chosen else configured

    @property
    def model_name(self) -> str:
        """The name of the model shown to users; "" without one, and for a base model."""
        return self.model.name if self.use_model and not self.is_base_model else ""

    @property
    def is_base_model(self) -> bool:
        """Whether the model is a file without a chat template, never trained to answer."""
        return bool(self.model.path) and is_base_model(Path(self.model.path))

    @property
    def model_chosen_by(self) -> str:
        """Where the model was chosen: `config.toml` or `paperboy model use`; "" if nowhere."""
        if self.settings.rag.model.name:
            return "config.toml"
        return "`paperboy model use`" if self.model.name else ""

    @property
    def day_habit(self) -> DayHabit:
        """Which number of "5/12/2025" is the day, by the settings."""
        settings = self.settings.bot
        order = None if settings.day_order == "auto" else settings.day_order
        return DayHabit(settings.zone.name, order)

    def today(self) -> date:
        """Return the current day in the configured time zone."""
        return datetime.now(ZoneInfo(self.settings.bot.zone.name)).date()
