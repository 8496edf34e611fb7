"""A message says more than its words: files, forwarded messages, embeds. Over the wire."""

from typing import Any

import pytest

from bot.conversation.attachments import MAX_BYTES
from rag.library import Library
from tests.discord_server import Connect, Server, choose, finished, text_of
from tests.papers import HERON, QUESTION, TIDAL

NOTES = "I have been writing down which birds I saw from the tower, and there is more to tell. "
LONG = f"{NOTES * 30}\n\n{QUESTION}"  # Discord makes a file of what is longer than 2,000 characters
ACCURACY, HOURS, MEMORY = "94.2%", "3 hours", "0.3 points"
HINT = "Ask me something"

Message = dict[str, Any]


def as_file(server: Server, text: str = LONG, name: str = "message.txt", **fields: Any) -> Message:
    fields.setdefault("content_type", "text/plain; charset=utf-8")
    return server.fake.attach(name, text.encode(), **fields)


async def place(server: Server, where: str) -> dict[str, Any]:
    """Return where a message is said so that the bot answers it, and its words."""
    if where == "a direct message":
        return {"channel": await server.fake.open_dm("alice"), "text": ""}
    if where == "an ask-channel":
        await choose(server, ask_channels={int(server.fake.general)})
        return {"text": ""}
    return {"text": server.fake.mention}


PLACES = ("a mention", "a direct message", "an ask-channel")


@pytest.mark.parametrize("where", PLACES)
async def test_a_question_that_became_a_file_is_answered(
    filled: Library, connect: Connect, where: str
) -> None:
    server = await connect(filled)
    answer = await server.say("alice", **await place(server, where), attachments=[as_file(server)])
    assert ACCURACY in text_of(answer)
    assert "not read" not in text_of(answer)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"how many hours does training take?\n\n{HERON.title}", HOURS),  # short, with its subject
        (f"{QUESTION}\n\n{NOTES * 30}", ACCURACY),  # asked first
        (f"{NOTES * 30}{QUESTION}", ACCURACY),  # one paragraph
        (f"{NOTES * 30}\nI read about Tidal Attention. What does it lose?", MEMORY),
    ],
)
async def test_a_file_asks_wherever_its_question_is(
    filled: Library, connect: Connect, text: str, shown: str
) -> None:
    server = await connect(filled)
    answer = await server.say("alice", server.fake.mention, attachments=[as_file(server, text)])
    assert shown in text_of(answer)


async def test_all_questions_of_a_file_are_answered(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    asked = f"1. {QUESTION}\n2. What does Tidal Attention lose?\n3. What does Loom align?"
    for text in (asked, f"{NOTES * 30}\n\n{asked}"):
        answer = await server.say("alice", server.fake.mention, attachments=[as_file(server, text)])
        for said in (ACCURACY, MEMORY, "streams"):
            assert said in text_of(answer)
        links = answer["embeds"][0]["description"]
        assert all(f"[[{n}]](<" in links for n in (1, 2, 3))


@pytest.mark.parametrize(
    "words", ["what does the paper in my notes lose?", "please answer the question in the file"]
)
async def test_words_beside_a_file_are_about_the_file(
    filled: Library, connect: Connect, words: str
) -> None:
    server = await connect(filled)
    notes = as_file(server, f"{NOTES * 5}\nWhat does Tidal Attention lose?", "notes.md")
    answer = await server.say("alice", f"{server.fake.mention} {words}", attachments=[notes])
    assert MEMORY in text_of(answer)


async def test_a_file_that_somebody_replies_to_is_read(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    said = await server.fake.say("bob", "", attachments=[as_file(server)])
    answer = await server.say(
        "alice", f"{server.fake.mention} and how many hours of training?", reply_to=said
    )
    assert HOURS in text_of(answer)


@pytest.mark.parametrize(
    ("contents", "fields"),
    [
        (f"Schön: {QUESTION}".encode("latin-1"), {"content_type": "text/plain"}),
        (f"“{QUESTION}” – “ja”".encode("utf-16"), {"content_type": None}),
        (QUESTION.encode("utf-8-sig"), {"content_type": "application/octet-stream"}),
        (QUESTION.encode() + b" \xff\xfe\xe4", {"content_type": "text/plain"}),
        (QUESTION.encode("utf-16-le"), {"content_type": "text/plain"}),
        (QUESTION.encode("utf-16-be"), {"content_type": None}),
    ],
)
async def test_a_file_is_read_in_any_encoding(
    filled: Library, connect: Connect, contents: bytes, fields: dict[str, Any]
) -> None:
    server = await connect(filled)
    file = server.fake.attach("message.txt", contents, **fields)
    answer = await server.say("alice", server.fake.mention, attachments=[file])
    assert ACCURACY in text_of(answer)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("question.json", "application/json"),
        ("question.yaml", "application/x-yaml"),
        ("question.csv", "text/csv"),
        ("question.toml", "application/octet-stream"),
        ("question.py", None),
        ("question.log", None),
        ("question", None),
    ],
)
async def test_a_text_of_any_kind_is_read(
    filled: Library, connect: Connect, name: str, content_type: str | None
) -> None:
    server = await connect(filled)
    file = as_file(server, QUESTION, name, content_type=content_type)
    answer = await server.say("alice", server.fake.mention, attachments=[file])
    assert ACCURACY in text_of(answer)


