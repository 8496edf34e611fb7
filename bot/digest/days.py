"""Which days a digest is about, and what is said where they hold no papers."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from bot.digest.records import Period, name_of
from rag.records import Paper
from rag.store.catalog import Catalog
from rag.store.queries import featured_between, featured_day_before, first_featured_day

NEWEST = 10  # papers shown where no featured day is known
SATURDAY = 5  # of Python's weekday()


@dataclass(frozen=True, slots=True)
class Featured:
    """The papers of some days by upvotes, and why it may be other days than were asked for."""

    first: date
    last: date
    papers: list[Paper]
    note: str = ""


def days_of(period: Period, day: date) -> tuple[date, date]:
    """Return the first and last day of the day's week (from Monday) or month."""
    if period == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    if period == "month":
        return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return day, day


def featured_in(catalog: Catalog, period: Period, day: date) -> Featured:
    """Return the papers of the period, else of the last one before it that has any."""
    first, last = days_of(period, day)
    if papers := featured_between(catalog, first, last):
        return Featured(first, last, papers)
    wanted = _missing(catalog, period, first)
    if known := featured_day_before(catalog, first):
        first, last = days_of(period, known)
        note = f"{wanted} These are of {name_of(period, first)}, the last one before that I know."
        return Featured(first, last, featured_between(catalog, first, last), note)
    if oldest := first_featured_day(catalog):
        return Featured(first, last, [], f"{wanted} The first day I know is {oldest}.")
    newest = catalog.latest_published(NEWEST)
    note = "No Daily Papers have been fetched yet; these are the newest by publication."
    return Featured(first, last, newest, note)


def _missing(catalog: Catalog, period: Period, first: date) -> str:
    """Return that there is nothing, and the reason where it is known."""
    told = f"No Daily Papers of {name_of(period, first)}"
    newest = catalog.last_featured_day()
    if period == "day" and first.weekday() >= SATURDAY:
        return f"{told}: Hugging Face lists none at weekends."
    if newest and newest < first:
        return f"{told} yet."
    return f"{told} have been read."
