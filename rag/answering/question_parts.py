"""Splits a question into its parts: "cheaper training of VLMs, who does it and how?" → three."""

import re

from rag.text.words import terms

_QUESTION_WORD = (
    r"(?:who|whom|whose|what|which|how|why|where|when|do|does|did|is|are|was|were|can|could)"
)
# At the end of a sentence, after a colon or semicolon, or before a further question in a sentence.
_BOUNDARY = re.compile(
    rf"[.?!]+\s+|[;:]\s+|,\s+(?=(?:(?:and|or|but)\s+)?(?:by\s+|for\s+|with\s+|on\s+)?"
    rf"(?:{_QUESTION_WORD}|compare)\b)|\s+(?:and|or|but)\s+(?={_QUESTION_WORD}\b)",
    re.IGNORECASE,
)
_JOINING = re.compile(r"^(?:and|or|but)\s+", re.IGNORECASE)
# Words that ask, or that point at papers or at other parts of the question.
_ASKING_TERMS = frozenset(
    terms(
        "paper model method approach work one other each both them they it that this these those "
        "different various several some any all list name tell show find give get exactly actually "
        "according report say do make use done need want compare much many two three four"
    )
)


def question_parts(question: str) -> list[str]:
    """Return the parts of a question that have words of their own, in order; at least one."""
    parts = [_JOINING.sub("", part.strip(" ,.?!;:")) for part in _BOUNDARY.split(question)]
    return [part for part in parts if content_terms(part)] or [question]


def content_terms(part: str) -> set[str]:
    """Return the terms that say what a part is about."""
    return set(terms(part)) - _ASKING_TERMS
