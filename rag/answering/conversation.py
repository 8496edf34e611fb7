"""A conversation as the model reads it: what stands there stays, a turn only adds at the end.

So the model has read all but the last turn already, and its process keeps what it computed then
(the key-value cache). A paper keeps its number through the whole conversation, and a sentence that
was shown is not shown again.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from langchain_core.messages import BaseMessage

from rag.answering.prompt import make_prompt, passages_of
from rag.answering.refusal import REFUSAL
from rag.records import Answer, Evidence, Exchange, Paper, Passage, PromptPassage

NEW_WORDS = 150  # of evidence that a later turn adds: most of it stands there already
_MARKER = re.compile(r" ?\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is asked: earlier `exchanges`, `new` passages, and all that it may cite."""

    exchanges: tuple[Exchange, ...]
    new: tuple[Passage, ...]
    citable: tuple[Passage, ...]
    messages: tuple[BaseMessage, ...]

    def exchange(self, answer: Answer) -> Exchange:
        """Return this turn as later ones will read it, with what people saw as its answer."""
        return Exchange(
            question=self.messages[-1].text,
            answer=REFUSAL if answer.refused else self._numbered(answer),
            shown=tuple(
                PromptPassage(p.n, p.paper.paper_id, tuple(e.sentence for e in p.sentences))
                for p in self.new
            ),
        )

    def _numbered(self, answer: Answer) -> str:
        """Return the text with its markers numbered as the passages are."""
        numbers = {passage.paper.paper_id: passage.n for passage in self.citable}
        cited = {c.n: numbers.get(c.paper.paper_id) for c in answer.citations}

        def number(match: re.Match[str]) -> str:
            n = cited.get(int(match[1]))
            return match[0].replace(match[1], str(n)) if n else ""

        return _MARKER.sub(number, answer.text)


def build_prompt(
    question: str,
    ranked: Sequence[Evidence],
    today: date,
    *,
    exchanges: Sequence[Exchange] = (),
    papers: Mapping[str, Paper] | None = None,
    asker: str = "",
) -> Prompt:
    """Return what to ask after `exchanges`; `papers` are those of its passages that still exist."""
    numbers, sentences = _shown(exchanges)
    new, citable = [], []
    for passage in passages_of(_kept(ranked, sentences) if exchanges else ranked):
        paper_id = passage.paper.paper_id
        n = numbers.setdefault(paper_id, max(numbers.values(), default=0) + 1)
        before = sentences.get(paper_id, ())
        unseen = tuple(e for e in passage.sentences if e.sentence not in before)
        citable.append(replace(passage, n=n))
        if unseen:
            new.append(Passage(n, passage.paper, unseen))
    chosen = {passage.paper.paper_id for passage in citable}
    for paper_id, shown in sentences.items():
        paper = (papers or {}).get(paper_id)
        kept = [s for s in shown if paper and s in paper.abstract]
        if paper and kept and paper_id not in chosen:
            old = tuple(Evidence(paper, s, index, 0.0) for index, s in enumerate(kept, start=1))
            citable.append(Passage(numbers[paper_id], paper, old))
    return Prompt(
        exchanges=tuple(exchanges),
        new=tuple(new),
        citable=tuple(citable),
        messages=tuple(make_prompt(question, new, today, exchanges=exchanges, asker=asker)),
    )


def _kept(ranked: Sequence[Evidence], shown: Mapping[str, list[str]]) -> list[Evidence]:
    """Return the sentences without the faintest of those that would have to be read anew."""
    kept, room = [], NEW_WORDS
    for evidence in ranked:
        is_new = evidence.sentence not in shown.get(evidence.paper.paper_id, ())
        words = len(evidence.sentence.split()) if is_new else 0
        if words <= room:
            kept.append(evidence)
            room -= words
    return kept


def paper_ids(exchanges: Sequence[Exchange]) -> list[str]:
    """Return the ids of the papers that were shown."""
    return list(_shown(exchanges)[0])


def _shown(exchanges: Sequence[Exchange]) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Return each paper's number and the sentences of it that stand in the conversation."""
    numbers: dict[str, int] = {}
    sentences: dict[str, list[str]] = {}
    for exchange in exchanges:
        for shown in exchange.shown:
            numbers[shown.paper_id] = shown.n
            sentences.setdefault(shown.paper_id, []).extend(shown.sentences)
    return numbers, sentences
