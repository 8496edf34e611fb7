"""Separates an answer from what a model thinks aloud, while it is streamed.

Thinking stands between tags, which the prompt may have opened already, or in channels (OpenAI's
Harmony format, https://github.com/openai/harmony), whose control tokens some servers leave out:
"analysisLet me see.assistantfinalHerons wade." Some of it is recognised only by what follows; then
all that came before is taken back.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto


class Signal(str):
    """A piece without text that tells something about the stream; compared by identity."""

    __slots__ = ()


RESTART = Signal()  # everything before was thinking
THINKING = Signal()  # the model thinks from here on
CUT_OFF = Signal()  # the model was stopped at max_tokens, most likely in mid-sentence

TAGS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<seed:think>": "</seed:think>",
    "◁think▷": "◁/think▷",
    "[THINK]": "[/THINK]",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
}
CLOSING_TAGS = tuple(TAGS.values())
MESSAGE = "<|message|>"  # ends a message's header: the role, the channel
HEADER_PARTS = ("<|start|>", "<|channel|>")
RETURN = "<|return|>"
MAX_HEADER = 200  # characters, white space included, that may still be the first header
ENDS = ("<|end|>", "<|call|>", RETURN)
THOUGHT_CHANNELS = ("analysis", "commentary")
FINAL_CHANNEL = "final"
ANSWERING = ("assistant", FINAL_CHANNEL)  # headers of an answer; so is an empty one
# Headers without their control tokens.
BARE_FINAL = "assistantfinal"
BARE_THOUGHTS = tuple(f"assistant{channel}" for channel in THOUGHT_CHANNELS)
# None is part of another one: then a mark is found wherever the text was cut into pieces.
MARKS = (*TAGS, *CLOSING_TAGS, MESSAGE, *HEADER_PARTS, *ENDS, BARE_FINAL, *BARE_THOUGHTS)

_MARK = re.compile("|".join(map(re.escape, MARKS)))
_BEGINNINGS = {mark[:length] for mark in MARKS for length in range(1, len(mark))}
_UNFINISHED_MARK = re.compile(rf"(?:{'|'.join(map(re.escape, _BEGINNINGS))})\Z")
# The first header, whose role is in the prompt: no word goes on after these like that.
_FIRST_THOUGHT = re.compile(rf"\s*(?:{'|'.join(THOUGHT_CHANNELS)})(?=\w)")
_FIRST_FINAL = re.compile(rf"\s*{FINAL_CHANNEL}(?=[^\W_a-z]|\[)")


@dataclass(slots=True)
class AnswerText:
    """The answer so far, put together from the pieces of a stream.

    `is_cut_off` says that the model was stopped at max_tokens.
    """

    text: str = ""
    has_thought: bool = False
    is_cut_off: bool = False

    def add(self, piece: str) -> None:
        """Add a piece or a signal."""
        if piece is RESTART:
            self.text = ""
        self.has_thought = self.has_thought or piece is RESTART or piece is THINKING
        self.is_cut_off = self.is_cut_off or piece is CUT_OFF
        self.text += piece


def without_thinking(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the answer as it arrives, with signals about what is left out.

    Characters that may turn out to be thinking, or a part of a tag, are held back. CUT_OFF among
    the pieces is passed on, last.
    """
    reader, last = _Reader(), ""
    for piece in pieces:
        if piece is CUT_OFF:
            last = piece
        else:
            yield from reader.add(piece)
    yield from reader.finish()
    if last is CUT_OFF:
        yield last


def answer_of(text: str) -> str:
    """Return a complete text without what the model thought."""
    answer = AnswerText()
    for piece in without_thinking([text]):
        answer.add(piece)
    return answer.text


class _Phase(Enum):
    ANSWER = auto()
    THOUGHT = auto()
    HEADER = auto()  # of a message, or between two of them
    ENDED = auto()  # what follows the answer is not for people


