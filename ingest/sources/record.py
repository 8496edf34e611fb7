"""Untrusted records → Paper. Whatever a file or an API says about a paper comes through here."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Protocol

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
)

from rag.records import AbstractSource, Paper

MAX_TITLE = 1_000  # characters; the longest real ones have about 250
MAX_ABSTRACT = 20_000
NEW_ID = r"\d{4}\.\d{4,5}"
OLD_ID = r"[a-z-]+(?:\.[A-Z]{2})?/\d{7}"
_ARXIV_ID = re.compile(rf"({NEW_ID}|{OLD_ID})(?:v\d+)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that did not fit: which one and why. `broken` says that the file is damaged."""

    record: str
    reason: str
    broken: bool = False


@dataclass(frozen=True, slots=True)
class PageRead:
    """What was yielded since the last one is a page of a list; `keep` notes that it is stored.

    `state`: "settled" pages were not even asked for, since nothing moves there any more.
    """

    name: str
    state: Literal["read", "unchanged", "settled", "empty"]
    keep: Callable[[], None] = lambda: None


class Source(Protocol):
    """A place that papers come from."""

    name: str

    def records(self) -> Iterator[Paper | SetAside | PageRead]:
        """Yield papers, and the records that did not fit; raise SourceError if it is unusable.

        A source of many pages says where each of them ends.
        """
        ...


def clean(text: str) -> str:
    """Return the text on one line, without control characters and lone surrogates."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(_CONTROL.sub(" ", text).split())


def plain_arxiv_id(text: str) -> str:
    """Return the id without its version; raise ValueError where it is none."""
    match = _ARXIV_ID.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no arXiv id")
    return match[1]


def _text(value: object) -> object:
    return clean(value) if isinstance(value, str) else value


def _optional_text(value: object) -> object:
    return _text(value) or None


def _id(value: object) -> object:
    return plain_arxiv_id(value) if isinstance(value, str) else value


def _day(value: object) -> object:
    """Take the day of a timestamp as it stands (the sources give UTC)."""
    return value[:10] if isinstance(value, str) else value


def _names(value: object) -> object:
    """Take names, or objects that have one; authors who are hidden stay out."""
    if not isinstance(value, list):
        return [] if value is None else value
    people = [p for p in value if not (isinstance(p, dict) and p.get("hidden"))]
    return [_text(p.get("name")) if isinstance(p, dict) else _text(p) for p in people]


def _organization(value: object) -> object:
    if isinstance(value, dict):
        value = value.get("fullname") or value.get("name")
    return _optional_text(value)


def _web_address(value: object) -> object:
    """Keep http(s) addresses; anything else is as good as none."""
    value = _optional_text(value)
    return value if isinstance(value, str) and value.startswith(("https://", "http://")) else None


Text = Annotated[StrictStr, BeforeValidator(_text)]
OptionalText = Annotated[StrictStr | None, BeforeValidator(_optional_text)]
Day = Annotated[date | None, BeforeValidator(_day)]
Names = Annotated[tuple[StrictStr, ...], BeforeValidator(_names)]
Count = Annotated[StrictInt, Field(ge=0)]
WebAddress = Annotated[str | None, BeforeValidator(_web_address)]


def _either(*names: str) -> Any:
    """Accept a field under any of these names."""
    return Field(default=None, validation_alias=AliasChoices(*names))


class Record(BaseModel):
    """One paper as files and Hugging Face's API name its fields; unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    arxiv_id: Annotated[StrictStr | None, BeforeValidator(_id)] = _either("arxiv_id", "id")
    title: Annotated[Text, Field(min_length=1, max_length=MAX_TITLE)]
    abstract: Annotated[Text, Field(min_length=1, max_length=MAX_ABSTRACT)] = Field(
        validation_alias=AliasChoices("abstract", "summary")
    )
    abstract_source: AbstractSource = "abstract"
    authors: Names = ()
    author_count: Count | None = None
    organization: Annotated[StrictStr | None, BeforeValidator(_organization)] = None
    published_on: Day = _either("published_on", "date_published", "publishedAt")
    featured_on: Day = _either("featured_on", "date_featured", "submittedOnDailyAt")
    upvotes: Count | None = None
    comment_count: Count | None = _either("comment_count", "num_comments", "numComments")
    tldr: OptionalText = _either("tldr", "ai_summary")
    keywords: Names = Field((), validation_alias=AliasChoices("keywords", "ai_keywords"))
    code_url: WebAddress = _either("code_url", "github", "githubRepo")
    project_url: WebAddress = _either("project_url", "project_page", "projectPage")

    def to_paper(self) -> Paper:
        """Return the Paper; the authors are counted where their names are known."""
        fields = self.model_dump()
        fields["author_count"] = len(self.authors) or self.author_count
        return Paper(**fields)


def paper_from(record: object, *, place: str) -> Paper | SetAside:
    """Return the record's Paper, or why it does not fit; `place` says where it stood."""
    if not isinstance(record, dict):
        return SetAside(place, f"a paper is an object with a title, not {type(record).__name__}")
    try:
        return Record.model_validate(record).to_paper()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "record"
        reason = f"{field}: {first['msg'].removeprefix('Value error, ')}"
        title = record.get("title")
        return SetAside(
            f"{place} ({clean(title)[:80]})" if isinstance(title, str) else place, reason
        )
