"""A page of huggingface.co/papers saved as HTML: a list of papers, or one paper.

Such a page carries its data as JSON in the attribute `data-props` of
`<div data-target="DailyPapers">` (a list) or `<div data-target="PaperContent">` (one paper).
"""

import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from typing import Any

from ingest.sources.hf_daily import parse_daily
from ingest.sources.paper_record import parse_record
from ingest.sources.source import Record, SetAside
from ingest.untrusted import is_possible_day, read_json

MAX_PAPERS = 5_000  # of a page: a month has about 3,000
MAX_ATTRIBUTES = 200  # of a tag
_TAG_NAME = re.compile(r"<[^\s/>]*")
_ATTRIBUTE = re.compile(r"""[\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:'[^']*'|"[^"]*"|[^\s>]*))?""")


def parse_saved_html(text: str) -> Iterator[Record]:
    """Yield the page's papers; nothing if it is another page."""
    props = _Props()
    props.feed(text)
    if props.broken:
        yield SetAside("the page", "its data is cut off or damaged", broken=True)
    if "DailyPapers" in props.found:
        page = props.found["DailyPapers"]
        papers = page.get("dailyPapers")
        yield from parse_daily(papers, day=_day(page), place="page", most=MAX_PAPERS)
    elif "PaperContent" in props.found:
        yield from parse_record(props.found["PaperContent"].get("paper"), place="page")


class _Props(HTMLParser):
    """Collects the data of the page's components by name."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, Any]] = {}
        self.broken = False

    def parse_html_declaration(self, i: int) -> int:
        """Return where a declaration ends; one that Python's parser gives up on is a comment."""
        try:
            return super().parse_html_declaration(i)
        except AssertionError:
            return self.parse_bogus_comment(i)

    def parse_starttag(self, i: int) -> int:
        """Return where a tag ends; one with too many attributes is passed over."""
        if has_many_attributes(self.rawdata, i):
            return self.rawdata.find(">", i) + 1 or -1
        return super().parse_starttag(i)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Read `data-props` of the two components with papers."""
        attributes = dict(attrs)
        component = attributes.get("data-target")
        if component not in ("DailyPapers", "PaperContent"):
            return
        try:
            props = read_json(attributes.get("data-props") or "")
        except (ValueError, RecursionError):
            self.broken = True
            return
        if isinstance(props, dict):
            self.found[component] = props


def has_many_attributes(text: str, start: int) -> bool:
    """Return whether a tag has more attributes than are read: Python takes 500 bytes for each."""
    place = _TAG_NAME.match(text, start)
    for _ in range(MAX_ATTRIBUTES + 1):
        place = place and _ATTRIBUTE.match(text, place.end())
    return place is not None


def _day(page: dict[str, Any]) -> date | None:
    """Return the day of a page of one day; None for a week or a month."""
    if page.get("periodType", "day") not in ("day", "daily"):
        return None
    text = page.get("date") or page.get("dateString")
    try:
        day = date.fromisoformat(str(text)[:10])
    except ValueError:
        return None
    return day if is_possible_day(day) else None
