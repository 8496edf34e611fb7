"""Suggestions of papers."""

from rag.library import Library
from tests.discord_server import Connect
from tests.papers import HERON, PASTRY


async def test_autocomplete_knows_titles(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    asked = await server.fake.autocomplete("alice", "paper", "title", title="wading count")
    callback = await asked.wait_ack()
    assert asked.ack_ms < 300
    assert callback["data"]["choices"] == [{"name": HERON.title, "value": HERON.paper_id}]
    for command, option in (("paper", "title"), ("ask", "paper")):
        other = {"question": "what?"} if command == "ask" else {}
        asked = await server.fake.autocomplete("alice", command, option, **other, **{option: ""})
        names = [c["name"] for c in (await asked.wait_ack())["data"]["choices"]]
        assert names[0] == PASTRY.title  # the newest day first
        assert len(names) == 4
