"""What is kept of answers and thumbs, and for how long."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.answers.receipts import Inquiry, ReceiptStore, receipt_of
from bot.render.receipt import receipt_embed
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from tests.bot.render.embed_checks import NASTY, answer, complaints
from tests.papers import HERON, LOOM, PASTRY, TIDAL, TODAY

INQUIRY = Inquiry(question="why?", earlier=3, said=("this",), paper=HERON.paper_id)
RECEIPT = receipt_of(answer("Herons are counted. [1]", HERON))


def keep(receipts: ReceiptStore, message: int, **changes: Any) -> None:
    known: dict[str, Any] = {
        "channel_id": 7, "user_id": 8, "event_id": None, "inquiry": INQUIRY, "receipt": None,
        "unfinished": None,
    }  # fmt: skip
    receipts.save(message, **known | changes)


def test_a_stored_receipt_is_read_back(receipts: ReceiptStore) -> None:
    keep(receipts, 1, event_id=99, receipt=RECEIPT, unfinished=[{"a": 1}])
    kept = receipts.get(1)
    assert kept is not None
    assert (kept.channel_id, kept.user_id, kept.inquiry, kept.sources) == (
        7,
        8,
        INQUIRY,
        [HERON.paper_id],
    )
    assert [left.message_id for left in receipts.unfinished()] == [1]
    assert receipts.is_answered(99)
    assert not receipts.is_answered(98)
    receipts.finish(1)
    assert receipts.unfinished() == []
    receipts.drop(1)
    assert receipts.get(1) is None


def test_the_last_in_a_channel_has_a_receipt(receipts: ReceiptStore) -> None:
    for message in (1, 2):
        keep(receipts, message, receipt=RECEIPT)
    keep(receipts, 3)  # still looked for
    keep(receipts, 4, receipt=RECEIPT, channel_id=8)
    assert [stored.message_id for stored in receipts.last_in(7, count=5)] == [2, 1]
    assert [stored.message_id for stored in receipts.last_in(7, count=1)] == [2]
    assert receipts.last_in(9, count=5) == []


def test_old_receipts_and_those_beyond_the_limit_are_deleted(
    receipts: ReceiptStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(receipts, 1)
    keep(receipts, 2)
    old = (datetime.now(UTC) - timedelta(days=2, minutes=1)).isoformat(timespec="seconds")
    receipts.database.connection.execute(
        "UPDATE receipts SET kept_at = ? WHERE message = 1", (old,)
    )
    keep(receipts, 3)
    assert receipts.get(1) is None
    assert receipts.get(2) is not None
    monkeypatch.setattr("bot.answers.receipts.MAX_RECEIPTS", 3)
    for message in range(4, 10):
        keep(receipts, message)
    assert [message for message in range(10) if receipts.get(message)] == [7, 8, 9]


def test_a_receipt_fits_one_embed_and_is_escaped(filled: Library) -> None:
    answer = PaperQA(filled, RagConfig(), today=lambda: TODAY).ask("how accurate is HeronNet?")
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


def test_neighbours_are_most_similar_first_without_the_given_papers(filled: Library) -> None:
    retriever = filled.retriever
    hits = retriever.neighbours([TIDAL.paper_id], top_k=2)
    assert len(hits) == 2
    assert hits[0].paper == PASTRY  # language models, too
    assert hits[0].score >= hits[1].score
    assert hits[0].chunk.sentence in PASTRY.abstract
    everything = [paper.paper_id for paper in (HERON, TIDAL, PASTRY)]
    assert [hit.paper for hit in retriever.neighbours(everything, top_k=5)] == [LOOM]
    assert retriever.neighbours(["arxiv:2999.00001"], top_k=5) == []
