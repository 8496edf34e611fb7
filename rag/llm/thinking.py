"""Reasoning models think aloud between `<think>` and `</think>`; people get what comes after."""

from collections.abc import Iterable, Iterator

OPENING, CLOSING = "<think>", "</think>"


def without_thinking(pieces: Iterable[str]) -> Iterator[str]:
    """Yield what is said outside of thinking, as it comes.

    What may still become a tag is held back; a part that is never closed is never shown.
    """
    held, thinking = "", False
    for piece in pieces:
        held += piece
        while True:
            tag = CLOSING if thinking else OPENING
            before, found, after = held.partition(tag)
            if not found:
                break
            if before and not thinking:
                yield before
            held, thinking = after, not thinking
        kept = _may_begin(held, tag)
        shown, held = held[: len(held) - kept], held[len(held) - kept :]
        if shown and not thinking:
            yield shown
    if held and not thinking:
        yield held


def _may_begin(text: str, tag: str) -> int:
    """Return how many of the last characters may be the beginning of the tag."""
    lengths = range(min(len(tag) - 1, len(text)), 0, -1)
    return next((length for length in lengths if text.endswith(tag[:length])), 0)
