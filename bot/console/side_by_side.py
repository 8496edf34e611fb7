"""What a language model adds: each question answered twice, by quotes and by the model."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from bot.console.metrics import answered, known_item
from bot.console.readability import unreadable
from bot.json_rows import Row, answer_row
from rag.pipeline import PaperQA
from rag.records import Answer, Question

ALL = "all"  # kinds of questions together
FAILED = "failed"  # the model or the check broke off, as the answer's note says

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Pair:
    """A question of a set with its quoted answer and with the one that a person gets in the end.

    `asked` says whether the model was asked: it is not about refusals and most lists.
    """

    item: Mapping[str, Any]
    quoted: Answer
    final: Answer
    asked: bool

    @property
    def kind(self) -> str:
        """The kind of question, as the set names it."""
        return "known-item" if "gold_arxiv_id" in self.item else self.item.get("kind", "answerable")

    @property
    def raw(self) -> str:
        """All that the model wrote, "" if nothing."""
        return self.final.writing.raw if self.final.writing else ""

    @property
    def written(self) -> str:
        """The text of the model that is shown, without the list below a brief; "" if none is."""
        if not self.replaced or self.final.refused:
            return ""
        text = self.final.text
        return text.partition("\n\n")[0] if self.final.brief_from else text

    @property
    def stayed(self) -> str:
        """Why the quotes stayed, in a word; "" if they did not, or if the model was not asked."""
        if not self.asked:
            return ""
        return self.final.writing.kept_quotes if self.final.writing else FAILED

    @property
    def replaced(self) -> bool:
        """Whether what the model wrote is shown: an answer, a refusal, or a brief above a list."""
        return self.asked and not self.stayed


def ask_twice(quoting: PaperQA, writing: PaperQA, item: Mapping[str, Any], asked: Question) -> Pair:
    """Return the answer of the one without a model and the finished answer of the one with it."""
    quoted, to_write = quoting.ask(asked), writing.ask(asked)
    is_asked = writing.can_write(to_write)  # no longer, once the model has broken off for good
    return Pair(item, quoted, writing.written(to_write), is_asked)


def pair_row(pair: Pair) -> Row:
    """Return one line of `paperboy eval --written --json`."""
    return {
        "id": pair.item.get("id"),
        "kind": pair.kind,
        "question": pair.quoted.question.text,
        "asked": pair.asked,
        "stayed": pair.stayed,
        "unreadable": unreadable(pair.written) if pair.written else "",
        "raw": pair.raw,
        "raw_unreadable": unreadable(pair.raw) if pair.raw else "",
        "removed": pair.final.writing.removed if pair.final.writing else 0,
        "tokens": pair.final.writing.tokens if pair.final.writing else 0,
        "note": pair.final.note,
        "quoted": answer_row(pair.quoted) | {"figures": _judge(pair.item, pair.quoted)},
        "written": answer_row(pair.final) | {"figures": _judge(pair.item, pair.final)},
    }


def compare_figures(pairs: Sequence[Pair]) -> dict[str, dict[str, Figures]]:
    """Return, for each kind of question and for all, the figures "quoted" and "written".

    Shares are means over the questions, `seconds` the median until the final answer, `tokens` the
    median of those that the model wrote for one, everything else counts.
    """
    by_kind: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_kind[pair.kind].append(pair)
    figures = {
        kind: {
            "quoted": _means([_judge(p.item, p.quoted) for p in some])
            | _seconds([p.quoted for p in some]),
            "written": _means([_judge(p.item, p.final) for p in some])
            | _seconds([p.final for p in some])
            | _writing(some),
        }
        for kind, some in by_kind.items()
    }
    everything = {
        "quoted": _seconds([p.quoted for p in pairs]),
        "written": _seconds([p.final for p in pairs]) | _writing(pairs),
    }
    return figures | {ALL: everything}


def comparison_lines(figures: Mapping[str, Mapping[str, Figures]]) -> list[str]:
    """Return a table for each kind of question: a figure a line, quoted beside written."""
    lines: list[str] = []
    for kind, sides in figures.items():
        lines += [*[""] * bool(lines), f"{kind:30}{'quoted':>10}{'written':>10}"]
        for name in dict.fromkeys([*sides["quoted"], *sides["written"]]):
            cells = (sides[side].get(name) for side in ("quoted", "written"))
            lines.append(f"  {name:28}" + "".join(f"{_cell(value):>10}" for value in cells))
    return lines


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _judge(item: Mapping[str, Any], answer: Answer) -> Figures:
    """Return an answer's figures, without its length, which says nothing about its quality."""
    judge = known_item if "gold_arxiv_id" in item else answered
    return {k: v for k, v in judge(item, answer_row(answer)).items() if k != "words"}


def _means(judged: Sequence[Figures]) -> Figures:
    names = dict.fromkeys(name for figures in judged for name in figures)
    return {"questions": len(judged)} | {
        name: round(mean(f[name] for f in judged if name in f), 4) for name in names
    }


def _seconds(answers: Sequence[Answer]) -> Figures:
    return {"seconds": round(median(a.seconds for a in answers), 3)} if answers else {}


def _writing(pairs: Sequence[Pair]) -> Figures:
    """Return what became of the model's texts."""
    writings = [pair.final.writing for pair in pairs if pair.final.writing]
    stayed = Counter(pair.stayed for pair in pairs if pair.stayed)
    return {
        "asked": sum(pair.asked for pair in pairs),
        "replaced": sum(pair.replaced for pair in pairs),
        "stayed": stayed.total(),
        **{f"stayed: {why}": count for why, count in stayed.most_common()},
        "unreadable": sum(bool(p.written and unreadable(p.written)) for p in pairs),
        "unreadable before the checks": sum(bool(p.raw and unreadable(p.raw)) for p in pairs),
        "removed sentences": sum(writing.removed for writing in writings),
        "tokens": round(median(writing.tokens for writing in writings)) if writings else 0,
    }
