"""Briefs: a paragraph that the model writes about the papers of a list, to stand above the list."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.grounding.citations import check, renumber
from rag.records import Evidence, Passage, Writing
from rag.text.brackets import brackets_of

MIN_BRIEFED = 3  # in a list, for a brief about it
MAX_BRIEFED = 10  # that a brief is written from
MIN_SENTENCES = 2  # that pass the check
# Stands in place of the question, so that the chat begins as every other one does.
REQUEST = (
    "What is new in these papers? Write one paragraph of 80 to 120 words in four to six sentences, "
    "for somebody who has one minute. Each sentence is about one paper or about what several have "
    "in common."
)


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief as far as it is written; "" if there is none. `note` says what was taken out.

    `writing` is what the model did, once it has finished; None after a failure.
    """

    text: str = ""
    note: str = ""
    finished: bool = False
    writing: Writing | None = None


def passages_of_list(sentences: Sequence[Evidence]) -> list[Passage]:
    """Return a passage per paper, with the numbers of the list."""
    return [Passage(n, sentence.paper, (sentence,)) for n, sentence in enumerate(sentences, 1)]


def clean(text: str, passages: Sequence[Passage]) -> str:
    """Return the text in one paragraph, without links; the numbers stay those of the list."""
    text, citations = check(text, passages)
    own = brackets_of(tuple(passage.paper for passage in passages))
    numbers = {passage.paper.paper_id: passage.n for passage in passages}
    return " ".join(
        renumber(text, {c.n: numbers[c.paper.paper_id] for c in citations}, own).split()
    )
