"""What somebody typed wrongly is told to them alone, also by commands with public answers."""

from typing import Any

import pytest

from rag.library import Library
from tests.discord_server import Connect, text_of
from tests.papers import HERON, QUESTION

NOBODY = "no such paper at all"
UNKNOWN = f"I know no paper “{NOBODY}”: choose one that is suggested."


@pytest.mark.parametrize(
    ("command", "given", "says"),
    [
        ("ask", {"question": QUESTION, "paper": NOBODY}, UNKNOWN),
        ("ask", {"question": "?!", "paper": HERON.title}, "There is no word in the question"),
        ("ask", {"question": QUESTION, "paper": "2513.12345"}, "check it, or type a part of the"),
        ("paper", {"title": NOBODY}, UNKNOWN),
        ("compare", {"first": HERON.title, "second": NOBODY}, UNKNOWN),
        ("explain", {"paper": NOBODY}, UNKNOWN),
        ("compare", {"first": HERON.title, "second": "HeronNet"}, "is named twice"),
        ("daily", {"date": "yesteryear"}, "'yesteryear' is not a day"),
        ("weekly", {"week": "2025-W99"}, "'2025-W99' is not a week"),
        ("search", {"text": "?!"}, "There is no word"),
        ("trends", {"topic": "…"}, "There is no word"),
    ],
)  # fmt: skip
async def test_only_the_asker_sees_that_it_cannot_be(
    filled: Library, connect: Connect, command: str, given: dict[str, Any], says: str
) -> None:
    server = await connect(filled)
    used = await server.fake.slash("alice", command, **given)
    reply = await used.wait_ack()
    assert reply["data"]["flags"] & 64
    assert says in text_of(reply["data"])
    assert [message["flags"] & 64 for message in server.answers()] == [64]
    assert server.bot.services.receipts.unfinished() == []


async def test_what_can_be_is_answered_for_everybody(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    answer = await server.ask("how long does training take?", paper="wading birds")
    assert "3 hours" in text_of(answer)
    assert not answer["flags"] & 64
    shown = await server.fake.slash("alice", "paper", title="wading birds")
    await server.quoted(shown)
    assert shown.original is not None
    assert not shown.original["flags"] & 64
