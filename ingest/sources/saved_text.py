"""A papers page of huggingface.co, saved as plain text.

Such a page has some lines of header, the page's day ("Dec 8"), then for each paper its title, its
abstract, and a block of three lines: "• 6 authors" (or an organisation), "·", and a day with an
optional number of comments ("Jul 25, 2024 3"). Days of the page's own year have no year. A paper's
block can be missing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from ingest.sources.paper_record import parse_record
from ingest.sources.source import Record, SetAside
from ingest.untrusted import whole_number
from rag.records import Paper

MAX_TITLE_CHARACTERS = 300  # characters; longer paragraphs are abstracts
_DAY = re.compile(
    r"(?P<month>[A-Z][a-z]{2}) (?P<day>\d{1,2})(?:, (?P<year>\d{4}))?(?: (?P<n>[0-9]+))?"
)
_AUTHORS = re.compile(r"[•·*\s]*(?P<n>[0-9,]+) authors?")


@dataclass(frozen=True, slots=True)
class _Details:
    """The block below an abstract; `year` is None if the page omits it."""

    author_count: int | None
    organization: str | None
    month: int
    day: int
    year: int | None
    comment_count: int | None


def parse_saved_text(text: str, *, today: date) -> Iterator[Record]:
    """Yield the page's papers in order; a paper that is cut off is set aside."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]
    blocks = blocks[_first_paper(blocks) :]
    details = [_details(block) for block in blocks]
    year = _page_year(text, [d for d in details if d], today)
    pending: list[str] = []  # the paragraphs since the last block
    for number, (block, detail) in enumerate(zip(blocks, details, strict=True)):
        if detail is None:
            pending.append(block)
        if detail is None and number + 1 < len(blocks):
            continue
        papers = _split(pending if detail else _without_partial_block(pending))
        pending = []
        for position, (title, abstract) in enumerate(papers):
            is_last = position + 1 == len(papers)
            if is_last and detail is None:  # the text ends without the paper's details
                yield SetAside(title, "the page ends within this paper: save the whole page")
            else:
                yield from _paper(title, abstract, detail if is_last else None, year)


def _first_paper(blocks: list[str]) -> int:
    """Return where the papers begin: after the page's day, if its header was saved too."""
    for number, block in enumerate(blocks):
        if _details(block) is not None or len(block) > MAX_TITLE_CHARACTERS:
            return 0
        if _DAY.fullmatch(block):
            return number + 1
    return 0


def _details(block: str) -> _Details | None:
    lines = [line.strip() for line in block.splitlines() if line.strip()]
    if len(lines) != 3 or lines[1] != "·":
        return None
    day = _DAY.fullmatch(lines[2])
    month = _month(day["month"]) if day else None
    if day is None or month is None:
        return None
    authors = _AUTHORS.fullmatch(lines[0])
    return _Details(
        author_count=whole_number(authors["n"].replace(",", "")) if authors else None,
        organization=None if authors else lines[0].lstrip("•·* "),
        month=month,
        day=int(day["day"]),
        year=int(day["year"]) if day["year"] else None,
        comment_count=whole_number(day["n"]) if day["n"] else None,
    )


def _month(name: str) -> int | None:
    try:
        return datetime.strptime(name, "%b").month  # noqa: DTZ007  # a month has no time zone
    except ValueError:
        return None


def _page_year(text: str, details: list[_Details], today: date) -> int:
    """Return the year that the page omits: the one after the newest year on it.

    A page shows every year but its own. If it shows none, its year is the last one in which the
    page's day is not in the future.
    """
    years = [d.year for d in details if d.year is not None]
    if years:
        return min(max(years) + 1, today.year)
    heads = [m for line in text.splitlines()[:50] if (m := _DAY.fullmatch(line.strip()))]
    if heads and (month := _month(heads[0]["month"])):
        in_future = (month, int(heads[0]["day"])) > (today.month, today.day)
        return today.year - 1 if in_future else today.year
    return today.year


def _without_partial_block(paragraphs: list[str]) -> list[str]:
    """Drop a partial block at the end of a text that was cut off.

    "• 6 aut" is easy to recognise; a short paragraph after an abstract is an organisation more
    often than the title of another paper.
    """
    if len(paragraphs) > 1 and paragraphs[-1].startswith("•"):
        return paragraphs[:-1]
    if len(paragraphs) > 2 and len(_split(paragraphs)[-1][1]) == 0:
        return paragraphs[:-1]
    return paragraphs


def _split(paragraphs: list[str]) -> list[tuple[str, str]]:
    """Return (title, abstract) of the papers in these paragraphs.

    Usually one paper; more if an earlier one has no block. A long paragraph after another belongs
    to the same abstract.
    """
    papers: list[tuple[str, list[str]]] = []
    for paragraph in paragraphs:
        is_title = not papers or (papers[-1][1] and _looks_like_title(paragraph))
        if is_title:
            papers.append((paragraph, []))
        else:
            papers[-1][1].append(paragraph)
    return [(title, " ".join(abstract)) for title, abstract in papers]


def _looks_like_title(paragraph: str) -> bool:
    return len(paragraph) <= MAX_TITLE_CHARACTERS and not paragraph.endswith((".", ":", ";", ","))


def _paper(title: str, abstract: str, details: _Details | None, year: int) -> Iterator[Record]:
    """Yield the paper, within the bounds that hold for every source."""
    if not abstract:
        yield SetAside(title, "it has no abstract")
        return
    record: dict[str, object] = {"title": title, "abstract": abstract}
    if details:
        record |= {
            "author_count": details.author_count,
            "organization": details.organization,
            "published_on": f"{details.year or year:04d}-{details.month:02d}-{details.day:02d}",
            "comment_count": details.comment_count,
        }
    for parsed in parse_record(record, place=""):
        yield parsed if isinstance(parsed, Paper) else replace(parsed, record=title)
