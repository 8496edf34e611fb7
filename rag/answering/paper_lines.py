"""The lines of one paper in a list, the same in every answer that lists papers."""

import re

from rag.records import Paper
from rag.text.code_link import code_of
from rag.text.names import name_missing_from_title
from rag.text.withdrawal import WITHDRAWN, withdrawal_of

_CLEAR_NAME = re.compile(r"[a-z][A-Z]|[A-Z]{2}|\d")


def paper_entry(n: int, paper: Paper, sentence: str, *, quoted: bool) -> list[str]:
    """Return the lines of paper number `n`: its title, a sentence about it, and its facts.

    `quoted` puts the sentence in quotation marks, for one that stands in the abstract word for
    word. An empty sentence gives no line.
    """
    name = name_missing_from_title(paper)
    if not _CLEAR_NAME.search(name) or paper.abstract.count(name) < 2:
        name = ""  # a word that was taken for a name
    lines = [f"{paper.title}{f' ({name})' if name else ''} [{n}]"]
    if sentence:
        text = f"“{sentence}”" if quoted else sentence
        lines.append(f"  {_whose(paper, sentence)}{text}")
    if facts := _facts(paper):
        lines.append(f"  {facts}")
    return lines


def _whose(paper: Paper, sentence: str) -> str:
    """Say that Paperboy wrote the sentence, if it is from a summary in place of the abstract."""
    is_own = paper.abstract_source == "summary" and sentence in " ".join(paper.abstract.split())
    return "Paperboy's summary: " if is_own else ""


def _facts(paper: Paper) -> str:
    """Return "2025-11-12 · 16 upvotes · code · withdrawn", as far as it is known."""
    facts = [str(paper.day)] if paper.day else []
    if paper.upvotes is not None:
        facts.append(f"{paper.upvotes:,} upvote{'' if paper.upvotes == 1 else 's'}")
    if code_of(paper):
        facts.append("code")
    if withdrawal_of(paper):
        facts.append(WITHDRAWN)
    return " · ".join(facts)
