"""Whether a paper was withdrawn, which arXiv tells in its comment, or in place of the abstract."""

import re
from functools import lru_cache

from rag.records import Paper
from rag.text.sentences import split_sentences
from rag.text.shorten import shorten

WITHDRAWN = "withdrawn"  # a paper's mark in lists
MAX_SENTENCE = 300  # characters
_WORD = re.compile(r"\b(?:withdr[ae]w|retract)", re.IGNORECASE)
_PAPER = r"(?:paper|article|submission|manuscript|preprint|work|version|report|thesis|note)"
_OTHER = r"(?:earlier|previous|prior|first|second|older?|original|initial|companion|other)"
_THIS = rf"\b(?:this|the|our)\s+(?!{_OTHER}\b)(?:\w+\s+)?{_PAPER}\b"
# "This paper has been withdrawn by its authors", "Withdrawn due to an error", "Paper withdrawn".
_WITHDRAWN = re.compile(
    rf"(?:(?<!\bof\s){_THIS}\s+(?:is|was|ha[sd]\s+been)(?:\s+now|\s+\w+ly)?\s+"
    rf"|^(?:\W*(?:{_PAPER}|has\s+been|is|was)\b\s*)*\W*)"
    r"(?:withdrawn|retracted)\b(?!\s+(?:from|submission|paper))",
    re.IGNORECASE,
)
# "The authors have withdrawn this paper", "We withdraw the manuscript".
_WITHDRAW = re.compile(
    r"\b(?:authors?|we|i|arxiv)\s+(?:[a-z]+\s+){0,3}?(?:withdr[ae]w(?:s|n|ing)?|retract(?:s|ed|ing)?)"
    rf"\s+{_THIS}(?!\s+from\b)",
    re.IGNORECASE,
)
_FROM_ARXIV = re.compile(r"\bwithdrawn\s+from\s+(?:the\s+)?arxiv\b", re.IGNORECASE)


@lru_cache(maxsize=16_384)
def withdrawal_of(paper: Paper) -> str:
    """Return the sentence that says that a paper was withdrawn; "" if none says so.

    That is a sentence of arXiv's comment or the first one of the abstract, on one line and
    shortened to MAX_SENTENCE characters.
    """
    comment, abstract = paper.comment or "", paper.abstract
    if not _WORD.search(comment) and not _WORD.search(abstract):
        return ""
    for sentence in (*split_sentences(comment), *split_sentences(abstract)[:1]):
        if any(pattern.search(sentence) for pattern in (_WITHDRAWN, _WITHDRAW, _FROM_ARXIV)):
            return shorten(sentence, MAX_SENTENCE)
    return ""
