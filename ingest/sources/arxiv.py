"""arXiv's API: papers by id, by query and by category.

https://info.arxiv.org/help/api/user-manual.html: Atom, one request per three seconds on one
connection. To ingest one paper from code:

    with resolve_source("arxiv:2510.01234", fetch_config, today=today, library=library) as source:
        report = ingest(source, library)    # ingest.sync.ingest
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from ingest.fetch import Fetcher, TryAgainError
from ingest.sources.arxiv_query import arxiv_query
from ingest.sources.paper_record import parse_paper
from ingest.sources.source import SetAside
from ingest.untrusted import decode_xml, whole_number
from rag.arxiv_id import read_arxiv_id
from rag.errors import SourceError
from rag.records import Paper
from rag.text.clean import clean_characters
from rag.text.words import one_line

API_PATH = "/api/query"
PAGE_SIZE = 100
MAX_IDS = 100  # per `arxiv:ID,ID…`
MAX_QUERY = 1_000  # characters
FORMS = "arxiv:ID (several with commas between), a link to a paper or arxiv:search:QUERY"
_ATOM = "{http://www.w3.org/2005/Atom}"
_COMMENT = "{http://arxiv.org/schemas/atom}comment"
_TOTAL = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"


@dataclass(frozen=True, slots=True)
class Feed:
    """One page of the API: its papers, the total of all pages, or arXiv's error message."""

    records: tuple[Paper | SetAside, ...]
    total: int
    error: str = ""


def parse_feed(data: bytes) -> Feed:
    """Parse an Atom answer. Raises ValueError if the data is not Atom."""
    try:
        feed = fromstring(decode_xml(data), forbid_dtd=True)  # against entity bombs
    except ParseError as error:
        raise ValueError(f"not Atom: {error}") from error
    if feed.tag != f"{_ATOM}feed":
        raise ValueError("not an Atom feed")
    entries = feed.findall(f"{_ATOM}entry")
    for entry in entries:
        if "/api/errors" in _text(entry, "id"):
            return Feed((), 0, _text(entry, "summary") or "error")
    total = whole_number(feed.findtext(_TOTAL, "").strip())
    return Feed(
        tuple(_record(entry, number) for number, entry in enumerate(entries, start=1)),
        len(entries) if total is None else total,
    )


def plausible(feed: Feed, start: int) -> Feed:
    """Return a page that begins at paper `start`. Raises TryAgainError if it cannot be empty."""
    if not feed.records and feed.total > start and not feed.error:
        # A known fault of arXiv's, not a search without results.
        raise TryAgainError(f"sent an empty page of {feed.total:,} papers")
    return feed


def _record(entry: Element, number: int) -> Paper | SetAside:
    names = entry.findall(f"{_ATOM}author/{_ATOM}name")
    return parse_paper(
        {
            "id": _text(entry, "id").rpartition("/abs/")[2],
            "title": _text(entry, "title"),
            "summary": _text(entry, "summary"),
            "authors": [name.text for name in names if name.text],
            "publishedAt": _text(entry, "published"),
            "comment": entry.findtext(_COMMENT, ""),
        },
        place=f"entry {number}",
        fetched_at=datetime.now(UTC),
    )


def _text(entry: Element, name: str) -> str:
    return one_line(entry.findtext(f"{_ATOM}{name}", ""))


def parse_arxiv_spec(spec: str) -> tuple[list[str], str]:
    """Return the ids or the query that `arxiv:SPEC` names. Raises SourceError if neither."""
    if spec.startswith("search:"):
        query = clean_characters(spec.removeprefix("search:"))
        if not 0 < len(query) <= MAX_QUERY:
            raise SourceError(
                f"a search takes 1 to {MAX_QUERY:,} characters: arxiv:search:cat:cs.CL."
            )
        return [], arxiv_query(query)
    try:
        ids = list(dict.fromkeys(read_arxiv_id(part) for part in spec.split(",")))
    except ValueError as error:
        raise SourceError(f"{error}; use {FORMS}.") from error
    if len(ids) > MAX_IDS:
        raise SourceError(f"{len(ids)} arXiv ids are too many at once: give up to {MAX_IDS}.")
    return ids, ""


class ArxivSource:
    """The papers of `arxiv:SPEC`, fetched page by page; a search gives the newest first."""

    def __init__(self, spec: str, fetcher: Fetcher, *, max_papers: int) -> None:
        """`max_papers` is the limit for a search."""
        self.ids, self.query = parse_arxiv_spec(spec)
        self.name = f"arxiv:{','.join(self.ids) or spec}"
        self.fetcher = fetcher
        self.max_papers = max_papers

    def records(self) -> Iterator[Paper | SetAside]:
        """Yield the papers; ids that arXiv does not know are set aside."""
        return self._by_id() if self.ids else self._by_query()

    def _by_id(self) -> Iterator[Paper | SetAside]:
        feed = self._page({"id_list": ",".join(self.ids), "max_results": str(len(self.ids))})
        known = {record.arxiv_id for record in feed.records if isinstance(record, Paper)}
        if not feed.records:
            raise SourceError(f"arXiv has no paper {', '.join(self.ids)}: check the id.")
        yield from feed.records
        for missing in self.ids:
            if missing not in known and len(known) == len(feed.records):
                yield SetAside(missing, "arXiv has no paper with this id")

    def _by_query(self) -> Iterator[Paper | SetAside]:
        start, total = 0, self.max_papers
        while start < min(total, self.max_papers):
            size = min(PAGE_SIZE, self.max_papers - start)
            feed = self._page(
                {
                    "search_query": self.query,
                    "start": str(start),
                    "max_results": str(size),
                    "sortBy": "submittedDate",
                    "sortOrder": "descending",
                }
            )
            total = feed.total
            if not total and not start:
                raise SourceError(f"arXiv finds nothing for {self.query!r}: use other words.")
            yield from feed.records[:size]
            start += len(feed.records)

    def _page(self, params: Mapping[str, str]) -> Feed:
        start = int(params.get("start", "0"))

        def parse(data: bytes) -> Feed:
            return plausible(parse_feed(data), start)

        feed = self.fetcher.get(API_PATH, params, parse, accept=(200, 400)).data
        if feed is None or feed.error:
            reason = feed.error.rstrip(".") if feed else "no answer"
            raise SourceError(f"arXiv does not accept {self.name} ({reason}): use {FORMS}.")
        return feed