class _Reader:
    """Reads one stream; `_buffer` is what cannot be decided yet."""

    def __init__(self) -> None:
        self._buffer = ""
        self._phase = _Phase.ANSWER
        self._header = ""
        self._is_at_start = True  # nothing was decided yet
        self._is_final = False  # the answer stands in the final channel
        self._answer = AnswerText()

    def add(self, piece: str) -> Iterator[str]:
        self._buffer += piece
        while match := _MARK.search(self._buffer):
            before, self._buffer = self._buffer[: match.start()], self._buffer[match.end() :]
            yield from self._keep(self._read(before, match[0]))
        unfinished = _UNFINISHED_MARK.search(self._buffer)
        end = unfinished.start() if unfinished else len(self._buffer)
        ready, rest = self._buffer[:end], self._buffer[end:]
        if not (self._is_at_start and _may_be_header(ready)):
            self._buffer = rest
            yield from self._keep(self._read(ready))

    def finish(self) -> Iterator[str]:
        yield from self._keep(self._read(self._buffer))
        self._buffer = ""

    def _keep(self, pieces: Iterator[str]) -> Iterator[str]:
        for piece in pieces:
            self._answer.add(piece)
            yield piece

    def _read(self, text: str, mark: str = "") -> Iterator[str]:
        """Read a text, and the mark that follows it."""
        if self._is_at_start:
            self._is_at_start = False
            if final := _FIRST_FINAL.match(text):
                self._is_final = True
                text = text[final.end() :]
            elif _FIRST_THOUGHT.match(text):
                yield from self._think()
        if self._phase is _Phase.HEADER:
            self._header += text
        elif self._phase is _Phase.ANSWER:
            if self._is_final or not _takes_back(mark):
                if text:
                    yield text
            else:
                self._header = (self._answer.text + text).strip()
        if mark and self._phase is not _Phase.ENDED:
            yield from self._read_mark(mark)

    def _read_mark(self, mark: str) -> Iterator[str]:
        is_answer = self._phase is _Phase.ANSWER
        if mark in TAGS:
            yield from self._think()
        elif mark in CLOSING_TAGS:
            if self._phase is not _Phase.THOUGHT:
                yield RESTART
            self._phase, self._is_final = _Phase.ANSWER, False
        elif is_answer and (self._is_final or mark == RETURN):
            self._phase = _Phase.ENDED
        elif mark in HEADER_PARTS or mark in ENDS:
            self._phase, self._header = _Phase.HEADER, ""
        elif mark != MESSAGE:
            yield from self._begin_message(mark.removeprefix("assistant"))
        elif self._phase is not _Phase.THOUGHT:
            yield from self._begin_message(self._header.strip())

    def _begin_message(self, header: str) -> Iterator[str]:
        """Go on in another message, which takes the place of the earlier ones."""
        if header.startswith(THOUGHT_CHANNELS):
            yield RESTART
            yield from self._think()
        elif self._phase is _Phase.HEADER and header and not header.startswith(ANSWERING):
            self._phase = _Phase.ENDED  # the model plays another role
        else:
            yield RESTART
            self._phase, self._is_final = _Phase.ANSWER, header.startswith(FINAL_CHANNEL)

    def _think(self) -> Iterator[str]:
        if self._phase is not _Phase.THOUGHT:
            self._phase = _Phase.THOUGHT
            yield THINKING


def _takes_back(mark: str) -> bool:
    """Return whether the text before a mark, if it looks like an answer, is none."""
    return mark in (*CLOSING_TAGS, MESSAGE, BARE_FINAL, *BARE_THOUGHTS)


def _may_be_header(text: str) -> bool:
    """Return whether a text so far may be, or begin with, the name of a channel."""
    if len(text) > MAX_HEADER:
        return False
    start = text.lstrip()
    return any(word.startswith(start) for word in (*THOUGHT_CHANNELS, FINAL_CHANNEL)) or (
        start.startswith(THOUGHT_CHANNELS) and not _FIRST_THOUGHT.match(text)
    )
