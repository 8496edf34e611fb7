"""Untrusted records → Paper: validates everything that files and APIs say about a paper."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

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

from ingest.sources.loose_values import author_names, day_of, keyword_list, whole_count
from ingest.sources.source import LeftOut, Record, SetAside
from ingest.untrusted import MAX_COUNT, is_possible_day
from rag.arxiv_id import read_arxiv_id
from rag.records import AbstractSource, Paper
from rag.text.clean import clean, clean_characters, received
from rag.text.shorten import cut, shorten

MAX_TITLE = 1_000  # characters; the longest real ones have about 250
MAX_ABSTRACT = 20_000
MAX_RECEIVED = 200_000  # of any text before it is cleaned
MAX_TLDR = 5_000
MAX_COMMENT = 1_000
MAX_NAME = 500  # of an author, a keyword or an organisation
MAX_NAMES = 10_000  # the largest collaborations have about 5,000 authors
MAX_ADDRESS = 500  # longer ones fit into no message of Discord's
FIRST_SIGHTING = datetime(2000, 1, 1, tzinfo=UTC)  # a clock that shows an earlier time is wrong
NEEDED = frozenset({"arxiv_id", "id", "title", "abstract", "summary"})  # right, or no paper


def _text(value: object) -> object:
    # A longer one is refused for its length.
    return clean(value) if isinstance(value, str) and len(value) <= MAX_RECEIVED else value


def _optional_text(value: object) -> object:
    return _text(value) or None


def _id(value: object) -> object:
    """Take an id or a link, or a number that has lost no zeros."""
    if isinstance(value, int | float):
        try:
            return read_arxiv_id(str(value))
        except ValueError as error:
            raise ValueError(f"{error}; a number loses zeros: write it as text") from error
    if isinstance(value, str):
        return read_arxiv_id(value) if value.strip() else None
    return value


def _authors(value: object) -> object:
    return _texts(author_names(value))


def _keywords(value: object) -> object:
    return _texts(keyword_list(value))


def _texts(values: object) -> object:
    """Return cleaned texts without those of which cleaning leaves nothing."""
    if not isinstance(values, list):
        return values
    return [text for value in values if (text := _text(value)) != ""]


def _organization(value: object) -> object:
    if isinstance(value, dict):
        value = value.get("fullname") or value.get("name")
    return _optional_text(value)


def _web_address(value: object) -> object:
    """Take http(s) addresses with a host, up to MAX_ADDRESS; anything else becomes None."""
    address = clean_characters(value[:MAX_RECEIVED]) if isinstance(value, str) else ""
    if len(address) > MAX_ADDRESS or not address.startswith(("https://", "http://")):
        return None
    try:
        host = urlsplit(address).hostname
    except ValueError:  # "https://["
        return None
    return address if host and host.strip(" .") else None


def _possible(day: date | None) -> date | None:
    if day is not None and not is_possible_day(day):
        raise ValueError(f"no paper is of {day}")
    return day


def _comment(value: object) -> object:
    """Take arXiv's comment, shortened; Hugging Face has a list under this name."""
    return _optional_text(cut(value, MAX_COMMENT)) if isinstance(value, str) else None


def _sighting(value: object) -> object:
    """Take the time at which an exported record was true, if it is a past one with a zone."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if time is None or time.tzinfo is None:
        return None
    return time if FIRST_SIGHTING <= time <= datetime.now(UTC) else None


Text = Annotated[StrictStr, BeforeValidator(_text)]
Tldr = Annotated[
    Annotated[StrictStr, Field(max_length=MAX_TLDR)] | None, BeforeValidator(_optional_text)
]
Day = Annotated[date | None, BeforeValidator(day_of), AfterValidator(_possible)]
Name = Annotated[StrictStr, Field(max_length=MAX_NAME)]
Names = Annotated[tuple[Name, ...], Field(max_length=MAX_NAMES)]
Comment = Annotated[str | None, BeforeValidator(_comment)]
Sighting = Annotated[datetime | None, BeforeValidator(_sighting)]
Count = Annotated[StrictInt, Field(ge=0, le=MAX_COUNT), BeforeValidator(whole_count)]
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
    authors: Annotated[Names, BeforeValidator(_authors)] = ()
    author_count: Count | None = None
    organization: Annotated[Name | None, BeforeValidator(_organization)] = None
    published_on: Day = _first_of("published_on", "date_published", "publishedAt")
    featured_on: Day = _first_of("featured_on", "date_featured", "submittedOnDailyAt")
    upvotes: Count | None = None
    comment_count: Count | None = _first_of("comment_count", "num_comments", "numComments")
    tldr: Tldr = _first_of("tldr", "ai_summary")
    keywords: Annotated[Names, BeforeValidator(_keywords)] = Field(
        (), validation_alias=AliasChoices("keywords", "ai_keywords")
    )
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
    """Return the record's Paper, or the reason to set it aside; see `parse_record`."""
    for parsed in parse_record(record, place=place, fetched_at=fetched_at):
        if not isinstance(parsed, LeftOut):
            return parsed
    raise AssertionError("a record is a paper or set aside")


def parse_record(
    record: object, *, place: str, fetched_at: datetime | None = None
) -> Iterator[Record]:
    """Yield the record's Paper and the optional values that it is without, or one SetAside.

    `place` says where the record was, and `fetched_at` when its source sent it; a file's record may
    have a time of its own.
    """
    if not isinstance(record, dict):
        reason = f"a paper is an object with a title, not {type(record).__name__}"
        yield SetAside(place, reason)
        return
    title = record.get("title")
    name = f"{place} ({shorten(clean(title[:MAX_TITLE]), 80)})" if isinstance(title, str) else place
    known = {f: value for f, value in record.items() if f == "title" or value not in (None, "")}
    fields = _with_snapshot_fields(known)
    left_out: dict[str, str] = {}
    while True:
        try:
            paper = PaperRecord.model_validate(fields).to_paper()
            break
        except ValidationError as error:
            reasons = _reasons(error)
        for field, reason in reasons.items():
            if field in NEEDED or field not in fields:
                yield SetAside(name, reason)
                return
            del fields[field]
        left_out |= reasons
    yield replace(
        paper,
        seen_at=fetched_at or paper.seen_at,
        raw_title=_received(fields, paper.title, "title"),
        raw_abstract=_received(fields, paper.abstract, "abstract", "summary"),
    )
    yield from (LeftOut(name, reason) for reason in left_out.values())


def _received(record: dict[str, Any], cleaned: str, *names: str) -> str | None:
    """Return the text in the first of these fields as it was received, if cleaning changed it."""
    text = next((record[name] for name in names if name in record), None)
    return received(text, cleaned) if isinstance(text, str) else None


def _with_snapshot_fields(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with what Kaggle's snapshot of arXiv has in fields of its own."""
    names, versions = record.get("authors_parsed"), record.get("versions")
    if isinstance(names, list) and all(isinstance(parts, list) for parts in names):
        record = record | {"authors": names}
    if isinstance(versions, list) and versions and isinstance(versions[0], dict):
        record = {"published_on": versions[0].get("created")} | record
    return record


def _reasons(error: ValidationError) -> dict[str, str]:
    """Return the first reason for each field of a record that does not fit."""
    reasons: dict[str, str] = {}
    for found in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in found["loc"]) or "record"
        reason = f"{place}: {found['msg'].removeprefix('Value error, ')}"
        reasons.setdefault(place.partition(".")[0], reason)
    return reasons
