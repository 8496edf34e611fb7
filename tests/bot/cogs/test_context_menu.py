"""Ask about this, Explain this paper."""

from rag.library import Library
from tests.bot.cogs.test_answer_buttons import shown
from tests.discord_server import (
    Connect,
    button,
    finished,
    text_of,
)
from tests.papers import HERON, QUESTION, TIDAL


async def test_ask_about_this_uses_the_message_as_context(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    said = await fake.say("bob", "I read about HeronNet, the detector of wading birds")
    chosen = await fake.menu("alice", "Ask about this", said)
    form = await chosen.wait_ack()
    assert form["type"] == 9
    labels = [label["component"] for label in form["data"]["components"]]
    assert [field["custom_id"] for field in labels] == ["question", "about"]
    assert labels[1]["value"] == said["content"]
    sent = await fake.submit(
        "alice", chosen, question="how many hours does its training take?", about=said["content"]
    )
    await sent.wait_ack()
    answer = await fake.until(lambda: finished(sent.original), 10)
    assert "3 hours" in text_of(answer)
    assert answer["embeds"][0]["title"] == "how many hours does its training take?"


async def test_ask_about_this_asks_the_only_linked_paper(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    said = await fake.say("bob", f"look: {TIDAL.url}")
    chosen = await fake.menu("alice", "Ask about this", said)
    await chosen.wait_ack()
    sent = await fake.submit(
        "alice", chosen, question="what does it lose?", about=f"look: {TIDAL.url}"
    )
    await sent.wait_ack()
    answer = await fake.until(lambda: finished(sent.original), 10)
    assert "0.3 points" in text_of(answer)
    assert HERON.url not in text_of(answer)


async def test_ask_about_an_answer_continues_its_conversation(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    first = await server.say("alice", f"{fake.mention} {QUESTION}")
    chosen = await fake.menu("bob", "Ask about this", first)
    form = await chosen.wait_ack()
    assert len(form["data"]["components"]) == 1
    sent = await fake.submit("bob", chosen, question="and how many hours of training?")
    await sent.wait_ack()
    answer = await fake.until(lambda: finished(sent.original), 10)
    assert "3 hours" in text_of(answer)
    bad = await fake.submit("bob", chosen, question="?!")
    assert "There is no word in the question" in text_of(await shown(server, bad))


async def test_explain_this_paper_explains_the_linked_or_shown_one(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    fake = server.fake
    link = await fake.say("bob", "https://arxiv.org/abs/2502.00002v2 is fun")
    card = await shown(server, await fake.slash("alice", "paper", title="Loom"))  # has no arXiv id
    for message, words in (
        (link, "Long contexts slow language models down"),
        (card, "Robots carry many sensors"),
    ):
        chosen = await fake.menu("alice", "Explain this paper", message)
        await chosen.wait_ack()
        answer = await fake.until(lambda i=chosen: finished(i.original), 10)
        assert words in text_of(answer)
        assert answer["embeds"][0]["title"] == "Explain this paper"
    again = await fake.click("alice", answer, button(answer, "again"))
    await again.wait_ack()
    assert "Robots carry many sensors" in text_of(
        await fake.until(lambda: finished(again.original), 10)
    )


async def test_explain_says_if_a_message_has_no_paper(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    for text, words in (
        ("good morning", "I see no paper in this message"),
        ("https://huggingface.co/papers/2510.12345", "I have not read arxiv:2510.12345"),
    ):
        said = await server.fake.say("bob", text)
        chosen = await server.fake.menu("alice", "Explain this paper", said)
        assert words in text_of(await shown(server, chosen))
