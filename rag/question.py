"""What is asked: is it a question at all, and a follow-up made whole from what was asked before."""

import re
from collections.abc import Callable, Sequence

from rag.errors import QuestionError
from rag.words import terms, words

MAX_QUESTION = 2_000  # characters
FEW_TERMS = 2  # a question with no more content words than this leans on the one before …
NAME_PAPERS = 2  # … unless one of them stands in so few papers that it names something
_REFERS_BACK = re.compile(
    r"^(?:and|et|und|y)\b"
    r"|\b(?:it|its|they|them|their|il|elle|ils|elles|leur)\b"
    r"|\b(?:this|that|these|those) (?:one|paper|model|method|approach|dataset|work|result)s?\b"
    r"|\b(?:is|was|does|do|of|with|about|to|than) (?:this|that)\b"
    r"|\bthe (?:(?:first|second|third|last|other) )?one\b",
    re.IGNORECASE,
)


def checked(question: str) -> str:
    """Return the question without outer white space; raise QuestionError if it asks nothing."""
    question = " ".join(question.split())
    if not question:
        raise QuestionError("the question is empty: ask something about the papers.")
    if len(question) > MAX_QUESTION:
        raise QuestionError(
            f"the question has {len(question):,} characters: ask in {MAX_QUESTION:,} or fewer."
        )
    if not words(question):
        raise QuestionError("there is no word in the question: ask in words.")
    return question


def make_whole(
    question: str, history: Sequence[str], counts: Callable[[list[str]], dict[str, int]]
) -> str:
    """Return the question with the one before it in front, where it leans on that.

    `history` holds the earlier questions of the conversation, oldest first; `counts` tells in
    how many papers each term stands.
    """
    if not history:
        return question
    asked = terms(question)
    names = [term for term, count in counts(asked).items() if 0 < count <= NAME_PAPERS]
    if _REFERS_BACK.search(question) or (len(asked) <= FEW_TERMS and not names):
        return f"{history[-1]} {question}"
    return question
