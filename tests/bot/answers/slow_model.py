"""Models for tests of answers that are being written."""

import threading
from collections.abc import Iterator
from typing import Any

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGenerationChunk

LINE = "HeronNet reaches 94.2% of the accuracy of human counters on the MarshCount benchmark [1]."


class HeldModel(GenericFakeChatModel):
    """Says all but the last words of its line, and those when it is let go."""

    go: Any

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        chunks = list(super()._stream(*args, **kwargs))
        yield from chunks[:-3]
        while not self.go.wait(0.05):  # a cancel is looked for at each piece
            yield ChatGenerationChunk(message=chunks[0].message.model_copy(update={"content": ""}))
        yield from chunks[-3:]


def held(*lines: str) -> HeldModel:
    """Return a model that says these lines and holds each until `go` is set."""
    go = threading.Event()
    return HeldModel(messages=iter([AIMessage(line) for line in lines or (LINE,) * 9]), go=go)
