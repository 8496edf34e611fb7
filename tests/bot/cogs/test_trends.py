"""/trends."""

from rag.library import Library
from tests.discord_server import Connect, text_of


async def test_trends_draws_a_topic_and_says_how_it_counted(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    asked = await server.fake.slash("alice", "trends", topic="counting birds in drone videos")
    await asked.wait_ack()
    shown = await server.fake.until(lambda: asked.original["embeds"] and asked.original, 5)
    text = text_of(shown)
    assert "1 of 4 papers, 2024-11-04 to 2025-02-23." in text
    assert "Counts papers whose abstract is similar" in str(shown["embeds"])
    (picture,) = shown["attachments"]
    assert picture["filename"] == "trend.png"
    assert "1 of 4 papers" in picture["description"]
    nothing = await server.fake.slash("alice", "trends", topic="😀")
    await nothing.wait_ack()
    await server.fake.until(lambda: nothing.original["embeds"], 5)
    assert "no word" in text_of(nothing.original)
