"""Days and weeks as people type them, in a command line or a slash command."""

import re
from datetime import date

from rag.errors import PaperboyError


class DateError(PaperboyError):
    """A text is not a day or a week."""

    exit_code = 2


def parse_day(text: str) -> date:
    """Read YYYY-MM-DD; raise DateError otherwise."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise DateError(f"{text!r} is not a day: write it like 2025-12-08.")


def parse_week(text: str) -> date:
    """Read YYYY-Www, or a day; return a day of that week. Raises DateError."""
    try:
        if re.fullmatch(r"\d{4}-W\d{2}", text):
            return date.fromisoformat(f"{text}-1")
        return parse_day(text)
    except (ValueError, DateError):
        raise DateError(
            f"{text!r} is no week: write it like 2025-W49, or a day of it like 2025-12-04."
        ) from None
