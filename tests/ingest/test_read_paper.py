"""Reading a whole paper from a fake of Hugging Face."""

from dataclasses import replace

import pytest

from ingest.config import FetchConfig, IngestConfig, WholePapersConfig
from ingest.read_paper import named_paper, read_paper
from ingest.sync import ingest
from rag.errors import QuestionError, SourceError
from rag.full_text.store import count_texts
from rag.library import Library
from tests.clock import FakeClock
from tests.ingest.hub import HANG, Answer, hub
from tests.papers import HERON, TODAY, ListSource

BODY = (
    "Title: T\n\nURL Source: https://arxiv.org/html/2501.00001v2\n\nMarkdown Content:\n"
    "## 1 Training\n\nWe train for 7 epochs on one laptop.\n\n"
)


def markdown(text: str, status: int = 200, **headers: str) -> Answer:
    return status, {"Content-Type": "text/markdown"} | headers, text.encode()


def settings(url: str, **whole: object) -> IngestConfig:
    fetch = FetchConfig(
        huggingface_url=url, timeout_seconds=2, attempts=1, arxiv_url="http://127.0.0.1:9"
    )
    return IngestConfig(fetch=fetch, whole_papers=WholePapersConfig.model_validate(whole))


@pytest.fixture
def known(fake_library: Library, clock: FakeClock) -> Library:
    ingest(ListSource([HERON]), fake_library)
    return fake_library


def test_a_text_is_stored_and_asked_for_again_with_its_etag(known: Library) -> None:
    def answer(path: str, params: dict[str, str]) -> Answer:
        return markdown("", 304) if "If-None-Match" in params else markdown(BODY, ETag='"a1"')

    with hub(answer) as server:
        config = settings(server.url)
        reading = read_paper(known, HERON, config)
        assert str(reading).startswith(f"Read {HERON.title}: 1 section, 1 paragraph, in ")
        again = read_paper(known, HERON, config)
    assert not again.is_new
    assert again.text == reading.text == known.full_texts.get(HERON.paper_id)
    assert server.asked == [("/papers/2501.00001.md", {})] * 2
    assert count_texts(known.catalog.database) == (1, 1)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (markdown("<!doctype html>", 404), "knows no paper 2501.00001: check the id"),
        (
            markdown("<!doctype html><html>"),
            "sent a web page in place of the paper's text",
        ),
        (markdown("", 302, Location="http://127.0.0.1:1/x"), "where Paperboy does not follow"),
        (markdown("", 429, Retry_After="42"), "allows no request for 42 seconds: run the same"),
        (markdown("", 403), "answered 403: try again later"),
        (markdown("x" * 5_000_001), "sent more than 5,000,000 bytes: nothing was stored"),
        ((HANG, {}, b""), "did not answer in time|timed out"),
        (markdown(BODY.replace("arxiv.org/html", "huggingface.co/papers")), "arXiv has no HTML of"),
        (markdown(BODY.replace("2501.00001", "2501.00002")), "sent the text of another paper"),
    ],
)
def test_another_answer_is_told_in_a_sentence_and_changes_nothing(
    known: Library, answer: Answer, sentence: str
) -> None:
    with hub(lambda *_: markdown(BODY, ETag='"a1"')) as server:
        before = read_paper(known, HERON, settings(server.url)).text
    with hub(lambda *_: answer) as server, pytest.raises(SourceError, match=sentence) as caught:
        read_paper(known, HERON, settings(server.url), deadline=30)
    assert "\n" not in str(caught.value)
    assert len(server.asked) == 1
    assert known.full_texts.get(HERON.paper_id) == before


def test_the_limit_of_a_day_holds_and_ends(known: Library, clock: FakeClock) -> None:
    with hub(lambda *_: markdown(BODY)) as server:
        config = settings(server.url, per_day=1)
        read_paper(known, HERON, config)
        with pytest.raises(SourceError, match="no more than 1 whole paper may be"):
            read_paper(known, HERON, config)
        clock.time += 86_401
        read_paper(known, HERON, config)
    assert len(server.asked) == 2


def test_nothing_is_requested_if_whole_papers_are_off_or_have_no_page(known: Library) -> None:
    with hub(lambda *_: markdown(BODY)) as server:
        with pytest.raises(SourceError, match='when = "asked"'):
            read_paper(known, HERON, settings(server.url, when="never"))
        for arxiv_id in (None, "cs/0112017"):
            with pytest.raises(SourceError, match="Hugging Face has no text of"):
                read_paper(known, replace(HERON, arxiv_id=arxiv_id), settings(server.url))
    assert server.asked == []


def test_what_nobody_asked_about_is_dropped(known: Library) -> None:
    with hub(lambda *_: markdown(BODY)) as server:
        read_paper(known, HERON, settings(server.url))
        with known.catalog.database.transaction() as db:
            db.execute("UPDATE full_texts SET used_at = '2020-01-01T00:00:00+00:00'")
        with pytest.raises(SourceError):
            read_paper(known, HERON, settings("http://127.0.0.1:9"))
    assert count_texts(known.catalog.database) == (0, 0)


def test_a_paper_is_named_by_id_link_or_title(known: Library) -> None:
    config = settings("http://127.0.0.1:9")
    for typed in ("2501.00001", "https://arxiv.org/abs/2501.00001v2", "HeronNet"):
        assert named_paper(known, typed, config, today=TODAY) == HERON
    with pytest.raises(SourceError, match=r"cannot be reached"):
        named_paper(known, "2501.00077", config, today=TODAY)
    with pytest.raises(QuestionError, match="I know no paper"):
        named_paper(known, "zzz qqq", config, today=TODAY)
