"""Whether a paper was withdrawn, which arXiv tells in its comment, or in place of the abstract."""

import re
from functools import lru_cache

from rag.records import Paper
from rag.text.sentences import split_sentences

WITHDRAWN = "withdrawn"  # a paper's mark in lists
MAX_SENTENCE = 300  # characters
_WORD = re.compile(r"\b(?:withdrawn|retracted)\b", re.IGNORECASE)
_PAPER = r"(?:paper|article|submission|manuscript|preprint|work|version|report|thesis|note)"
# "This paper has been withdrawn by its authors", "Withdrawn due to an error", "Paper withdrawn".
_WITHDRAWN = re.compile(
    rf"(?:\b(?:this|the|our)\s+(?:\w+\s+)?{_PAPER}\s+(?:is|was|has\s+been)(?:\s+now)?\s+"
    rf"|^(?:\W*(?:{_PAPER}|has\s+been|is|was)\b\s*)*\W*)"
    r"(?:withdrawn|retracted)\b(?!\s+(?:from|submission|paper))",
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
        if _WITHDRAWN.search(sentence) or _FROM_ARXIV.search(sentence):
            line = " ".join(sentence.split())
            return line if len(line) <= MAX_SENTENCE else f"{line[: MAX_SENTENCE - 1]}…"
    return ""
