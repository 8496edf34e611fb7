"""Hugging Face's Daily Papers API.

https://huggingface.co/api/daily_papers with date, week or month, pages p = 0, 1, …; a plain
JSON array, empty past the end. The raw JSON is read, and not huggingface_hub's
list_daily_papers, which drops the summary, the keywords and the code link and turns 0
upvotes into None.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from ingest.fetch import Fetcher
from ingest.sources.record import SetAside, paper_from
from rag.errors import SourceError
from rag.records import Paper

PAGE_SIZE = 100  # the API's largest
MAX_PAGES = 100  # a month has at most about 30
MAX_SEARCH = 250  # characters of a search that the API takes
FORMS = (
    "hf:YYYY-MM-DD, hf:YYYY-MM-DD..YYYY-MM-DD, hf:YYYY-Www, hf:YYYY-MM, hf:YYYY-MM..YYYY-MM, "
    "hf:latest, hf:trending or hf:search:TEXT"
)


@dataclass(frozen=True, slots=True)
class Query:
    """One list of the API: its path and parameters, and the day where it is of one day."""

    path: str
    params: tuple[tuple[str, str], ...]
    day: date | None = None
    pages: bool = True


def parse_queries(what: str) -> list[Query]:
    """Return the lists that `hf:WHAT` names; raise SourceError where it names none."""
    if what == "latest":
        return [Query("/api/daily_papers", (), pages=False)]
    if what == "trending":
        return [Query("/api/daily_papers", (("sort", "trending"),), pages=False)]
    if what.startswith("search:"):
        text = what.removeprefix("search:").strip()
        if not 0 < len(text) <= MAX_SEARCH:
            raise SourceError(f"a search takes 1 to {MAX_SEARCH} characters: hf:search:TEXT.")
        return [Query("/api/papers/search", (("q", text),), pages=False)]
    first, dots, last = what.partition("..")
    try:
        return _of_time(first, last if dots else first)
    except ValueError as error:
        raise SourceError(f"hf:{what} is not a known day ({error}): use {FORMS}.") from error


def _of_time(first: str, last: str) -> list[Query]:
    if re.fullmatch(r"\d{4}-W\d{2}", first) and first == last:
        date.fromisoformat(f"{first}-1")
        return [Query("/api/daily_papers", (("week", first),))]
    if re.fullmatch(r"\d{4}-\d{2}", first) and re.fullmatch(r"\d{4}-\d{2}", last):
        return [Query("/api/daily_papers", (("month", m),)) for m in _months(first, last)]
    start, end = _plain_date(first), _plain_date(last)
    if start > end:
        raise ValueError(f"{first} is after {last}")
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    # There are no lists at weekends; a day that was asked for by itself is tried all the same.
    wanted = days if len(days) == 1 else [day for day in days if day.weekday() < 5]
    return [Query("/api/daily_papers", (("date", day.isoformat()),), day) for day in wanted]


def _plain_date(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(f"{text!r} is not YYYY-MM-DD")
    return date.fromisoformat(text)


def _months(first: str, last: str) -> list[str]:
    day, end = _plain_date(f"{first}-01"), _plain_date(f"{last}-01")
    if day > end:
        raise ValueError(f"{first} is after {last}")
    months = []
    while day <= end:
        months.append(day.strftime("%Y-%m"))
        day = (day + timedelta(days=31)).replace(day=1)
    return months


class DailyPapersSource:
    """The lists of `hf:WHAT`, fetched page by page."""

    def __init__(self, what: str, fetcher: Fetcher) -> None:
        self.name = f"hf:{what}"
        self.queries = parse_queries(what)
        self.fetcher = fetcher

    def records(self) -> Iterator[Paper | SetAside]:
        """Yield the papers of each list in the order of the API."""
        for query in self.queries:
            for page in range(MAX_PAGES if query.pages else 1):
                params = dict(query.params)
                if query.path == "/api/daily_papers":
                    params |= {"limit": str(PAGE_SIZE), "p": str(page)}
                items = self.fetcher.json(query.path, params)
                yield from parse_daily(items, day=query.day, place=self.name)
                if not isinstance(items, list) or len(items) < PAGE_SIZE:
                    break


def parse_daily(
    items: object, *, day: date | None = None, place: str = "answer"
) -> Iterator[Paper | SetAside]:
    """Yield the papers of one API answer; `day` is the day it was asked for, if any."""
    if not isinstance(items, list):
        raise SourceError(f"{place} gave something that is not a list of papers: try again later.")
    for number, item in enumerate(items, start=1):
        record = flatten(item)
        if day is not None and isinstance(record, dict):
            record["submittedOnDailyAt"] = day.isoformat()
        yield paper_from(record, place=f"{place} record {number}")


def flatten(item: object) -> object:
    """Return an API item's paper with the count of its comments; other records as they are.

    The item's own publishedAt is dropped: over the years it meant the day of listing and the
    day of publication.
    """
    if not isinstance(item, dict) or not isinstance(item.get("paper"), dict):
        return item
    record = dict(item["paper"])
    record["numComments"] = item.get("numComments")
    record["organization"] = record.get("organization") or item.get("organization")
    return record
