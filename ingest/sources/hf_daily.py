"""Hugging Face's Daily Papers API.

https://huggingface.co/api/daily_papers with date, week or month, pages p = 0, 1, …; a plain
JSON array, empty past the end. The raw JSON is read, and not huggingface_hub's
list_daily_papers, which drops the summary, the keywords and the code link and turns 0
upvotes into None.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Literal

from ingest.fetch import Answer, Fetcher, TryAgainError
from ingest.ledger import Ledger, Page
from ingest.sources.record import PageRead, SetAside, paper_from
from rag.errors import SourceError
from rag.records import Paper

DAILY = "/api/daily_papers"
SEARCH = "/api/papers/search"
PAGE_SIZE = 100  # the API's largest
MAX_PAGES = 100  # a month has at most about 30
MAX_SEARCH = 250  # characters of a search that the API takes
EMPTY_SECONDS = 5.0  # until a list that should hold papers and is empty is asked for again
FORMS = (
    "hf:YYYY-MM-DD, hf:YYYY-MM-DD..YYYY-MM-DD, hf:YYYY-Www, hf:YYYY-MM, hf:YYYY-MM..YYYY-MM, "
    "hf:latest, hf:trending or hf:search:TEXT"
)


@dataclass(frozen=True, slots=True)
class Query:
    """One list of the API: its path and parameters, and its days where it is of a time.

    `name` is what stands after `hf:` to ask for this list alone.
    """

    name: str
    path: str
    params: tuple[tuple[str, str], ...]
    first_day: date | None = None
    last_day: date | None = None
    pages: bool = True

    @property
    def day(self) -> date | None:
        """The day it is of, where it is of one day."""
        return self.first_day if self.first_day == self.last_day else None

    @property
    def holds_papers(self) -> bool:
        """Whether an empty answer is odd: there are lists on all days but those of a weekend."""
        return self.first_day is not None and (self.day is None or self.day.weekday() < 5)


def day_query(day: date) -> Query:
    """Return the list of one day."""
    return Query(day.isoformat(), DAILY, (("date", day.isoformat()),), day, day)


def parse_queries(what: str) -> list[Query]:
    """Return the lists that `hf:WHAT` names; raise SourceError where it names none."""
    if what == "latest":
        return [Query(what, DAILY, (), pages=False)]
    if what == "trending":
        return [Query(what, DAILY, (("sort", "trending"),), pages=False)]
    if what.startswith("search:"):
        text = what.removeprefix("search:").strip()
        if not 0 < len(text) <= MAX_SEARCH:
            raise SourceError(f"a search takes 1 to {MAX_SEARCH} characters: hf:search:TEXT.")
        return [Query(what, SEARCH, (("q", text),), pages=False)]
    first, dots, last = what.partition("..")
    try:
        return _of_time(first, last if dots else first)
    except ValueError as error:
        raise SourceError(f"hf:{what} is not a known day ({error}): use {FORMS}.") from error


def _of_time(first: str, last: str) -> list[Query]:
    if re.fullmatch(r"\d{4}-W\d{2}", first) and first == last:
        monday = date.fromisoformat(f"{first}-1")
        return [Query(first, DAILY, (("week", first),), monday, monday + timedelta(days=6))]
    if re.fullmatch(r"\d{4}-\d{2}", first) and re.fullmatch(r"\d{4}-\d{2}", last):
        return _months(first, last)
    start, end = _plain_date(first), _plain_date(last)
    if start > end:
        raise ValueError(f"{first} is after {last}")
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    # There are no lists at weekends; a day that was asked for by itself is tried all the same.
    wanted = days if len(days) == 1 else [day for day in days if day.weekday() < 5]
    return [day_query(day) for day in wanted]


def _plain_date(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(f"{text!r} is not YYYY-MM-DD")
    return date.fromisoformat(text)


def _months(first: str, last: str) -> list[Query]:
    day, end = _plain_date(f"{first}-01"), _plain_date(f"{last}-01")
    if day > end:
        raise ValueError(f"{first} is after {last}")
    months = []
    while day <= end:
        following = (day + timedelta(days=31)).replace(day=1)
        name = day.strftime("%Y-%m")
        months.append(Query(name, DAILY, (("month", name),), day, following - timedelta(days=1)))
        day = following
    return months


class DailyPapersSource:
    """Lists of the API, fetched page by page."""

    def __init__(
        self,
        name: str,
        queries: Sequence[Query],
        fetcher: Fetcher,
        *,
        today: date,
        ledger: Ledger | None = None,
    ) -> None:
        """With a ledger, lists of a range that are settled and pages unchanged are passed over."""
        self.name = name
        self.queries = queries
        self.fetcher = fetcher
        self.today = today
        self.ledger = ledger

    def records(self) -> Iterator[Paper | SetAside | PageRead]:
        """Yield the papers of each list in the order of the API."""
        for query in self.queries:
            is_one_of_many = len(self.queries) > 1 and query.first_day and query.last_day
            if is_one_of_many and query.first_day and query.first_day > self.today:
                return
            if is_one_of_many and self._is_settled(query):
                yield PageRead(f"hf:{query.name}", "settled")
            else:
                yield from self._list(query)

    def _is_settled(self, query: Query) -> bool:
        return bool(
            self.ledger and query.last_day and self.ledger.is_settled(query.name, query.last_day)
        )

    def _list(self, query: Query) -> Iterator[Paper | SetAside | PageRead]:
        """Yield a list's papers, and after each page what is to be noted of it."""
        read = 0
        for number in range(MAX_PAGES if query.pages else 1):
            params = dict(query.params)
            if query.path == DAILY:
                params |= {"limit": str(PAGE_SIZE), "p": str(number)}
            known = self.ledger.page(query.path, params) if self.ledger else None
            items, etag = self._items(query, params, known, first=number == 0)
            place = f"hf:{query.name}" + (f" page {number + 1}" if number else "")
            if items is not None:
                yield from parse_daily(items, day=query.day, place=place)
            count = len(items) if items is not None else known.records if known else 0
            read += count
            is_last = not query.pages or count < PAGE_SIZE
            if self.ledger and known:
                page = replace(known, etag=etag, records=count)
                done = query.name if is_last and query.first_day else ""
                keep = partial(self.ledger.keep, page, done, read)
                yield PageRead(place, _state(items, query, number), keep)
            if is_last:
                return

    def _items(
        self, query: Query, params: dict[str, str], known: Page | None, *, first: bool
    ) -> Answer[list[object]]:
        """Return a page's items, None where they are still the same, and its ETag."""
        etag = known.etag if known else ""
        answer = self.fetcher.get(query.path, params, _items_of, etag=etag)
        if answer.data == [] and first and query.holds_papers:
            self.fetcher.clock.sleep(EMPTY_SECONDS)
            answer = self.fetcher.get(query.path, params, _items_of)
        return answer


def _state(
    items: list[object] | None, query: Query, number: int
) -> Literal["read", "unchanged", "empty"]:
    if items is None:
        return "unchanged"
    return "empty" if not items and not number and query.holds_papers else "read"


def _items_of(body: bytes) -> list[object]:
    items = json.loads(body)
    if not isinstance(items, list):
        raise TryAgainError("gave something that is not a list of papers")
    return items


def parse_daily(
    items: object, *, day: date | None = None, place: str = "answer"
) -> Iterator[Paper | SetAside]:
    """Yield the papers of one API answer; `day` is the day it was asked for, if any."""
    if not isinstance(items, list):
        yield SetAside(place, f"a list of papers is a list, not {type(items).__name__}")
        return
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
