"""The buttons under answers."""

import discord

from bot.answers.buttons import interrupted_view, view_of
from bot.answers.receipts import ReceiptStore
from tests.bot.answers.test_receipts import RECEIPT, keep


async def test_buttons_need_no_memory_and_fit_discords_limits(receipts: ReceiptStore) -> None:
    keep(receipts, 1, receipt=RECEIPT | {"sources": []}, user_id=2**63 - 1)
    kept = receipts.get(1)
    assert kept is not None
    for view in (interrupted_view(kept), view_of(2**63 - 1, "stop", "sources")):
        assert view.is_persistent()
        for item in view.children:
            assert isinstance(item, discord.ui.DynamicItem)
            assert len(item.custom_id) <= 100
    assert "answer:similar" not in str(interrupted_view(kept).to_components())
