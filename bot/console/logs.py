"""What goes to stderr while a command runs: lines of text, or one JSON object a line."""

import json
import logging
import math
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from bot.console.terminal import REMARKS, PlainFormatter, Terminal
from bot.redaction import HIDDEN, SECRET_NAMES, redact_logs, redacted

TEXT = "%(levelname)s %(name)s: %(message)s"
MAX_DEPTH = 6  # of nested values in a field
# What a record has by itself; everything else came with `extra`.
OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

log = logging.getLogger(__name__)


class LogFormat(StrEnum):
    """How the log is written."""

    TEXT = "text"
    JSON = "json"


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON, in ASCII: no character of it can command a terminal.

    Its fields are time (UTC), level, logger and message, whatever came with `extra`, and for
    exceptions traceback.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON, without secrets."""
        extra = {
            name: value
            for name, value in vars(record).items()
            if name not in OWN and not name.startswith("_")
        }
        row = _plain(extra) | {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        if record.exc_info:
            row["traceback"] = redacted(record.exc_text or self.formatException(record.exc_info))
        if record.stack_info:
            row["stack"] = redacted(self.formatStack(record.stack_info))
        return json.dumps({name: row.pop(name) for name in ("time", "level", "logger")} | row)


def _plain(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON has it, without secrets; what JSON does not have becomes text."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, Mapping) and depth < MAX_DEPTH:
        return {
            redacted(str(name)): (
                HIDDEN if str(name).upper().endswith(SECRET_NAMES) else _plain(one, depth + 1)
            )
            for name, one in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)) and depth < MAX_DEPTH:
        return [_plain(one, depth + 1) for one in value]
    return redacted(str(value))


def set_up_logs(kind: LogFormat, *, verbose: bool) -> None:
    """Log to stderr, without secrets. As JSON, remarks and warnings become lines of it, too."""
    redact_logs()
    is_json = kind is LogFormat.JSON
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if is_json else PlainFormatter(TEXT))
    logging.basicConfig(level=logging.INFO if verbose else logging.ERROR, handlers=[handler])
    Terminal.logs_remarks = is_json
    if is_json:
        logging.getLogger(REMARKS).setLevel(logging.INFO)
        logging.getLogger("py.warnings").setLevel(logging.WARNING)
        logging.captureWarnings(True)
        threading.excepthook = _log_exception


def _log_exception(failed: threading.ExceptHookArgs) -> None:
    """Log what ended a thread."""
    if failed.exc_value and not isinstance(failed.exc_value, SystemExit):
        name = failed.thread.name if failed.thread else "unknown"
        error = (failed.exc_type, failed.exc_value, failed.exc_traceback)
        log.error("the thread %s ended", name, exc_info=error)
