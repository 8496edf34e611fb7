"""Text that is no question, told before anything heavy is loaded."""

from rag.errors import QuestionError
from rag.text.words import words

MAX_QUESTION = 2_000  # characters


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
