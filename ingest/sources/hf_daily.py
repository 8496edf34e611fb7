"""Hugging Face's Daily Papers API.

https://huggingface.co/api/daily_papers takes date, week or month, and pages p = 0, 1, …; it answers
with a JSON array, empty past the end. huggingface_hub's list_daily_papers does not serve: it drops
the summary, the keywords and the code link and turns 0 upvotes into None.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Literal

from ingest.fetch import Fetcher, FetchResult, PageError, TryAgainError
from ingest.fetch_history import FetchHistory, KnownPage
from ingest.sources.paper_record import parse_record
from ingest.sources.source import PageEnd, Record, SetAside
from ingest.untrusted import read_json
from rag.digest.days import DayError, parse_day, parse_week, period_days
from rag.errors import SourceError, first_line

DAILY_PATH = "/api/daily_papers"
SEARCH_PATH = "/api/papers/search"
PAGE_SIZE = 100  # the API's largest
MAX_ITEMS = 1_000  # papers of one answer
MAX_FAILED = 2  # lists in a row: then it is the host
MAX_PAGES = 100  # a month has at most about 30
MAX_SEARCH_CHARACTERS = 250  # characters: the API takes no longer search
EMPTY_RETRY_SECONDS = 5.0  # wait before an unexpectedly empty list is requested again
FORMS = (
    "hf:YYYY-MM-DD, hf:YYYY-MM-DD..YYYY-MM-DD, hf:YYYY-Www, hf:YYYY-MM, hf:YYYY-MM..YYYY-MM, "
    "hf:latest, hf:trending or hf:search:TEXT"
)


@dataclass(frozen=True, slots=True)
class Query:
    """One list of the API: its path and parameters, and its days if it is a list of days.

    `hf:` and `name` make the spec of this list alone.
    """

    name: str
    path: str
    params: tuple[tuple[str, str], ...]
    first_day: date | None = None
    last_day: date | None = None
    pages: bool = True

    @property
    def day(self) -> date | None:
        """The day of a list of one day."""
        return self.first_day if self.first_day == self.last_day else None

    @property
    def should_have_papers(self) -> bool:
        """Whether an empty answer is unexpected: only weekends have no papers."""
        return self.first_day is not None and (self.day is None or self.day.weekday() < 5)


def day_query(day: date) -> Query:
    """Return the list of one day."""
    return Query(day.isoformat(), DAILY_PATH, (("date", day.isoformat()),), day, day)


def parse_hf_spec(spec: str) -> list[Query]:
    """Return the lists that `hf:SPEC` names. Raises SourceError if it names none."""
    if spec == "latest":
        return [Query(spec, DAILY_PATH, (), pages=False)]
    if spec == "trending":
        return [Query(spec, DAILY_PATH, (("sort", "trending"),), pages=False)]
    if spec.startswith("search:"):
        text = spec.removeprefix("search:").strip()
        if not 0 < len(text) <= MAX_SEARCH_CHARACTERS:
            raise SourceError(
                f"a search takes 1 to {MAX_SEARCH_CHARACTERS} characters: hf:search:TEXT."
            )
        return [Query(spec, SEARCH_PATH, (("q", text),), pages=False)]
    first, dots, last = spec.partition("..")
    try:
        return _queries_for_days(first, last if dots else first)
    except (ValueError, DayError) as error:
        reason = first_line(error).partition(": ")[0]
        raise SourceError(f"hf:{spec} is not a known day ({reason}): use {FORMS}.") from error


def _queries_for_days(first: str, last: str) -> list[Query]:
    if re.fullmatch(r"\d{4}-W\d{2}", first) and first == last:
        monday, sunday = period_days("week", parse_week(first))
        return [Query(first, DAILY_PATH, (("week", first),), monday, sunday)]
    if re.fullmatch(r"\d{4}-\d{2}", first) and re.fullmatch(r"\d{4}-\d{2}", last):
        return _months(first, last)
    start, end = _plain_date(first), _plain_date(last)
    if start > end:
        raise ValueError(f"{first} is after {last}")
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    # There are no lists at weekends, but a single day is requested all the same.
    return [day_query(day) for day in days if len(days) == 1 or day.weekday() < 5]


def _plain_date(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(f"{text!r} is not YYYY-MM-DD")
    return parse_day(text)


def _months(first: str, last: str) -> list[Query]:
    day, end = _plain_date(f"{first}-01"), _plain_date(f"{last}-01")
    if day > end:
        raise ValueError(f"{first} is after {last}")
    months = []
    while day <= end:
        following = (day + timedelta(days=31)).replace(day=1)
        name = day.strftime("%Y-%m")
        months.append(
            Query(name, DAILY_PATH, (("month", name),), day, following - timedelta(days=1))
        )
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
        history: FetchHistory | None = None,
    ) -> None:
        """With a history, settled lists of a range and unchanged pages are skipped."""
        self.name = name
        self.queries = queries
        self.fetcher = fetcher
        self.today = today
        self.history = history

    def records(self) -> Iterator[Record | PageEnd]:
        """Yield the papers of each list in the API's order.

        One list that cannot be read is set aside; it is asked for again by the next run.
        """
        failed = 0
        for query in self.queries:
            is_one_of_many = len(self.queries) > 1 and query.first_day and query.last_day
            if is_one_of_many and query.first_day and query.first_day > self.today:
                return
            if is_one_of_many and self._is_settled(query):
                yield PageEnd(f"hf:{query.name}", "settled")
                continue
            try:
                yield from self._list(query)
                failed = 0
            except PageError as error:
                failed += 1
                if failed == min(MAX_FAILED, len(self.queries)):
                    raise
                yield SetAside(f"hf:{query.name}", first_line(error))
                yield PageEnd(f"hf:{query.name}", "failed")

    def _is_settled(self, query: Query) -> bool:
        return bool(
            self.history and query.last_day and self.history.is_settled(query.name, query.last_day)
        )

    def _list(self, query: Query) -> Iterator[Record | PageEnd]:
        """Yield a list's papers and, with a history, the end of each page."""
        read = 0
        for number in range(MAX_PAGES if query.pages else 1):
            params = dict(query.params)
            if query.path == DAILY_PATH:
                params |= {"limit": str(PAGE_SIZE), "p": str(number)}
            known = self.history.page(query.path, params) if self.history else None
            items, etag = self._items(query, params, known, first=number == 0)
            place = f"hf:{query.name}" + (f" page {number + 1}" if number else "")
            if items is not None:
                now = datetime.fromtimestamp(self.fetcher.clock.now(), UTC)
                yield from parse_daily(items, day=query.day, place=place, fetched_at=now)
            count = len(items) if items is not None else known.records if known else 0
            read += count
            is_last = not query.pages or count < PAGE_SIZE
            if self.history and known:
                page = replace(known, etag=etag, records=count)
                done = query.name if is_last and query.first_day else ""
                mark_stored = partial(self.history.mark_stored, page, done, read)
                yield PageEnd(place, _state(items, query, number), mark_stored)
            if is_last:
                return

    def _items(
        self, query: Query, params: dict[str, str], known: KnownPage | None, *, first: bool
    ) -> FetchResult[list[object]]:
        """Return a page's items (None if they are unchanged) and its ETag."""
        etag = known.etag if known else ""
        answer = self.fetcher.get(query.path, params, _items_of, etag=etag)
        if answer.data == [] and first and query.should_have_papers:
            self.fetcher.clock.sleep(EMPTY_RETRY_SECONDS)
            answer = self.fetcher.get(query.path, params, _items_of)
        return answer


