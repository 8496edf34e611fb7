"""The days that a digest covers: parse them, and find the papers featured in them."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from rag.digest.records import PERIODS, Period, period_name
from rag.errors import PaperboyError
from rag.records import Paper
from rag.store.catalog import Catalog
from rag.store.queries import featured_between, featured_day_before, first_featured_day

MAX_NEWEST = 10  # papers shown if no featured day is known
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)  # that people may name
SATURDAY = 5  # of Python's weekday()


class DayError(PaperboyError):
    """The text is not a day or a week."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class FeaturedPapers:
    """The papers of some days by upvotes; `note` says why they differ from the requested days."""

    first: date
    last: date
    papers: list[Paper]
    note: str = ""


def parse_day(text: str) -> date:
    """Return the day that `text` (YYYY-MM-DD) names; raise DayError for other text."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return _bounded(date.fromisoformat(text))
    except ValueError:
        pass
    raise DayError(f"{text!r} is not a day: write it like 2025-12-08.")


def parse_week(text: str) -> date:
    """Return a day of the week that `text` (YYYY-Www, or a day) names; raise DayError."""
    try:
        if re.fullmatch(r"\d{4}-W\d{2}", text):
            return _bounded(date.fromisoformat(f"{text}-1"))
        return parse_day(text)
    except (ValueError, DayError):
        raise DayError(
            f"{text!r} is not a week: write it like 2025-W49, or a day of it like 2025-12-04."
        ) from None


def _bounded(day: date) -> date:
    """Return the day. Raises DayError if it lies outside what can be computed with."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise DayError(f"no paper is of {day}: name a day from {FIRST_DAY} to {LAST_DAY}.")
    return day


def period_days(period: Period, day: date) -> tuple[date, date]:
    """Return the first and last day of the day's week (from Monday) or month, or the day twice."""
    if period == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    if period == "month":
        return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return day, day


def days_name(first: date, last: date) -> str:
    """Return "Friday, 2025-12-05", "the week of 2025-12-01", "2025" or "2025-12-01 to …"."""
    for period in PERIODS:
        if (first, last) == period_days(period, first):
            return period_name(period, first)
    if (first, last) == (date(first.year, 1, 1), date(first.year, 12, 31)):
        return str(first.year)
    return f"{first} to {last}"


def featured_papers(catalog: Catalog, period: Period, day: date) -> FeaturedPapers:
    """Return the papers of the day's period, or of the last earlier period that has any."""
    return featured_in(catalog, *period_days(period, day), earlier=period)


def featured_in(
    catalog: Catalog, first: date, last: date, *, earlier: Period = "day"
) -> FeaturedPapers:
    """Return the papers of these days; if there are none, of the last earlier day, week or month.

    Without any before these days there are no papers; if no day is known at all, they are those
    that were published last.
    """
    if papers := featured_between(catalog, first, last):
        return FeaturedPapers(first, last, papers)
    reason = _why_empty(catalog, first, last)
    if day := featured_day_before(catalog, first):
        first, last = period_days(earlier, day)
        name = period_name(earlier, first)
        note = f"{reason} These are from {name}, the last {earlier} before it that I know."
        return FeaturedPapers(first, last, featured_between(catalog, first, last), note)
    if oldest := first_featured_day(catalog):
        return FeaturedPapers(first, last, [], f"{reason} The first day I know is {oldest}.")
    note = "No Daily Papers have been fetched yet; these are the newest by publication."
    return FeaturedPapers(first, last, catalog.latest_published(MAX_NEWEST), note)


def _why_empty(catalog: Catalog, first: date, last: date) -> str:
    """Return a sentence that says why the days have no papers, as far as it is known."""
    subject = f"No Daily Papers of {days_name(first, last)}"
    newest = catalog.last_featured_day()
    is_weekend = first.weekday() >= SATURDAY and last - first <= timedelta(days=1)
    if is_weekend and last.weekday() >= SATURDAY:
        return f"{subject}: Hugging Face lists none at weekends."
    if newest and newest < first:
        return f"{subject} yet."
    return f"{subject} have been fetched."
