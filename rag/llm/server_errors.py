"""Explains the failures of a model server, each in one sentence with its cure.

The sentence names the model that was asked for and quotes the server, in a few words without keys,
because people in Discord read it too. The whole text is in the log.
"""

import re
from dataclasses import dataclass

from langchain_core.messages import AIMessageChunk

from rag.errors import ProxyError
from rag.llm.server_complaint import Complaint, complaint_of
from rag.proxies import proxy_for

END_OF_STREAM_SECONDS = 1.0  # after the last token

BROKE_OFF = "the model server closed the connection in mid-answer: look at its log, then ask again."
ONLY_THOUGHT = (
    "the model server spent the whole answer on thinking: switch thinking off there, or raise "
    "[rag.model] max_tokens."
)
CHECK_URL = "check [rag.model] server_url, which usually ends in /v1"
THERE = "there (`ollama pull`, `lms load`)"

NO_CHAT = re.compile(
    r"\b(?:not|cannot|can't) (?:(?:an? |support\w* |able to |capable of |for |the )+[`'\"]?"
    r"(?:chat|completion|generat|text.generat|llm|instruct)|chat\b)"
    r"|unsupported.{0,20}(?:chat|completion)|\bembeddings?[ -](?:only|model)\b|\brerank",
    re.IGNORECASE,
)
TOO_LONG = re.compile(
    r"context[ _-]?(?:length|size|window|overflow)|maximum model len"
    r"|\b(?:prompt|input|request|question)s? (?:is |are )?too (?:long|large|big)"
    r"|\btoo many (?:input |prompt )?tokens"
    r"|\btokens\b.{0,60}\b(?:exceed|longer than|context|must (?:be|have) (?:<|less|fewer))",
    re.IGNORECASE,
)
TOO_LONG_CODES = ("context_length_exceeded", "exceed_context_size_error")
NO_MEMORY = re.compile(r"\bmemory\b|system resources|\bOOM\b", re.IGNORECASE)
NO_SUCH_MODEL = re.compile(r"\bmodels?\b", re.IGNORECASE)  # in a 404
# What a request says of the answer → the setting that it comes from.
SETTINGS = {"max_tokens": "max_tokens", "max_completion_tokens": "max_tokens",
            "temperature": "temperature"}  # fmt: skip
OF_THE_REQUEST = (400, 413, 422)  # statuses of a request that is not taken


@dataclass(frozen=True, slots=True)
class Asked:
    """The server, the model that it was asked for ("" if it lists none), and the key.

    `only_search`: nobody named the model, and the server lists none that can chat.
    """

    url: str
    model: str = ""
    key: str = ""
    only_search: bool = False

    def __str__(self) -> str:
        return self.model or "its model"


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
        self.head = b""  # the first bytes of the response, in case it is no answer

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


def explain(error: Exception, progress: StreamProgress, *, now: float, asked: Asked) -> str:
    """Return the sentence for an error of ChatOpenAI or for our own time-out."""
    import openai

    match error:
        case openai.APIStatusError():
            return _explain_status(error.status_code, complaint_of(error.body), asked)
        case openai.APIConnectionError():
            return _explain_connection(error.__cause__, asked)
        case openai.APIError():  # reported within the stream
            return _explain_in_answer(complaint_of(error.body), asked)
        case TimeoutError():
            return progress.explain_delay(now)
        case ProxyError():
            return str(error)
    return _explain_no_answer(complaint_of(progress.head.decode("utf-8", "replace")), asked)


def is_of_model(status: int, body: object) -> bool:
    """Return whether another model of the same server may take what this one refuses."""
    complaint = complaint_of(body)
    if NO_CHAT.search(complaint.text):
        return True
    is_refusal = status in (*OF_THE_REQUEST, 404, 501)
    return is_refusal and not _is_too_long(complaint) and not _setting_of(complaint)


def _explain_status(status: int, complaint: Complaint, asked: Asked) -> str:
    what, cure = _causes(complaint, asked, status) or _cause_of_status(status, complaint, asked)
    said = complaint.quoted(asked.key)
    return f"the model server {what} ({status}{', ' if said else ''}{said}): {cure}."


