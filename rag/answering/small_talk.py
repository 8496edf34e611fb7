"""Replies that need no paper: small talk, questions about the bot itself, and what is off topic."""

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np

from rag.answering.draft import Draft
from rag.encoders.embedder import Embedder, Vectors
from rag.query.command_guide import CommandGuide
from rag.query.own_data import wants_to_be_forgotten
from rag.query.request import Request
from rag.records import Coverage, Place
from rag.text.words import words

_NAME = re.compile(r"<?@?\bpaperboy\b>?", re.IGNORECASE)
SHARED = 0.6  # weight of the share of pairs of characters in common, beside the cosine
MIN_SCORE = 0.56  # of the nearest example
NO_MODEL = "No language model is set up here, so the quotes are the answer."


class SmallTalk:
    """Replies in the language of the message, without any source."""

    def __init__(self, embedder: Embedder, guide: CommandGuide | None = None) -> None:
        """`guide` describes the commands."""
        self.embedder = embedder
        self.guide = guide or CommandGuide()
        self._vectors: dict[str, Vectors] = {}

    def draft(
        self, request: Request, text: str, *, place: Place, coverage: Coverage, model: str
    ) -> Draft:
        """Return the reply to a message of kind "small talk", "bot" or "off topic".

        `text` is the message as it was typed; `model` is the name of the model that writes answers,
        empty if there is none.
        """
        if request.kind == "off topic":
            return Draft(_in_language(_table()["off_topic"], request.language), (), refused=True)
        if request.kind == "bot" and (described := self.guide.describe(text)):
            return Draft(described, ())
        part = "bot" if request.kind == "bot" else "small_talk"
        # Only the English replies fit a library without days.
        language = request.language if coverage.last_day else "en"
        if wants_to_be_forgotten(text):
            nearest = _marked("own_data")
        else:
            nearest = _marked("languages") if request.answer_in else self._nearest(part, text)
        reply = _in_language(nearest, language)
        return Draft(_fill(reply, place, coverage, model), ())

    def _nearest(self, part: str, text: str) -> dict[str, str]:
        """Return the entry of the nearest example, by meaning and by letters.

        If none is near, return the entry marked as fallback.
        """
        examples = _examples(part)
        text = _plain(text)
        for example, entry in examples:
            if _plain(example) == text:
                return entry
        if part not in self._vectors:
            self._vectors[part] = self.embedder.encode([example for example, _ in examples])
        cosines = self._vectors[part] @ self.embedder.encode([text])[0]
        scores = cosines + SHARED * np.array([_shared(text, _plain(e)) for e, _ in examples])
        best = int(scores.argmax())
        if scores[best] < MIN_SCORE:
            return next(entry for _, entry in examples if entry.get("fallback"))
        return examples[best][1]


def unread_reply(language: str, *, has_model: bool) -> Draft:
    """Return the refusal of a question in a language that nobody here reads, in that language.

    With a model, it says that this could not translate the question now.
    """
    entry = _table()["not_translated" if has_model else "unread"]
    return Draft(_in_language(entry, language), (), refused=True, is_chat=True)


def ask_back(language: str) -> Draft:
    """Return the question which paper or topic is meant, for a request that names none."""
    return Draft(_in_language(_table()["no_topic"], language), (), refused=True, is_chat=True)


def in_english(language: str) -> str:
    """Return a sentence that says which language answers are in."""
    return _in_language(_table()["in_english"], language)


def without_in_english(note: str) -> str:
    """Return a note without the sentence of `in_english`."""
    for sentence in _table()["in_english"].values():
        note = note.replace(sentence, "")
    return " ".join(note.split())


def _fill(reply: str, place: Place, coverage: Coverage, model: str) -> str:
    """Return the reply with the figures and with the words of the place where it is read."""
    table = _table()
    of_place: dict[str, str] = table["terminal" if place == "terminal" else "discord"]
    commands = " ".join(
        [of_place["commands"], *table.get(place, {}).get("mention", "").splitlines()]
    )
    return reply.strip().format_map(
        of_place
        | {
            "commands": commands,
            "coverage": str(coverage),
            "papers": f"{coverage.papers:,}",
            "first_day": coverage.first_day,
            "last_day": coverage.last_day or "not known",
            "model": f"{model} puts them into words." if model else NO_MODEL,
        }
    )


def _in_language(entry: dict[str, str], language: str) -> str:
    return entry.get(language) or entry["en"]


def _plain(text: str) -> str:
    """Return the words without the bot's own name; of a text without words, its characters."""
    text = _NAME.sub(" ", text)
    return " ".join(words(text)) or text.strip()


def _shared(text: str, example: str) -> float:
    """Return the share of pairs of characters in common, which also compares 哈哈 with 哈哈哈."""
    one, other = (set(pairwise(f" {spoken} ")) for spoken in (text, example))
    return len(one & other) / len(one | other)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    """Return small_talk.toml."""
    file = files("rag.answering") / "small_talk.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _marked(name: str) -> dict[str, str]:
    """Return the entry about the bot that is marked with a name."""
    return next(entry for entry in _table()["bot"] if entry.get(name))


@lru_cache(maxsize=2)
def _examples(part: str) -> Sequence[tuple[str, dict[str, str]]]:
    """Return each example of "small_talk" or "bot" with its entry."""
    return [
        (example, entry)
        for entry in _table()[part]
        for example in entry.get("examples", "").split("\n")
        if example
    ]
