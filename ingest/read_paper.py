"""Reads a whole paper: Hugging Face's text of it → passages, stored and indexed.

`read_paper` is what everything that offers to read a paper calls; `answer_from_paper` reads the
paper that an answer is silent about, and answers its question again.
"""

import time
from dataclasses import dataclass, replace
from datetime import date

from ingest.config import IngestConfig, WholePapersConfig
from ingest.fetch import Fetcher, PageError
from ingest.rate_limiter import RateLimiter
from ingest.resolve_source import huggingface_fetcher, resolve_source
from ingest.sources.full_text import (
    MAX_BYTES,
    NoHtmlError,
    NotFullTextError,
    parse_full_text,
)
from ingest.sync import drop_unused_texts, ingest_now
from rag.answering.explain import Explanation, explain
from rag.arxiv_id import find_ids
from rag.errors import QuestionError, SourceError
from rag.full_text.records import FullText, counted
from rag.library import Library
from rag.links import arxiv_url
from rag.pipeline import PaperQA
from rag.records import Answer, Paper
from rag.store.lookup import find_paper, require_paper

READ_SECONDS = 60.0  # for Hugging Face's answer in all
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A paper's text as it is stored now; `is_new` is False if it was stored before."""

    paper: Paper
    text: FullText
    seconds: float
    is_new: bool = True

    def __str__(self) -> str:
        what = "Read" if self.is_new else "Read before, and unchanged:"
        size = (
            f"{counted(self.text.sections, 'section')}, "
            f"{counted(self.text.paragraphs, 'paragraph')}"
        )
        return f"{what} {self.paper.title}: {size}, in {self.seconds:.1f} seconds."


def read_paper(
    library: Library, paper: Paper, config: IngestConfig, *, deadline: float = READ_SECONDS
) -> Reading:
    """Fetch a paper's text, if it is new or has changed, and store it; return what is stored.

    Texts that nobody asked about for `keep_days` are dropped. Raises SourceError, with nothing
    stored and nothing lost; `deadline` is in seconds.
    """
    arxiv_id = _id_to_read(paper, config.whole_papers)
    library.lock_index()
    texts = library.full_texts
    started = time.monotonic()
    drop_unused_texts(library, config.whole_papers)
    known = texts.get(paper.paper_id)
    fetch = config.fetch.model_copy(update={"max_bytes": min(MAX_BYTES, config.fetch.max_bytes)})
    with huggingface_fetcher(fetch, library=library, deadline=deadline) as fetcher:
        _count_request(library, fetcher.limiter, config.whole_papers)
        text = _fetch(fetcher, arxiv_id, paper, known)
    is_new = text != known
    if is_new:
        texts.store(text)
    else:
        texts.mark_used(paper.paper_id)
    return Reading(paper, text, time.monotonic() - started, is_new)


def answer_from_paper(qa: PaperQA, answer: Answer, config: IngestConfig) -> Answer:
    """Read the paper whose abstract does not say what was asked, and answer the question again.

    The answer is quoted; `PaperQA.write` may write it. Raises SourceError. An answer that is silent
    about no paper is returned as it is.
    """
    if answer.silent_paper is None:
        return answer
    read_paper(qa.library, answer.silent_paper, config)
    return qa.ask(answer.question)


def explain_paper(library: Library, paper: Paper, config: IngestConfig) -> Explanation:
    """Explain a paper, read whole if that is not known yet; if it cannot be, say why in a note."""
    note = ""
    if library.full_texts.get(paper.paper_id) is None:
        try:
            read_paper(library, paper, config)
        except SourceError as error:
            note = str(error)
    return replace(explain(paper, library.full_texts), note=note)


def named_paper(library: Library, typed: str, config: IngestConfig, *, today: date) -> Paper:
    """Return the paper with this id, link, name or title; one that is unknown comes from arXiv.

    Raises SourceError or QuestionError.
    """
    ids = find_ids(typed)
    paper = find_paper(library.catalog, typed)
    if paper is not None and (not ids or paper.arxiv_id in ids):
        return paper
    if not ids:
        return require_paper(library.catalog, typed)
    with resolve_source(
        f"arxiv:{ids[0]}", config.fetch, today=today, library=library, deadline=READ_SECONDS
    ) as source:
        found = [paper for paper in ingest_now(source, library) if paper.arxiv_id == ids[0]]
    if not found:
        raise QuestionError(f"arXiv sent no paper {ids[0]} that I can read: check the id.")
    return found[0]


def _id_to_read(paper: Paper, config: WholePapersConfig) -> str:
    if config.when == "never":
        raise SourceError(
            'whole papers are not read: set [ingest.whole_papers] when = "asked" in config.toml.'
        )
    if not config.may_read(paper):
        which = f"arXiv {paper.arxiv_id}" if paper.arxiv_id else f"“{paper.title}”"
        raise SourceError(f"Hugging Face has no text of {which}: read it at {paper.url}")
    return str(paper.arxiv_id)


def _count_request(library: Library, limiter: RateLimiter, config: WholePapersConfig) -> None:
    """Count a request against the day's limit. Raises SourceError once it is reached."""
    now = limiter.clock.now()
    with library.catalog.database.transaction() as db:
        db.execute(
            "DELETE FROM whole_paper_requests WHERE at <= ? OR at > ?", (now - DAY_SECONDS, now)
        )
        count = db.execute("SELECT COUNT(*) FROM whole_paper_requests").fetchone()[0]
        if count >= config.per_day:
            raise SourceError(
                f"no more than {counted(config.per_day, 'whole paper')} may be requested within 24 "
                "hours: wait, or raise [ingest.whole_papers] per_day in config.toml."
            )
        db.execute("INSERT INTO whole_paper_requests VALUES (?)", (now,))


def _fetch(fetcher: Fetcher, arxiv_id: str, paper: Paper, known: FullText | None) -> FullText:
    """Return the paper's text, the known one if it has not changed. Raises SourceError."""
    try:
        answer = fetcher.get(f"/papers/{arxiv_id}.md", {}, bytes, etag=known.etag if known else "")
    except PageError as error:
        raise _explain(error, fetcher.host, arxiv_id) from error
    if answer.data is None and known is not None:
        return known
    try:
        text = parse_full_text(answer.data or b"", arxiv_id, abstract=paper.abstract)
    except NoHtmlError as error:
        raise SourceError(
            f"arXiv has no HTML of {arxiv_id}, so only its abstract can be read here: "
            f"read the PDF at {arxiv_url(arxiv_id)}"
        ) from error
    except NotFullTextError as error:
        raise SourceError(
            f"{fetcher.host} sent {error}: nothing was stored, try again later."
        ) from error
    return FullText(text.paper_id, text.passages, text.paragraphs, answer.etag)


def _explain(error: PageError, host: str, arxiv_id: str) -> SourceError:
    """Return the error of an answer with another status than 200, in a sentence."""
    if error.status == 404:
        return SourceError(f"{host} knows no paper {arxiv_id}: check the id.")
    if 300 <= error.status < 400:
        return SourceError(
            f"{host} sends requests for {arxiv_id} elsewhere, where Paperboy does not follow: "
            "check [ingest.fetch] huggingface_url."
        )
    if error.status:
        return SourceError(f"{host} answered {error.status}: try again later.")
    return error
