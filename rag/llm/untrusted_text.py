"""Makes text harmless on its way into a model and out of it.

What goes in must not look like control tokens; what comes out may be cut in mid-character, and
may be longer than anybody asked for.
"""

import re
from collections.abc import Iterable, Iterator

from rag.llm.reasoning import CUT_OFF, Signal

# The control tokens of chat models stand in brackets without a space after the first one:
# `<|im_end|>`, `</s>`, `<start_of_turn>`, `<<SYS>>`, `[/INST]`, `[|user|]`. A marker `[1]` is none.
_OPENING = re.compile(r"[<\uff1c](?=[^\s\d=])|[\[\uff3b](?=[^\s\d\]\"'])")
MAX_TOKEN_CHARACTERS = 24  # on average over an answer; English has four or five


def without_control_tokens(text: str) -> str:
    """Return the text with a space in each control token, so that no tokenizer sees one."""
    return _OPENING.sub(r"\g<0> ", text)


def whole_characters(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the pieces with whole characters only.

    A server may cut an emoji into two UTF-16 surrogates, which stand in two pieces. They are put
    together; one that stays alone becomes a replacement character.
    """
    half = ""
    for piece in pieces:
        if isinstance(piece, Signal):
            yield piece
            continue
        text, half = half + piece, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, half = text[:-1], text[-1]
        yield _whole(text)
    if half:
        yield _whole(half)


def _whole(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def bounded(pieces: Iterable[str], max_characters: int) -> Iterator[str]:
    """Yield the pieces up to so many characters; CUT_OFF follows if there were more."""
    left = max_characters
    for piece in pieces:
        if len(piece) > left:
            yield piece[:left]
            yield CUT_OFF
            return
        left -= len(piece)
        yield piece
