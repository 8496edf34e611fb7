"""Questions about attached files that are not read, and polls, which are."""

from typing import Any

import pytest

from bot.conversation.file_questions import asks_about_file
from rag.library import Library
from tests.discord_server import Connect, Server, text_of


@pytest.mark.parametrize(
    "question",
    [
        "what does this picture show?", "what is on my screenshot?", "summarize the attached pdf",
        "explain the figure", "is it a heron in the photo?", "the diagram above, what is it?",
        "was zeigt dieses Bild?", "fasse das angehängte PDF zusammen", "wer ist auf dem Foto?",
        "que montre cette image ?", "résume le fichier joint", "explique l'image",
        "¿qué muestra esta imagen?", "resume el archivo", "这张图片是什么？", "总结附件",
    ],
)  # fmt: skip
def test_questions_about_a_file(question: str) -> None:
    assert asks_about_file(question)


@pytest.mark.parametrize(
    "question",
    [
        "papers about image generation", "what is new in the image generation papers?",
        "who wrote Loom?", "how does the video encoder of Loom work?", "papers über Bilder",
        "articles sur les graphes", "图像生成的论文",
    ],
)  # fmt: skip
def test_questions_about_papers(question: str) -> None:
    assert not asks_about_file(question)


PICTURE = ("bird.png", b"\x89PNG", "image/png")
DOCUMENT = ("birds.pdf", b"%PDF", "application/pdf")


def attached(server: Server, name: str, contents: bytes, kind: str) -> list[dict[str, Any]]:
    return [server.fake.attach(name, contents, content_type=kind)]


@pytest.mark.parametrize("file", [PICTURE, DOCUMENT])
@pytest.mark.parametrize("words", ["which bird is in this photo or file?", "explain this", "huh?"])
async def test_who_asks_about_a_file_is_told_that_it_is_not_read(
    filled: Library, connect: Connect, file: tuple[str, bytes, str], words: str
) -> None:
    server = await connect(filled)
    files = attached(server, *file)
    answer = await server.say("alice", f"{server.fake.mention} {words}", attachments=files)
    assert text_of(answer).startswith(f"I have not read {file[0]}: ")
    assert "no pictures or PDFs" in text_of(answer)
    assert text_of(answer).count(".") - text_of(answer).count(file[0]) == 1  # one sentence


async def test_a_reply_to_a_picture_is_about_it(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    said = await server.fake.say("bob", "look!", attachments=attached(server, *PICTURE))
    asked = f"{server.fake.mention} what can be seen in the picture?"
    answer = await server.say("alice", asked, reply_to=said)
    assert text_of(answer).startswith("I have not read bird.png")


async def test_a_question_beside_a_picture_is_answered(filled: Library, connect: Connect) -> None:
    server = await connect(filled)
    asked = f"{server.fake.mention} how long is the training of HeronNet?"
    answer = await server.say("alice", asked, attachments=attached(server, *PICTURE))
    assert "3 hours" in text_of(answer)
    assert "I have not read bird.png" in text_of(answer)


@pytest.mark.parametrize(
    ("question", "answers"),
    [("Is Tidal Attention worth a look?", ("Yes", "No")), ("Next?", ("Tidal Attention", "None"))],
)
async def test_a_poll_is_read(
    filled: Library, connect: Connect, question: str, answers: tuple[str, ...]
) -> None:
    server = await connect(filled)
    poll = {
        "question": {"text": question},
        "answers": [
            {"answer_id": n, "poll_media": {"text": text}} for n, text in enumerate(answers, 1)
        ],
        "expiry": "2030-01-01T00:00:00+00:00",
        "allow_multiselect": False,
        "layout_type": 1,
    }
    said = await server.fake.say("bob", "", poll=poll)
    asked = f"{server.fake.mention} how many points does it lose?"
    answer = await server.say("alice", asked, reply_to=said)
    assert "0.3 points" in text_of(answer)
