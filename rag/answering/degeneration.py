"""Notices, while a model writes, that its text degenerates, so that it can be stopped.

Weak models repeat themselves without end, copy their prompt, or go on to play both roles of a chat
(neural text degeneration, https://arxiv.org/abs/1904.09751).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rag.records import Passage
from rag.text.brackets import MARKER
from rag.text.words import STOPWORDS

LOOP, HEADER, ROLE = "repeats itself", "copies its prompt", "plays a role"
N_GRAM = 4  # words that count as said before, if they were said in this order before
MAX_REPEATED = 9.0  # n-grams in a row that were said before
# Of so many content words in a row, hardly any but the same few: "a stream for a stream for …".
WINDOWS = (10, 20)
MIN_DISTINCT = 0.4
MAX_INSTRUCTION = 5.0  # n-grams in a row that stand in the instructions
MIN_TITLE_WORDS = 4  # shorter titles, followed by a colon, may begin a sentence ("LexVLA: …")

# A Chinese or Japanese character is about half a word.
_HAN = r"[\u3040-\u30ff\u3400-\u9fff]"
_WORD = re.compile(rf"{_HAN}|[^\W_](?:(?!{_HAN})[\w.,'’-])*")
_DIGIT = re.compile(r"\d")
_SHORT_LOOP = re.compile(r"(\S.{0,3}?)\1{9,}|(\S.{4,40}?)\2{4,}")
_TAIL = 200  # characters in which a short loop is looked for
# The name of a role or of a part of the prompt, where a line or a sentence begins.
_ROLE = re.compile(
    r"(?:^|(?<=[.!?\]])[ \t])[ \t]*[*#_>\[(]{0,3}"
    r"(?:assistant|user|human|system|question|answer|instructions?|response|passages?|title|date"
    r"|note|bot|ai|q|a)(?: \d+)?[*_\])]{0,3}:"
    r"|<\|?/?\w+\|?>|\[/?INST\]|^[ \t]*#{2,}|\bas an AI (?:language )?(?:model|assistant)\b",
    re.IGNORECASE | re.MULTILINE,
)
# One or two words and a colon, where a line or a sentence begins: the same twice is a speaker.
_LABEL = re.compile(r"(?:^|(?<=[.!?\]]))[ \t]*([^\W\d]\w*(?: \w+)?):(?=\s)", re.MULTILINE)
_FIRST_ROLE = re.compile(r"^\W{0,3}(?:answer|assistant|response)\W{0,2}:\W{0,2}\s*", re.IGNORECASE)
_AROUND_TITLE = " \t.,:;!?()[]*_#-"  # a title in quotation marks is not a copied one
_DATE = r"\(\d{4}-\d\d-\d\d\)"


class Degeneration(NamedTuple):
    """Where a text begins to degenerate, and how."""

    start: int
    how: str


class DegenerationDetector:
    """Reads a text as it grows."""

    def __init__(self, passages: Sequence[Passage], instructions: str) -> None:
        """Take what the model could copy from its prompt."""
        self._titles = [passage.paper.title.casefold() for passage in passages]
        titles = [re.escape(passage.paper.title) for passage in passages]
        long = [title for title in titles if title.count(" ") + 1 >= MIN_TITLE_WORDS]
        headers = [rf"{_DATE}:"]
        if titles:
            headers.append(rf"(?:{'|'.join(titles)})[\s\"”]*{_DATE}")
        if long:
            headers.append(
                rf"(?:^|(?<=[\].!?“\"])[ ])[“\"]?(?:{'|'.join(long)})[\"”]?\s*(?::|\n|\Z)"
            )
        self._header = re.compile("|".join(headers), re.IGNORECASE | re.MULTILINE)
        said = [word for _, word in _words(instructions)]
        self._instructions = {tuple(said[n : n + N_GRAM]) for n in range(len(said) - N_GRAM + 1)}

    def find(self, text: str, *, is_finished: bool = False) -> Degeneration | None:
        """Return the first sign that a text degenerates.

        A title that ends the text is a header only if nothing can follow it.
        """
        found = [
            Degeneration(match.start(), how)
            for pattern, how in ((self._header, HEADER), (_ROLE, ROLE))
            if (match := pattern.search(text)) and (is_finished or match.end() < len(text))
        ]
        found += filter(None, (self._repetition(text), _poor_words(text), _speakers(text)))
        return min(found, default=None)

    def is_copied(self, sentence: str) -> bool:
        """Return whether a sentence is only a part of a title, as of "Whose Bird? A Benchmark"."""
        is_long = sentence.count(" ") + 1 >= MIN_TITLE_WORDS or sentence.endswith(("?", "!"))
        bare = sentence.strip(_AROUND_TITLE).casefold()
        return is_long and any(bare in title for title in self._titles)

    def _repetition(self, text: str) -> Degeneration | None:
        """Return where the text starts to repeat itself or the instructions."""
        if short := _SHORT_LOOP.search(text, max(0, len(text) - _TAIL)):
            return Degeneration(short.start(), LOOP)
        said = _words(text)
        seen: set[tuple[str, ...]] = set()
        runs = [_Run(seen, MAX_REPEATED, LOOP), _Run(self._instructions, MAX_INSTRUCTION, HEADER)]
        for end in range(N_GRAM, len(said) + 1):
            n_gram = tuple(word for _, word in said[end - N_GRAM : end])
            alike = tuple(_DIGIT.sub("0", word) for word in n_gram)
            for run in runs:
                if run.goes_on(n_gram, alike, said[end - N_GRAM][0]):
                    return Degeneration(run.start, run.how)
            seen |= {n_gram, alike}
        return None


@dataclass(slots=True)
class _Run:
    """N-grams in a row that are known, and where the first one starts."""

    known: set[tuple[str, ...]]
    limit: float
    how: str
    start: int = 0
    length: float = 0.0

    def goes_on(self, n_gram: tuple[str, ...], alike: tuple[str, ...], start: int) -> bool:
        """Add the next n-gram; return whether the run has become too long.

        `alike` is the n-gram with all numbers alike: a loop can count, but so does a comparison.
        """
        if alike not in self.known:
            self.length = 0.0
            return False
        if not self.length:
            self.start = start
        has_news = n_gram not in self.known
        self.length += 0.5 if has_news or re.match(_HAN, n_gram[-1]) else 1.0
        return self.length >= self.limit


def _poor_words(text: str) -> Degeneration | None:
    """Return where the text uses the same few content words again and again."""
    said = [
        (start, word)
        for start, word in _words(text)
        if word.isascii() and word not in STOPWORDS and not word[0].isdigit()
    ]
    for size in WINDOWS:
        for end in range(size, len(said) + 1):
            window = said[end - size : end]
            if len({word for _, word in window}) <= MIN_DISTINCT * size:
                return Degeneration(_first_said_again(window), LOOP)
    return None


def _first_said_again(said: Sequence[tuple[int, str]]) -> int:
    """Return the place of the first word that was said before."""
    seen: set[str] = set()
    for start, word in said:
        if word in seen:
            return start
        seen.add(word)
    return said[-1][0]


def _speakers(text: str) -> Degeneration | None:
    """Return where a text becomes a dialogue, in which the same speaker speaks twice."""
    labels = [(match[1].casefold(), match.start()) for match in _LABEL.finditer(text)]
    names = [name for name, _ in labels]
    return next(
        (Degeneration(start, ROLE) for name, start in labels if names.count(name) > 1), None
    )


def strip_first_role(text: str) -> str:
    """Return an answer without the word "Answer:" in front of it."""
    return _FIRST_ROLE.sub("", text.lstrip())


def _words(text: str) -> list[tuple[int, str]]:
    """Return the words with their places; markers are no words."""
    bare = MARKER.sub(lambda match: " " * len(match[0]), text)
    return [(match.start(), match[0].casefold().rstrip(".,'’-")) for match in _WORD.finditer(bare)]