def _state(
    items: list[object] | None, query: Query, number: int
) -> Literal["read", "unchanged", "empty"]:
    if items is None:
        return "unchanged"
    return "empty" if not items and not number and query.should_have_papers else "read"


def _items_of(body: bytes) -> list[object]:
    items = read_json(body)
    if not isinstance(items, list):
        raise TryAgainError("gave something that is not a list of papers", is_of_page=True)
    return items


def parse_daily(
    items: object,
    *,
    day: date | None = None,
    place: str = "answer",
    most: int = MAX_ITEMS,
    fetched_at: datetime | None = None,
) -> Iterator[Record]:
    """Yield the first `most` papers of one API answer.

    `day` is the requested day, if any; `fetched_at` when the API answered.
    """
    if not isinstance(items, list):
        yield SetAside(place, f"a list of papers is a list, not {type(items).__name__}")
        return
    if len(items) > most:
        yield SetAside(place, f"it lists {len(items):,} papers, of which {most:,} were read")
    for number, item in enumerate(items[:most], start=1):
        record = flatten_item(item)
        if day is not None and isinstance(record, dict):
            record["submittedOnDailyAt"] = day.isoformat()
        yield from parse_record(record, place=f"{place} record {number}", fetched_at=fetched_at)


def flatten_item(item: object) -> object:
    """Return an API item's paper with its number of comments; other records unchanged.

    The item's own publishedAt is dropped: over the years it meant both the day of listing and the
    day of publication.
    """
    if not isinstance(item, dict) or not isinstance(item.get("paper"), dict):
        return item
    record = dict(item["paper"])
    record["numComments"] = item.get("numComments")
    record["organization"] = record.get("organization") or item.get("organization")
    return record
