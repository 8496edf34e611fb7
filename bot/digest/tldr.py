"""One sentence that says what a paper is about, taken from its record and never made up."""

from rag.records import Paper
from rag.sentences import gist, split_sentences


def tldr_of(paper: Paper) -> str:
    """Return the first sentence of Hugging Face's summary, else the abstract's own gist."""
    for sentence in split_sentences(" ".join((paper.tldr or "").split())):
        return sentence
    return gist(" ".join(paper.abstract.split()))
