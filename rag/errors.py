"""The error tree. Every message is one sentence that tells a person what to do.

PaperboyError
├── BackupError       a backup cannot be written or restored
├── ConfigError       config.toml cannot be used
├── CrossEncoderError a cross-encoder cannot be used
│   ├── JudgeError        the cross-encoder that checks written sentences
│   └── RerankerError     the cross-encoder that re-orders papers
├── DataFolderError   the data folder cannot be used
│   └── IndexInUseError   another process owns the index
├── EmbedderError     the embedding model cannot be used
├── ModelError        the language model cannot be used or did not finish
│   ├── ModelBusyError    too many people are waiting for it
│   └── ModelFileError    its file cannot be fetched or is damaged
├── ProxyError        a proxy that the environment names cannot be used
├── QuestionError     the question cannot be asked
├── SourceError       a source of papers cannot be read
├── StoppedError      a run was asked to stop before it was done
├── UsageError        a command was called with arguments that it does not accept
└── VectorServerError the Chroma server cannot be used at the moment
"""


class PaperboyError(Exception):
    """What went wrong and what to do about it, in one sentence.

    `exit_code` is the command's exit status: 1 failed, 2 wrong usage.
    """

    exit_code = 1


class BackupError(PaperboyError):
    """A backup cannot be written, or a file cannot be restored."""


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
    """The language model cannot be loaded, died during an answer or did not finish."""


class ModelBusyError(ModelError):
    """Too many people are already waiting for the language model."""


class ModelFileError(ModelError):
    """A model's file cannot be fetched or is damaged."""


class ProxyError(PaperboyError):
    """What HTTP_PROXY, HTTPS_PROXY or ALL_PROXY says is no proxy that can be used."""


class QuestionError(PaperboyError):
    """The question has nothing to search for, or it is too long."""

    exit_code = 2


class RerankerError(CrossEncoderError):
    """The cross-encoder that re-orders papers cannot be loaded or gives no usable scores."""


class SourceError(PaperboyError):
    """A source of papers is unknown, missing, unreachable or not readable."""


class StoppedError(PaperboyError):
    """A run was asked to stop before it was done."""


class UsageError(PaperboyError):
    """A command was called with arguments that it does not accept."""

    exit_code = 2


class VectorServerError(PaperboyError):
    """The Chroma server cannot be reached, refuses the token or has lost the vectors."""


def first_line(error: Exception) -> str:
    """Return the first line of an exception's text, to be put into a message."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
