"""What went wrong with a model server, each in one sentence with its cure.

What the server itself says about it is in the log alone: notes are read by people in Discord.
"""

from dataclasses import dataclass

from langchain_core.messages import AIMessageChunk

LAST_WORD_SECONDS = 1.0  # after the last token, for the end of the stream

BROKE_OFF = "the model server broke off in mid-answer: look at its log, then ask again."
FAILED = "the model server failed in mid-answer: look at its log, then ask again."
NOT_UNDERSTOOD = (
    "the model server sent what is no answer: look at its log, and check [rag.model] server_url, "
    "which mostly ends in /v1."
)
UNREACHABLE = "the model server cannot be reached: start it, or change [rag.model] server_url."


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds are waited for the first word, each further one, and a whole answer."""

    first: float
    next: float
    answer: float


class Seen:
    """How far an answer has come, and when the next of it is due (in seconds of one clock)."""

    def __init__(self, patience: Patience, *, started: float) -> None:
        self.patience = patience
        self.started = started
        self.chunks = 0
        self.has_text = False
        self.finished = False

    def take(self, chunk: AIMessageChunk) -> None:
        """Note one more chunk; a model that thinks first sends many without text."""
        self.chunks += 1
        self.has_text = self.has_text or bool(chunk.text)
        self.finished = self.finished or "finish_reason" in chunk.response_metadata

    def due(self, now: float) -> float:
        """Return when the wait ends; a word lately written puts it off, up to a point."""
        ends_at = self.started + self.patience.answer
        if self.finished:  # some servers leave the connection open
            return now + LAST_WORD_SECONDS
        if self.has_text:
            return min(now + self.patience.next, ends_at)
        return min(self.started + self.patience.first, ends_at)

    def explain_delay(self, now: float) -> str:
        """Return the sentence for an answer that did not come in time."""
        allowed = self.patience
        if now - self.started >= allowed.answer:
            return (
                f"the model server took longer than {allowed.answer:g} seconds: have it run a "
                "smaller model, or raise [rag.model] answer_seconds."
            )
        knob, seconds = (
            ("server_next_seconds", allowed.next)
            if self.has_text
            else ("server_first_seconds", allowed.first)
        )
        return (
            f"the model server sent nothing for {seconds:g} s: see what it is doing, or raise "
            f"[rag.model] {knob}."
        )


def explain(error: Exception, seen: Seen, *, now: float) -> str:
    """Return the sentence for what ChatOpenAI raised, or for our own time-out."""
    import httpx2
    import openai

    match error:
        case openai.APIStatusError():
            return _explain_status(error.status_code)
        case openai.APIConnectionError():
            refused = isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout)
            return UNREACHABLE if refused else BROKE_OFF
        case openai.APIError():  # told in the stream
            return FAILED
        case TimeoutError():
            return seen.explain_delay(now)
    return NOT_UNDERSTOOD


def _explain_status(status: int) -> str:
    match status:
        case 401 | 403:
            what, cure = "refused the key", "put the right one in $PAPERBOY_SERVER_KEY"
        case 404 | 405 | 301 | 302 | 307 | 308:
            what = "knows no such address or model"
            cure = "check [rag.model] server_url, which mostly ends in /v1, and server_model"
        case 400 | 413 | 422:
            what = "did not take the question"
            cure = "start it with a larger context, or lower [rag.model] n_ctx"
        case 429 | 503:
            what, cure = "is busy or still loading", "ask again soon"
        case _:
            what, cure = "failed", "look at its log, then ask again"
    return f"the model server {what} ({status}): {cure}."