async def test_only_a_long_message_hides_words_by_bars(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    table = f"| birds || herons || egrets |\n\n{QUESTION}"
    for name, is_hidden in (("message.txt", True), ("table.md", False)):
        file = as_file(server, table, name)
        answer = await server.say("alice", server.fake.mention, attachments=[file])
        assert answer["embeds"][0]["description"].startswith("||") == is_hidden
        assert ACCURACY in text_of(answer)


@pytest.mark.parametrize(
    "link", ["https://discord.com/channels/1/2/3", "<https://discord.com/channels/@me/2/3>"]
)
async def test_a_link_to_a_message_is_no_part_of_a_question(
    filled: Library, connect: Connect, link: str
) -> None:
    server = await connect(filled)
    for text in (f"{link} {QUESTION}", QUESTION.replace("HeronNet", f"HeronNet {link}")):
        answer = await server.say("alice", f"{server.fake.mention} {text}")
        assert ACCURACY in text_of(answer)
        assert ACCURACY in text_of(await server.ask(text))
    alone = await server.say("alice", f"{server.fake.mention} {link}")
    assert HINT in text_of(alone)


UNREAD: list[tuple[str, bytes, dict[str, Any]]] = [
    ("paper.pdf", b"%PDF-1.7", {"content_type": "application/pdf"}),
    ("bird.png", b"\x89PNG", {"content_type": "image/png"}),
    ("talk.ogg", b"OggS", {"content_type": "audio/ogg"}),
    ("notes.docx", b"PK\3\4", {}),
    ("data.bin", bytes(range(256)) * 4, {"content_type": None}),
    ("data.json", b"\x89\1\2{}\xff" * 50, {"content_type": "application/json"}),
    ("paper", b"%PDF-1.7", {"content_type": "application/pdf"}),
    ("wrong.txt", b"\0\1\2\0\xff\0", {"content_type": "text/plain"}),
    ("huge.txt", b"a " * MAX_BYTES, {"content_type": "text/plain"}),
    ("lies.txt", b"a " * MAX_BYTES, {"content_type": "text/plain", "size": 5}),
    ("elsewhere.txt", b"a", {"content_type": "text/plain", "url": "http://127.0.0.1:9/a.txt"}),
    ("evil.txt", b"a", {"url": "https://cdn.discordapp.com.evil.example/a.txt"}),
]


@pytest.mark.parametrize(("name", "contents", "fields"), UNREAD, ids=[one[0] for one in UNREAD])
async def test_a_file_that_is_not_read_is_named(
    filled: Library, connect: Connect, name: str, contents: bytes, fields: dict[str, Any]
) -> None:
    server = await connect(filled)
    file = server.fake.attach(name, contents, **fields)
    alone = await server.say("alice", server.fake.mention, attachments=[file])
    asked = await server.say("alice", f"{server.fake.mention} {QUESTION}", attachments=[file])
    for said in (alone, asked):
        assert f"I have not read {name}" in text_of(said)
        assert "text files only" in text_of(said)
    assert HINT not in text_of(alone)
    assert ACCURACY in text_of(asked)


@pytest.mark.slow
async def test_a_file_that_does_not_come_holds_nothing_up(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled, silent_files={"message.txt"})
    gone = {**as_file(server, name="gone.txt"), "url": f"{server.fake.url}/cdn/taken-away.txt"}
    for file in (as_file(server), gone):
        answer = await server.say("alice", server.fake.mention, attachments=[file])
        assert f"Discord did not send me {file['filename']}" in text_of(answer)


async def test_no_more_than_three_files_are_read(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    texts = [NOTES, "Herons wade.", QUESTION, "what is the weather?"]
    files = [as_file(server, text, f"{n}.txt") for n, text in enumerate(texts)]
    answer = await server.say("alice", server.fake.mention, attachments=files)
    assert ACCURACY in text_of(answer)
    assert "I have not read 3.txt" in text_of(answer)


async def test_a_document_in_an_ask_channel_is_named_and_a_picture_is_not(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    await choose(server, ask_channels={int(server.fake.general)})
    picture = server.fake.attach("bird.png", b"\x89PNG", content_type="image/png")
    await server.fake.say("alice", "", attachments=[picture])
    document = server.fake.attach("paper.pdf", b"%PDF", content_type="application/pdf")
    said = await server.say("alice", "", attachments=[document])
    assert "I have not read paper.pdf" in text_of(said)
    assert len(server.answers()) == 1


@pytest.mark.parametrize("words", ["what about the attached pdf?", "and this one?", "links?"])
async def test_a_file_is_not_taken_for_what_was_answered_before(
    filled: Library, connect: Connect, words: str
) -> None:
    server = await connect(filled)
    alone = await server.fake.open_dm("alice")
    await server.say("alice", QUESTION, channel=alone)
    document = server.fake.attach("other.pdf", b"%PDF", content_type="application/pdf")
    answer = await server.say("alice", words, channel=alone, attachments=[document])
    assert "I have not read other.pdf" in text_of(answer)
    assert HERON.title not in text_of(answer)
    assert "I answer questions about" not in text_of(answer)


# -- forwarded messages ----------------------------------------------------------------------

ABOUT_TIDAL = {
    "title": TIDAL.title,
    "url": TIDAL.url,
    "description": "Forgetting on purpose",
    "fields": [{"name": "Venue", "value": "LongTide"}],
}


@pytest.mark.parametrize("where", PLACES[1:])
async def test_a_forwarded_question_is_answered(
    filled: Library, connect: Connect, where: str
) -> None:
    server = await connect(filled)
    said = await server.fake.say("bob", QUESTION, server.fake.add_channel("elsewhere"))
    answer = await server.say("alice", **await place(server, where), forward=said)
    assert ACCURACY in text_of(answer)


async def test_a_forwarded_file_is_read(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    said = await server.fake.say("bob", "", attachments=[as_file(server)])
    alone = await server.fake.open_dm("alice")
    answer = await server.say("alice", "", channel=alone, forward=said)
    assert ACCURACY in text_of(answer)


@pytest.mark.parametrize("how", ["said", "forwarded"])
async def test_embeds_of_other_bots_are_read(filled: Library, connect: Connect, how: str) -> None:
    server = await connect(filled)
    server.fake.add_user("another bot", bot=True)
    said = await server.fake.say("another bot", "", embeds=[ABOUT_TIDAL])
    if how == "forwarded":
        said = await server.fake.say("bob", "", forward=said)
    answer = await server.say("alice", f"{server.fake.mention} what does it lose?", reply_to=said)
    assert MEMORY in text_of(answer)


async def test_what_other_bots_display_is_read(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    server.fake.add_user("another bot", bot=True)
    display = {"type": 10, "content": f"New today: {TIDAL.title}"}
    said = await server.fake.say(
        "another bot", "", flags=1 << 15, components=[{"type": 17, "components": [display]}]
    )
    answer = await server.say("alice", f"{server.fake.mention} what does it lose?", reply_to=said)
    assert MEMORY in text_of(answer)


async def test_menu_entries_read_what_is_forwarded(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    fake = server.fake
    fake.add_user("another bot", bot=True)
    news = await fake.say("another bot", "", embeds=[ABOUT_TIDAL])
    forwarded = await fake.say("bob", "", forward=news)
    chosen = await fake.menu("alice", "Explain this paper", forwarded)
    await chosen.wait_ack()
    answer = await fake.until(lambda: finished(chosen.original), 10)
    assert "Long contexts slow language models down" in text_of(answer)
    asking = await fake.menu("alice", "Ask about this", forwarded)
    form = await asking.wait_ack()
    about = form["data"]["components"][1]["component"]["value"]
    assert TIDAL.title in about
    assert TIDAL.url in about
    sent = await fake.submit("alice", asking, question="what does it lose?", about=about)
    await sent.wait_ack()
    assert MEMORY in text_of(await fake.until(lambda: finished(sent.original), 10))


async def test_a_thread_below_a_forwarded_message_is_about_it(
    filled: Library, connect: Connect
) -> None:
    server = await connect(filled)
    said = await server.fake.say("bob", f"I wonder about {TIDAL.title}")
    forwarded = await server.fake.say("bob", "", forward=said)
    thread = await server.fake.start_thread("bob", forwarded)
    answer = await server.say("alice", f"{server.fake.mention} what does it lose?", channel=thread)
    assert MEMORY in text_of(answer)
