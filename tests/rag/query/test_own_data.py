"""Who wants to be forgotten is told apart from who asks about forgetting."""

import pytest

from rag.query.own_data import wants_to_be_forgotten


@pytest.mark.parametrize(
    "text",
    [
        "/forget", "how does /forget work?", "please forget me", "Delete all my data!",
        "can you erase my questions?",
        "remove everything you know about me", "forget what you stored about me",
        "wipe my chat history", "vergiss mich bitte", "kannst du meine Nachrichten löschen?",
        "lösche alles über mich", "oublie-moi", "efface mes messages", "supprimez mes données",
        "olvídate de mí", "borra mi historial", "忘记我", "请删除我的聊天记录",
    ],
)  # fmt: skip
def test_wishes(text: str) -> None:
    assert wants_to_be_forgotten(text)


@pytest.mark.parametrize(
    "text",
    [
        "which papers are about catastrophic forgetting?", "how do models forget data?",
        "see birds.example/forget",
        "does it delete tokens?", "forget it", "remind me of my question", "never mind my data",
        "Wie löscht man Daten aus Modellen?", "papers on memory erasure", "忘记机制的论文",
        "does unlearning remove the data of users?",
    ],
)  # fmt: skip
def test_no_wishes(text: str) -> None:
    assert not wants_to_be_forgotten(text)
