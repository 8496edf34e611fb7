"""Draft: an answer before it is written out for people."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.records import Citation, Evidence, Hit, Paper


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of an answer with its markers `[n]`, and what it was made from.

    `more` is how many papers follow those of a list. `brief_from` is a sentence of each paper of a
    list, from which a model may write a brief to stand above the list. `is_chat` means that it asks
    back, or says that the question is not read. `support` is how likely the papers are to answer,
    and `holds` how likely the quoted sentence is to hold the answer, if one paper is asked about;
    both are 0 to 1, and None where they were not estimated. `silent_paper` is the one paper that
    the question is about if its abstract does not say it, or not surely, and it was not read whole;
    `is_silent` tells that an answer which is no refusal says so.
    """

    text: str
    citations: tuple[Citation, ...]
    hits: Sequence[Hit] = ()
    evidence: Sequence[Evidence] = ()
    refused: bool = False
    is_chat: bool = False
    support: float | None = None
    holds: float | None = None
    more: int = 0
    brief_from: Sequence[Evidence] = ()
    silent_paper: Paper | None = None
    is_silent: bool = False
