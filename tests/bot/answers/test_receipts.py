"""What is kept of answers and thumbs, and for how long."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.answers.buttons import left_view, view_of
from bot.answers.feedback import Feedback
from bot.answers.receipts import Inquiry, Receipts, receipt_of
from bot.conversation.paper_links import named_ids, named_papers
from bot.migrations import MIGRATIONS
from bot.render.receipt import receipt_embed
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from rag.store.database import open_database
from tests.bot.render.embed_checks import NASTY, complaints
from tests.papers import HERON, LOOM, PASTRY, TIDAL, TODAY

INQUIRY = Inquiry(question="why?", earlier=3, said=("this",), paper=HERON.paper_id)


@pytest.fixture
def receipts(tmp_path: Path) -> Any:
    database = open_database(tmp_path / "x.sqlite", [MIGRATIONS])
    yield Receipts(database, days=2)
    database.close()


def keep(receipts: Receipts, message: int, **changes: Any) -> None:
    known: dict[str, Any] = {
        "channel": 7, "person": 8, "event": None, "inquiry": INQUIRY, "receipt": None,
        "unfinished": None,
    }  # fmt: skip
    receipts.keep(message, **known | changes)


def test_what_is_kept_comes_back(receipts: Receipts) -> None:
    keep(receipts, 1, event=99, receipt={"sources": [{"paper_id": "x"}]}, unfinished=[{"a": 1}])
    kept = receipts.of(1)
    assert kept is not None
    assert (kept.channel, kept.person, kept.inquiry, kept.sources) == (7, 8, INQUIRY, ["x"])
    assert [left.message for left in receipts.unfinished()] == [1]
    assert receipts.is_answered(99)
    assert not receipts.is_answered(98)
    receipts.finish(1)
    assert receipts.unfinished() == []
    receipts.drop(1)
    assert receipts.of(1) is None


def test_the_last_in_a_channel_has_a_receipt(receipts: Receipts) -> None:
    for message in (1, 2):
        keep(receipts, message, receipt={"sources": []})
    keep(receipts, 3)  # still looked for
    keep(receipts, 4, receipt={"sources": []}, channel=8)
    last = receipts.last_in(7)
    assert last is not None
    assert last.message == 2
    assert receipts.last_in(9) is None


def test_old_receipts_go_and_never_are_there_too_many(
    receipts: Receipts, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(receipts, 1)
    keep(receipts, 2)
    old = (datetime.now(UTC) - timedelta(days=2, minutes=1)).isoformat(timespec="seconds")
    receipts.database.connection.execute(
        "UPDATE receipts SET kept_at = ? WHERE message = 1", (old,)
    )
    keep(receipts, 3)
    assert receipts.of(1) is None
    assert receipts.of(2) is not None
    monkeypatch.setattr("bot.answers.receipts.MAX_RECEIPTS", 3)
    for message in range(4, 10):
        keep(receipts, message)
    assert [message for message in range(10) if receipts.of(message)] == [7, 8, 9]


def test_a_reason_stays_until_another_thumb_or_reason(receipts: Receipts) -> None:
    feedback = Feedback(receipts.database)

    def kept() -> list[tuple[int, str]]:
        rows = receipts.database.connection.execute("SELECT liked, reason FROM feedback")
        return [(row["liked"], row["reason"]) for row in rows]

    feedback.give(1, person=2, liked=False, reason="too long")
    feedback.give(1, person=2, liked=False)  # the form opened once more and closed
    assert kept() == [(0, "too long")]
    feedback.give(1, person=2, liked=True)
    assert kept() == [(1, "")]
    feedback.give(1, person=3, liked=False)
    assert feedback.counts() == (1, 1)


def test_a_receipt_fits_one_embed_and_lets_nothing_through(filled: Library) -> None:
    answer = PaperQA(filled, RagConfig(), today=lambda: TODAY).ask("how are birds counted?")
    receipt = receipt_of(answer)
    assert "answer" not in receipt
    papers = {p.paper_id: p for p in filled.catalog.papers()}
    assert HERON.url in str(receipt_embed(receipt, papers).to_dict())
    gone = receipt_embed(receipt, {})  # the papers were merged into others meanwhile
    assert HERON.title in str(gone.to_dict())
    assert HERON.url not in str(gone.to_dict())
    nasty = receipt | {
        "question": NASTY * 9, "understood": NASTY * 9, "note": NASTY, "model": NASTY[:200],
        "coverage": NASTY[:200],
        "evidence": [{"score": 1.0, "paper_id": "x", "sentence": NASTY * 9}] * 10,
        "ranking": [{"paper_id": "x", "title": NASTY, "score": 1, "cosine": 1, "bm25": 1}] * 10,
    }  # fmt: skip
    assert complaints([receipt_embed(nasty, papers), receipt_embed(nasty, {})]) == []


async def test_buttons_are_kept_by_nobody_and_fit_discord(receipts: Receipts) -> None:
    keep(receipts, 1, receipt={"sources": []}, person=2**63 - 1)
    kept = receipts.of(1)
    assert kept is not None
    for view in (left_view(kept), view_of(2**63 - 1, "stop", "sources")):
        assert view.is_persistent()
        for item in view.children:
            assert isinstance(item, discord.ui.DynamicItem)
            assert len(item.custom_id) <= 100
    assert "answer:similar" not in str(left_view(kept).to_components())


@pytest.mark.parametrize(
    ("text", "papers"),
    [
        (f"see {TIDAL.url} and https://arxiv.org/pdf/2501.00001v3", [TIDAL, HERON]),
        (f"[{LOOM.title}](<{LOOM.url}>) · published", [LOOM]),
        ("2502.00003, again 2502.00003.", [PASTRY]),
        ("https://arxiv.org/abs/2999.00001", []),
        ("see you at 10.30", []),
    ],
)
def test_papers_are_known_by_their_links(filled: Library, text: str, papers: list[Any]) -> None:
    assert named_papers(text, filled.catalog) == papers
    assert named_ids("2999.00001 2502.00003") == ["arxiv:2999.00001", PASTRY.paper_id]


def test_neighbours_are_nearest_first_and_none_of_those_asked_for(filled: Library) -> None:
    retriever = filled.retriever
    hits = retriever.neighbours([TIDAL.paper_id], top_k=2)
    assert len(hits) == 2
    assert hits[0].paper == PASTRY  # language models, too
    assert hits[0].score >= hits[1].score
    assert hits[0].chunk.sentence in PASTRY.abstract
    everything = [paper.paper_id for paper in (HERON, TIDAL, PASTRY)]
    assert [hit.paper for hit in retriever.neighbours(everything, top_k=5)] == [LOOM]
    assert retriever.neighbours(["arxiv:2999.00001"], top_k=5) == []
