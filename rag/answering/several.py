"""Puts the answers to several questions of one message together, with one list of sources."""

from collections.abc import Sequence
from dataclasses import replace

from rag.records import Answer, Citation, Question
from rag.text.brackets import brackets_of, find_markers, marked
from rag.text.shorten import shorten
from rag.text.words import enumerated

MAX_QUESTIONS = 3  # answered at a time
MAX_HEADING = 120  # characters of a question above its answer


def together(
    question: Question,
    answers: Sequence[Answer],
    *,
    unanswered: Sequence[str] = (),
    off_topic: Sequence[str] = (),
) -> Answer:
    """Return the answer to a message that asks several questions; each stands above its answer.

    The notes say which questions are `unanswered`, being too many, and which are `off_topic`.
    """
    numbers: dict[str, int] = {}  # of each paper
    citations: dict[int, Citation] = {}
    texts = []
    for answer in answers:
        renumbered = {}
        for citation in answer.citations:
            n = numbers.setdefault(citation.paper.paper_id, len(numbers) + 1)
            renumbered[citation.n] = n
            citations.setdefault(n, replace(citation, n=n))
        heading = f"“{shorten(answer.question.text, MAX_HEADING)}”"
        texts.append(f"{heading}\n{_renumbered(answer, renumbered)}")
    notes = list(dict.fromkeys(answer.note for answer in answers if answer.note))
    if unanswered:
        asked = _all_quoted(unanswered)
        notes.append(f"I answer {MAX_QUESTIONS} questions at a time: ask {asked} again.")
    if off_topic:
        notes.append(f"I answer from papers alone, so I left out {_all_quoted(off_topic)}.")
    hits = {hit.paper.paper_id: hit for answer in reversed(answers) for hit in answer.hits}
    return replace(
        answers[0],
        question=question,
        standalone="\n".join(answer.standalone for answer in answers),
        translation="",
        understood="; then: ".join(answer.understood for answer in answers),
        read_as=f"{len(answers) + len(unanswered)} questions",
        text="\n\n".join(texts),
        citations=tuple(citations[n] for n in sorted(citations)),
        hits=tuple(sorted(hits.values(), key=lambda hit: -hit.score)),
        evidence=tuple(sentence for answer in answers for sentence in answer.evidence),
        refused=all(answer.refused for answer in answers),
        is_chat=all(answer.is_chat for answer in answers),
        support=None,
        seconds=sum(answer.seconds for answer in answers),
        understand_seconds=sum(answer.understand_seconds for answer in answers),
        note=" ".join(notes),
        more=0,
        brief_from=(),
        silent_paper=next((a.silent_paper for a in answers if a.silent_paper), None),
        questions=len(answers),
    )


def _all_quoted(questions: Sequence[str]) -> str:
    return enumerated(f"“{shorten(text, MAX_HEADING)}”" for text in questions)


def _renumbered(answer: Answer, numbers: dict[int, int]) -> str:
    """Return the text with other numbers in its markers; what papers have in brackets stays."""
    text, parts, done = answer.text, [], 0
    own = brackets_of(tuple(citation.paper for citation in answer.citations))
    for match in find_markers(text, own, given=numbers):
        new = [numbers[n] for n in marked(match[1]) if n in numbers]
        before = match[0][: len(match[0]) - len(match[0].lstrip())]
        parts += [text[done : match.start()], before, ", ".join(map(str, new)).join("[]")]
        done = match.end()
    return "".join([*parts, text[done:]])
