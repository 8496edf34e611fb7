"""The error tree. Every message is one sentence that a person can act on.

PaperboyError
├── ConfigError       config.toml cannot be used
├── DataFolderError   the data folder cannot be used
│   └── IndexInUseError   another process owns the index
├── EmbedderError     the embedding model cannot be used
├── ModelError        the language model cannot be used or did not finish
│   └── ModelBusyError    too many people wait for it
├── QuestionError     the question cannot be asked
└── SourceError       a source of papers cannot be read
"""


class PaperboyError(Exception):
    """What went wrong and how to cure it, in one sentence.

    `exit_code` is the command's exit status: 1 failed, 2 wrong usage.
    """

    exit_code = 1


class ConfigError(PaperboyError):
    """config.toml cannot be read, or a key or value in it is unknown."""

    exit_code = 2


class DataFolderError(PaperboyError):
    """The data folder cannot be created, written or understood."""


class IndexInUseError(DataFolderError):
    """Another process has the index of this data folder open."""


class EmbedderError(PaperboyError):
    """The embedding model cannot be loaded or does not fit the stored vectors."""


class ModelError(PaperboyError):
    """The language model cannot be loaded, died in mid-answer or did not finish."""


class ModelBusyError(ModelError):
    """Too many people wait for the language model already."""


class QuestionError(PaperboyError):
    """There is nothing to search for in the question, or it is too long."""

    exit_code = 2


class SourceError(PaperboyError):
    """A source of papers is unknown, missing, unreachable or not readable."""