def _explain_in_answer(complaint: Complaint, asked: Asked) -> str:
    what, cure = _causes(complaint, asked) or (
        f"failed in mid-answer of {asked}", "look at its log, then ask again",
    )  # fmt: skip
    said = complaint.quoted(asked.key)
    return f"the model server {what}{f' ({said})' if said else ''}: {cure}."


def _explain_no_answer(complaint: Complaint, asked: Asked) -> str:
    said = complaint.quoted(asked.key)
    words = f" ({said})" if said else ""
    return (
        f"the model server sent something that is not an answer of {asked}{words}: look at its "
        f"log, and {CHECK_URL}."
    )


def _explain_connection(cause: BaseException | None, asked: Asked) -> str:
    import httpx2

    proxy = proxy_for(asked.url)
    if isinstance(cause, httpx2.ProxyError) or (
        proxy and isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout)
    ):
        variable = proxy.variable if proxy else "HTTP_PROXY"
        words = Complaint(str(cause)).quoted(asked.key)
        return (
            f"the model server cannot be reached through the proxy of ${variable}"
            f"{f' ({words})' if words else ''}: correct ${variable}, name the server in $NO_PROXY, "
            "or change [rag.model] server_url."
        )
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout):
        return "the model server cannot be reached: start it, or change [rag.model] server_url."
    return BROKE_OFF


def _causes(complaint: Complaint, asked: Asked, status: int = 0) -> tuple[str, str] | None:
    """Return what happened and the cure, by what the server says; None if it says too little."""
    if asked.only_search and status in (*OF_THE_REQUEST, 404, 500, 501):
        what = f"lists no model that can chat, only {asked}"
        return what, f"load one {THERE}, or name one in [rag.model] server_model"
    if NO_CHAT.search(complaint.text):
        what = f"was asked for {asked}, which cannot chat"
        return what, "name another model in [rag.model] server_model"
    if status != 429 and _is_too_long(complaint):
        what = f"has too small a context for the question to {asked}"
        return what, "start it with a larger one, or lower [rag.model] n_ctx"
    if NO_MEMORY.search(complaint.text):
        what = f"has too little memory for {asked}"
        return what, "have it run a smaller model, and name that in [rag.model] server_model"
    if status in OF_THE_REQUEST and (setting := _setting_of(complaint)):
        return f"refused the request to {asked}", f"change [rag.model] {setting}"
    return None


def _is_too_long(complaint: Complaint) -> bool:
    return complaint.code in TOO_LONG_CODES or bool(TOO_LONG.search(complaint.text))


def _setting_of(complaint: Complaint) -> str:
    """Return the setting whose value the server does not take; "" if it is none of them."""
    named = [word for word in SETTINGS if word in (complaint.param, *complaint.words)]
    return SETTINGS[named[0]] if named else ""


def _cause_of_status(status: int, complaint: Complaint, asked: Asked) -> tuple[str, str]:
    match status:
        case 404 if NO_SUCH_MODEL.search(complaint.text) and not complaint.is_page:
            what = f"does not have the model {asked}" if asked.model else "has no model"
            return what, f"load it {THERE}, or change [rag.model] server_model"
        case 401 | 403 if asked.key:
            return f"refused the key for {asked}", "put the right one in $PAPERBOY_SERVER_KEY"
        case 401 | 403:
            return f"wants a key for {asked}", "put it in $PAPERBOY_SERVER_KEY"
        case 404 | 405 | 301 | 302 | 307 | 308:
            what = f"knows no such address or model when asked for {asked}"
            return what, f"{CHECK_URL}, and server_model"
        case 413:
            what = f"has too small a limit for the question to {asked}"
            return what, "raise it there, or lower [rag.model] n_ctx"
        case 400 | 422:
            what = f"refused the request to {asked}"
            return what, "look at its log, or change [rag.model] server_model"
        case 429 | 503:
            return f"is busy or still loading {asked}", "ask again soon"
    what = f"failed with {asked}"
    return what, "look at its log, or change [rag.model] server_model"
