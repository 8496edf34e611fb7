"""What is asked: is it a question at all, and a follow-up made whole from what was asked before."""

import re
from collections.abc import Sequence

from rag.errors import QuestionError
from rag.words import terms, words

MAX_QUESTION = 2_000  # characters
FEW_TERMS = 2  # a question with no more content words than this leans on the one before
_REFERS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|that|this|those|these|the (?:first|second|third|last|other) one"
    r"|the one|and|il|elle|ils|elles|leur)\b",
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


def make_whole(question: str, history: Sequence[str]) -> str:
    """Return the question with the one before it in front, where it leans on that.

    `history` holds the earlier questions of the conversation, oldest first.
    """
    if not history:
        return question
    if _REFERS_BACK.search(question) or len(terms(question)) <= FEW_TERMS:
        return f"{history[-1]} {question}"
    return question
