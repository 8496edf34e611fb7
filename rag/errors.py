"""The error tree. Every message is one sentence that a person can act on.

PaperboyError
├── ConfigError       config.toml cannot be used
├── CrossEncoderError a model that reads two texts together cannot be used
│   ├── JudgeError        the one that checks written sentences
│   └── RerankerError     the one that re-orders papers
├── DataFolderError   the data folder cannot be used
│   └── IndexInUseError   another process owns the index
├── EmbedderError     the embedding model cannot be used
├── ModelError        the language model cannot be used or did not finish
│   ├── ModelBusyError    too many people wait for it
│   └── ModelFileError    its file cannot be fetched, or is not what it should be
├── QuestionError     the question cannot be asked
├── SourceError       a source of papers cannot be read
└── StoppedError      somebody wanted it to end before it was done
"""


class PaperboyError(Exception):
    """What went wrong and how to cure it, in one sentence.

    `exit_code` is the command's exit status: 1 failed, 2 wrong usage.
    """

    exit_code = 1


class ConfigError(PaperboyError):
    """config.toml cannot be read, or a key or value in it is unknown."""

    exit_code = 2


class CrossEncoderError(PaperboyError):
    """A cross-encoder cannot be loaded or gives no usable scores."""


class JudgeError(CrossEncoderError):
    """The cross-encoder that checks written sentences cannot be used."""


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


class ModelFileError(ModelError):
    """A model's file cannot be fetched, or is not what it should be."""


class QuestionError(PaperboyError):
    """There is nothing to search for in the question, or it is too long."""

    exit_code = 2


class RerankerError(CrossEncoderError):
    """The cross-encoder that re-orders papers cannot be loaded or gives no usable scores."""


class SourceError(PaperboyError):
    """A source of papers is unknown, missing, unreachable or not readable."""


class StoppedError(PaperboyError):
    """Somebody wanted it to end before it was done."""


def first_line(error: Exception) -> str:
    """Return what a library's error says, short enough to stand in a sentence of ours."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
