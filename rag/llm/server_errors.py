"""Explains the failures of a model server, each in one sentence with its cure.

The server's own error text goes to the log only, because people in Discord read these sentences;
what it is about decides which of them they read.
"""

import re
from dataclasses import dataclass

from langchain_core.messages import AIMessageChunk

END_OF_STREAM_SECONDS = 1.0  # after the last token

BROKE_OFF = "the model server closed the connection in mid-answer: look at its log, then ask again."
FAILED = "the model server failed in mid-answer: look at its log, then ask again."
NOT_UNDERSTOOD = (
    "the model server sent something that is not an answer: look at its log, and check "
    "[rag.model] server_url, which usually ends in /v1."
)
ONLY_THOUGHT = (
    "the model server spent the whole answer on thinking: switch thinking off there, or raise "
    "[rag.model] max_tokens."
)
UNREACHABLE = "the model server cannot be reached: start it, or change [rag.model] server_url."

# What a server writes about its failure, whatever the status; the first that fits counts.
CAUSES = (
    (re.compile(r"not support chat", re.I),
     "was asked for a model that cannot chat", "name another one in [rag.model] server_model"),
    (re.compile(r"context", re.I),
     "did not take the question", "start it with a larger context, or lower [rag.model] n_ctx"),
    (re.compile(r"memory|system resources", re.I),
     "has too little memory for its model", "have it run a smaller one"),
)  # fmt: skip
NO_SUCH_MODEL = re.compile(r"\bmodels?\b", re.I)  # in a 404
MAX_CAUSE = 1000  # characters; more is a page, not a message


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The seconds to wait for the first token, for each further one, and for the whole answer."""

    first_token: float
    next_token: float
    answer: float


class StreamProgress:
    """The state of a streamed answer and the deadline of its next chunk (seconds of one clock)."""

    def __init__(self, timeouts: Timeouts, *, started: float) -> None:
        self.timeouts = timeouts
        self.started = started
        self.chunks = 0
        self.has_text = False
        self.finished = False
        self.is_done = False  # the last event came
        self.was_cut = False  # at max_tokens

    def add(self, chunk: AIMessageChunk) -> None:
        """Count a chunk; a model that thinks first sends many without text."""
        self.chunks += 1
        self.has_text = self.has_text or bool(chunk.text.strip())
        reason = chunk.response_metadata.get("finish_reason")
        self.finished = self.finished or reason is not None
        self.was_cut = self.was_cut or reason == "length"

    @property
    def is_complete(self) -> bool:
        """Whether the server gave a reason for the end, or ended a text with the last event."""
        return self.finished or (self.is_done and self.has_text)

    def deadline(self, now: float) -> float:
        """Return when to give up; each chunk of text extends it, up to the answer's limit."""
        answer_deadline = self.started + self.timeouts.answer
        if self.finished:  # some servers leave the connection open
            return now + END_OF_STREAM_SECONDS
        if self.has_text:
            return min(now + self.timeouts.next_token, answer_deadline)
        return min(self.started + self.timeouts.first_token, answer_deadline)

    def explain_delay(self, now: float) -> str:
        """Return the sentence for an answer that did not arrive in time."""
        timeouts = self.timeouts
        if now - self.started >= timeouts.answer:
            return (
                f"the model server took longer than {timeouts.answer:g} seconds: have it run a "
                "smaller model, or raise [rag.model] answer_seconds."
            )
        setting, seconds = (
            ("server_next_seconds", timeouts.next_token)
            if self.has_text
            else ("server_first_seconds", timeouts.first_token)
        )
        return (
            f"the model server sent nothing for {seconds:g} s: see what it is doing, or raise "
            f"[rag.model] {setting}."
        )


def explain(error: Exception, progress: StreamProgress, *, now: float) -> str:
    """Return the sentence for an error of ChatOpenAI or for our own time-out."""
    import httpx2
    import openai

    match error:
        case openai.APIStatusError():
            return _explain_status(error.status_code, _cause(error.body))
        case openai.APIConnectionError():
            refused = isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout)
            return UNREACHABLE if refused else BROKE_OFF
        case openai.APIError():  # reported within the stream
            return _explain_cause(_cause(error.body)) or FAILED
        case TimeoutError():
            return progress.explain_delay(now)
    return NOT_UNDERSTOOD


def _cause(body: object) -> str:
    """Return what the server itself writes about its error; "" if that is not a message."""
    text = body.get("message") if isinstance(body, dict) else body
    return text if isinstance(text, str) and len(text) <= MAX_CAUSE else ""


def _explain_cause(cause: str, status: str = "") -> str:
    for pattern, what, cure in CAUSES:
        if pattern.search(cause):
            return f"the model server {what}{status}: {cure}."
    return ""


def _explain_status(status: int, cause: str) -> str:
    if sentence := _explain_cause(cause, f" ({status})"):
        return sentence
    match status:
        case 404 if NO_SUCH_MODEL.search(cause):
            what = "does not have that model"
            cure = "load one there (`ollama pull`, `lms load`), or change [rag.model] server_model"
        case 401 | 403:
            what, cure = "refused the key", "put the right one in $PAPERBOY_SERVER_KEY"
        case 404 | 405 | 301 | 302 | 307 | 308:
            what = "knows no such address or model"
            cure = "check [rag.model] server_url, which usually ends in /v1, and server_model"
        case 400 | 413 | 422:
            what = "did not take the question"
            cure = "start it with a larger context, or lower [rag.model] n_ctx"
        case 429 | 503:
            what, cure = "is busy or still loading", "ask again soon"
        case _:
            what, cure = "failed", "look at its log, then ask again"
    return f"the model server {what} ({status}): {cure}."
