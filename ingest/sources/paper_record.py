"""Untrusted records → Paper: validates everything that files and APIs say about a paper."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
)

from ingest.sources.source import SetAside
from ingest.untrusted import MAX_COUNT, is_possible_day
from rag.records import AbstractSource, Paper

MAX_TITLE = 1_000  # characters; the longest real ones have about 250
MAX_ABSTRACT = 20_000
MAX_TLDR = 5_000
MAX_COMMENT = 1_000
MAX_NAME = 500  # of an author, a keyword or an organisation
MAX_NAMES = 10_000  # the largest collaborations have about 5,000 authors
MAX_ADDRESS = 500  # longer ones fit into no message of Discord's
NEW_ID = r"\d{4}\.\d{4,5}"
OLD_ID = r"[a-z-]+(?:\.[A-Z]{2})?/\d{7}"
_ARXIV_ID = re.compile(rf"({NEW_ID}|{OLD_ID})(?:v\d+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """Return the text on one line, without control characters and lone surrogates."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(_CONTROL.sub(" ", text).split())


def plain_arxiv_id(text: str) -> str:
    """Return an arXiv id without its version. Raises ValueError if the text is not an id."""
    match = _ARXIV_ID.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not an arXiv id")
    return match[1]


def _text(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def _optional_text(value: object) -> object:
    return _text(value) or None


def _id(value: object) -> object:
    return plain_arxiv_id(value) if isinstance(value, str) else value


def _day(value: object) -> object:
    """Take the day of a timestamp; the sources give UTC."""
    return value[:10] if isinstance(value, str) else value


def _names(value: object) -> object:
    """Take names, or objects that have one, without hidden authors."""
    if not isinstance(value, list):
        return [] if value is None else value
    people = [p for p in value if not (isinstance(p, dict) and p.get("hidden"))]
    return [_text(p.get("name")) if isinstance(p, dict) else _text(p) for p in people]


def _organization(value: object) -> object:
    if isinstance(value, dict):
        value = value.get("fullname") or value.get("name")
    return _optional_text(value)


def _web_address(value: object) -> object:
    """Take http(s) addresses up to MAX_ADDRESS; anything else becomes None."""
    value = _optional_text(value)
    fits = isinstance(value, str) and len(value) <= MAX_ADDRESS
    return value if fits and str(value).startswith(("https://", "http://")) else None


def _possible(day: date | None) -> date | None:
    if day is not None and not is_possible_day(day):
        raise ValueError(f"no paper is of {day}")
    return day


def _comment(value: object) -> object:
    """Take arXiv's comment, shortened; Hugging Face has a list under this name."""
    return _optional_text(value[:MAX_COMMENT]) if isinstance(value, str) else None


def _sighting(value: object) -> object:
    """Take the time at which an exported record was true, if it is a past one with a zone."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return time if time and time.tzinfo and time <= datetime.now(UTC) else None


Text = Annotated[StrictStr, BeforeValidator(_text)]
Tldr = Annotated[
    Annotated[StrictStr, Field(max_length=MAX_TLDR)] | None, BeforeValidator(_optional_text)
]
Day = Annotated[date | None, BeforeValidator(_day), AfterValidator(_possible)]
Name = Annotated[StrictStr, Field(max_length=MAX_NAME)]
Names = Annotated[tuple[Name, ...], Field(max_length=MAX_NAMES), BeforeValidator(_names)]
Comment = Annotated[str | None, BeforeValidator(_comment)]
Sighting = Annotated[datetime | None, BeforeValidator(_sighting)]
Count = Annotated[StrictInt, Field(ge=0, le=MAX_COUNT)]
WebAddress = Annotated[str | None, BeforeValidator(_web_address)]


def _first_of(*names: str) -> Any:
    """Take the first of these names that a record has."""
    return Field(default=None, validation_alias=AliasChoices(*names))


class PaperRecord(BaseModel):
    """A paper with the field names of files and Hugging Face's API; others are ignored."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    arxiv_id: Annotated[StrictStr | None, BeforeValidator(_id)] = _first_of("arxiv_id", "id")
    title: Annotated[Text, Field(min_length=1, max_length=MAX_TITLE)]
    abstract: Annotated[Text, Field(min_length=1, max_length=MAX_ABSTRACT)] = Field(
        validation_alias=AliasChoices("abstract", "summary")
    )
    abstract_source: AbstractSource = "abstract"
    authors: Names = ()
    author_count: Count | None = None
    organization: Annotated[Name | None, BeforeValidator(_organization)] = None
    published_on: Day = _first_of("published_on", "date_published", "publishedAt")
    featured_on: Day = _first_of("featured_on", "date_featured", "submittedOnDailyAt")
    upvotes: Count | None = None
    comment_count: Count | None = _first_of("comment_count", "num_comments", "numComments")
    tldr: Tldr = _first_of("tldr", "ai_summary")
    keywords: Names = Field((), validation_alias=AliasChoices("keywords", "ai_keywords"))
    code_url: WebAddress = _first_of("code_url", "github", "githubRepo")
    project_url: WebAddress = _first_of("project_url", "project_page", "projectPage")
    comment: Comment = _first_of("comment", "comments")
    seen_at: Sighting = None

    def to_paper(self) -> Paper:
        """Return the Paper; known authors are counted, whatever the record says."""
        fields = self.model_dump()
        fields["author_count"] = len(self.authors) or self.author_count
        return Paper(**fields)


def parse_paper(
    record: object, *, place: str, fetched_at: datetime | None = None
) -> Paper | SetAside:
    """Return the record's Paper, or the reason to set it aside; `place` says where it was.

    `fetched_at` is when its source sent it; a file's record may have a time of its own.
    """
    if not isinstance(record, dict):
        return SetAside(place, f"a paper is an object with a title, not {type(record).__name__}")
    try:
        paper = PaperRecord.model_validate(record).to_paper()
        return replace(paper, seen_at=fetched_at) if fetched_at else paper
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "record"
        reason = f"{field}: {first['msg'].removeprefix('Value error, ')}"
        title = record.get("title")
        return SetAside(
            f"{place} ({clean(title)[:80]})" if isinstance(title, str) else place, reason
        )
