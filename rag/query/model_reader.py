"""Reads an unclear request with the language model, into the fields of a form.

The model chooses among the kinds that the classifier finds likely. Of everything else that it says,
`QueryUnderstanding` takes only what the text and the catalogue confirm.
"""

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, Field, create_model

from rag.query.request import Kind

MAX_READINGS = 200  # kept, since later turns of a conversation read the earlier ones again
MAX_CHARACTERS = 400  # of a request; longer ones are read by the classifier alone
INSTRUCTIONS = """\
You sort requests to a bot that knows research papers. Copy words from the request. Kinds:
content: a question that papers answer; concept: what a term means; list: papers on a topic;
summary: what is new in some days; trending: what is popular; paper: about one named paper;
similar: papers like a named one; comparison: two things compared; count: how many;
advice: what to read or cite; follow-up: about the answer before; bot: about the bot itself;
small talk: greetings, thanks, chat; off topic: anything else."""


class Reading(BaseModel):
    """A request as the model reads it; all but the kind are words of the request."""

    kind: Kind
    topic: str = Field(default_factory=str)
    days: str = Field(default_factory=str)  # "since Monday"
    number: int = Field(default_factory=int)  # of papers; 0: none is named
    order: str = Field(default_factory=str)  # "newest", "best"
    papers: list[str] = Field(default_factory=list)
    people: list[str] = Field(default_factory=list)
    organizations: list[str] = Field(default_factory=list)
    with_code: bool = Field(default_factory=bool)


EXAMPLES = (
    (
        "the 5 hottest things on world models since Monday, with code pls",
        Reading(
            kind="list", topic="world models", days="since Monday", number=5, order="hottest",
            with_code=True,
        ),
    ),
    ("hab ich diese Woche was verpasst?", Reading(kind="summary", days="diese Woche")),
    (
        "does quantization hurt reasoning?",
        Reading(kind="content", topic="quantization hurt reasoning"),
    ),
    ("¿qué es el aprendizaje por refuerzo?",
     Reading(kind="concept", topic="aprendizaje por refuerzo")),
    ("what did Acme Labs put out with Jane Roe",
     Reading(kind="list", people=["Jane Roe"], organizations=["Acme Labs"])),
    ("is WidgetNet any good", Reading(kind="paper", papers=["WidgetNet"])),
    ("haha nice one", Reading(kind="small talk")),
    ("你能做什么", Reading(kind="bot")),
)  # fmt: skip

# Has a language model fill in the form; None if it cannot, or not in time.
FillForm = Callable[[Sequence[BaseMessage], type[Reading]], Reading | None]


class ModelReader:
    """Reads requests with a language model and remembers the last ones. Thread-safe."""

    def __init__(self, fill: FillForm, *, below: float) -> None:
        """`below` is the certainty of a kind up to which the classifier decides alone."""
        self.fill = fill
        self.below = below
        self._readings: dict[tuple[str, tuple[Kind, ...]], Reading] = {}
        self._lock = threading.Lock()

    def read(self, text: str, kinds: Sequence[Kind], *, again: bool = False) -> Reading | None:
        """Return what the model reads, one of these kinds; None if it cannot, or not in time.

        With `again`, only what it read before: nobody waits for the model.
        """
        key = text, tuple(sorted(kinds))
        with self._lock:
            known = self._readings.get(key)
        if known or again or len(text) > MAX_CHARACTERS:
            return known
        reading = self.fill(messages(text), reading_as(key[1]))
        if reading:
            with self._lock:
                if len(self._readings) >= MAX_READINGS:
                    self._readings.clear()
                self._readings[key] = reading
        return reading


@lru_cache
def reading_as(kinds: tuple[Kind, ...]) -> type[Reading]:
    """Return a form on which only these kinds can be chosen."""
    kind = Literal[kinds]  # type: ignore[valid-type]  # known when it runs
    return create_model("Reading", __base__=Reading, kind=(kind, ...))


def messages(text: str) -> list[BaseMessage]:
    """Return the prompt; all but its end is the same for every request."""
    prompt: list[BaseMessage] = [SystemMessage(INSTRUCTIONS)]
    for request, reading in EXAMPLES:
        prompt += [HumanMessage(request), AIMessage(reading.model_dump_json(exclude_defaults=True))]
    return [*prompt, HumanMessage(text)]
