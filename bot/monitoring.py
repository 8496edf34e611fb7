"""Counts and times for Prometheus: how many questions, how fast, how many errors.

The only module that imports prometheus_client. No label holds an id or a text of anybody.
"""

import logging
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Literal, get_args

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from rag.records import Answer, Place

Outcome = Literal["quoted", "written", "refused", "failed"]
Stage = Literal["understand", "search", "read", "show", "wait", "write"]

PAGE_TYPE = CONTENT_TYPE_LATEST
PLACES = tuple(place for place in get_args(Place) if place != "terminal")
STAGE_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
TOKEN_RATES = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192)  # tokens a second


@dataclass(frozen=True, slots=True, kw_only=True)
class BotState:
    """What is true at the moment; NaN for a number that cannot be read."""

    connected: bool
    heartbeat_seconds: float
    model_ready: bool
    queue_length: int
    papers: float = math.nan
    newest_paper_days: float = math.nan
    outbox: Mapping[str, int] | None = None


def outcome_of(answer: Answer) -> Outcome:
    """Return what became of a question that got an answer."""
    if answer.refused:
        return "refused"
    return "written" if answer.mode == "generated" else "quoted"


class Metrics:
    """The metrics of one bot, in a registry of its own. Thread-safe."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # twice as many lines
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)  # memory, processor time and open files, on Linux
        self._questions = Counter(
            "paperboy_questions", "Questions, by the kind of place and by what became of them.",
            ["place", "outcome"], registry=registry,
        )  # fmt: skip
        for place in PLACES:  # rates need a zero to begin with
            for outcome in get_args(Outcome):
                self._questions.labels(place, outcome)
        self._stages = Histogram(
            "paperboy_stage_seconds", "Seconds that each stage of an answer took.",
            ["stage"], buckets=STAGE_SECONDS, registry=registry,
        )  # fmt: skip
        for stage in get_args(Stage):
            self._stages.labels(stage)
        self._tokens = Counter(
            "paperboy_written_tokens", "Tokens that the model wrote for answers.",
            registry=registry,
        )  # fmt: skip
        self._token_rate = Histogram(
            "paperboy_tokens_per_second", "Tokens a second, of each answer that the model wrote.",
            buckets=TOKEN_RATES, registry=registry,
        )  # fmt: skip
        self._errors = Counter(
            "paperboy_errors", "Errors in the log, by the exception's type, else by the logger.",
            ["kind"], registry=registry,
        )  # fmt: skip
        self._gauges = {
            name: Gauge(f"paperboy_{name}", text, registry=registry)
            for name, text in (
                ("connected", "Whether the bot is connected to Discord."),
                ("heartbeat_seconds", "Seconds until Discord answers a heartbeat."),
                ("model_ready", "Whether a model can write answers."),
                ("queue_length", "Answers that are being written or wait for it."),
                ("papers", "Papers that were read."),
                ("newest_paper_days", "Days since the newest paper's day."),
            )
        }
        self._outbox = Gauge(
            "paperboy_outbox_length", "Digests that are due and not sent yet, by state.",
            ["state"], registry=registry,
        )  # fmt: skip

    def count_question(self, place: Place, outcome: Outcome) -> None:
        """Count a question with its outcome."""
        self._questions.labels(place, outcome).inc()

    def observe_quoted(self, quoted: Answer) -> None:
        """Observe the stages of a quoted answer."""
        searched = quoted.seconds - quoted.understand_seconds
        self._stages.labels("understand").observe(quoted.understand_seconds)
        self._stages.labels("search").observe(max(0.0, searched))

    def observe_written(self, quoted: Answer, written: Answer) -> None:
        """Observe what the model did for an answer, if it was asked."""
        writing = written.writing
        if writing is None:
            return
        waited = written.seconds - quoted.seconds - writing.seconds
        self._stages.labels("wait").observe(max(0.0, waited))
        self._stages.labels("write").observe(writing.seconds)
        self._tokens.inc(writing.tokens)
        if writing.tokens and writing.seconds > 0:
            self._token_rate.observe(writing.tokens / writing.seconds)

    @contextmanager
    def timing(self, stage: Stage) -> Iterator[None]:
        """Observe how long the block takes, unless it fails."""
        started = perf_counter()
        yield
        self._stages.labels(stage).observe(perf_counter() - started)

    @contextmanager
    def counting_errors(self) -> Iterator[None]:
        """Count what is logged as an error, in any thread, until the block ends."""
        handler = _ErrorCounter(self._errors)
        root = logging.getLogger()
        root.addHandler(handler)
        try:
            yield
        finally:
            root.removeHandler(handler)

    def page(self, state: BotState) -> bytes:
        """Return everything in Prometheus's text format, of type PAGE_TYPE."""
        for name, gauge in self._gauges.items():
            gauge.set(getattr(state, name))
        self._outbox.clear()
        for name, count in (state.outbox or {}).items():
            self._outbox.labels(name).set(count)
        return generate_latest(self._registry)


class _ErrorCounter(logging.Handler):
    """Counts records by the type of their exception; a message may hold anybody's words."""

    def __init__(self, errors: Counter) -> None:
        super().__init__(logging.ERROR)
        self._errors = errors

    def emit(self, record: logging.LogRecord) -> None:
        """Count one record (logging calls this in the thread that logs)."""
        error = record.exc_info[1] if record.exc_info else None
        self._errors.labels(type(error).__name__ if error else record.name).inc()
