"""A pipeline that answers every question with a list of papers, two at a time."""

from collections.abc import Callable
from dataclasses import replace

from rag.pipeline import PaperQA
from rag.records import Answer, Citation, Question

PAGE = 2  # papers


def listing(qa: PaperQA, asked: list[Question]) -> Callable[[Question], Answer]:
    """Return a stand-in for `qa.ask` that notes the questions; numbers go on from page to page."""
    ask = qa.ask

    def answer(question: Question) -> Answer:
        asked.append(question)
        papers = qa.library.catalog.papers()
        shown = list(enumerate(papers, start=1))[question.offset : question.offset + PAGE]
        return replace(
            ask(question),
            text="\n".join(f"{paper.title} [{n}]\n  small words" for n, paper in shown),
            citations=tuple(Citation(n, paper, paper.title) for n, paper in shown),
            evidence=(),
            refused=False,
            more=max(0, len(papers) - question.offset - PAGE),
        )

    return answer
