"""What each hand-written rule is worth: what changes when that one is off.

    python -m tests.benchmarks.rules --starter S [--drop]

Prints Markdown. A rule's worth on a set is the number of mistakes that it prevents less the number
that it makes there. A mistake is a question without an answer that is not refused, or one with an
answer that is refused or answered wrong. S is a data folder with the starter set. The rules that
check sentences are signs of a regression now: `python -m tests.benchmarks.grounding` weighs them.

The criterion, which was written before any figure was seen: a rule stays if its worth on the new
set (rules.jsonl) is at least 2. One that changes nothing there stays if its worth on the older set
that nothing was chosen by (own.jsonl) is at least 2. With
--drop the worst rule that fails is dropped and the others are measured again, until all that are
left pass, because one rule can hide what another is worth.

In the tables "unused" is a rule that changes nothing on any set. The patterns of the parser are
mostly unused, since these questions hardly ask for dates, authors and orders: the tests of
rag/query judge them.

A rule is switched off by putting something else in place of a function or a pattern of its module.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from bot.console.metrics import answered
from bot.json_rows import answer_row
from rag.answering import answerability
from rag.config import RagConfig
from rag.library import Library
from rag.pipeline import PaperQA
from rag.query import parser, window

QUESTIONS = Path(__file__).resolve().parents[1] / "questions"
NEW, OLDER = "rules", ("own",)
WORTH = 2  # mistakes that a rule prevents, less those it makes
TODAY = date(2025, 12, 8)
NEVER = re.compile(r"(?!)")


@dataclass(frozen=True)
class Rule:
    """A rule, what to put in place of it, and the texts that it can matter to."""

    name: str
    off: tuple[tuple[ModuleType, str, Any], ...]
    pattern: re.Pattern[str] | None = None  # None: any

    def concerns(self, text: str) -> bool:
        return self.pattern is None or bool(self.pattern.search(text))


Marks = Mapping[str, bool]  # by sentence or question: whether it was judged right
Measure = Callable[[Sequence[Rule]], dict[str, Marks]]  # the marks of each set with these off


@dataclass(frozen=True)
class Change:
    """What changes in a set when a rule is off: wrong to right, and right to wrong."""

    mended: int
    broken: int

    @property
    def worth(self) -> int:
        return self.broken - self.mended

    def __str__(self) -> str:
        return f"{self.broken} / {self.mended}" if self.broken or self.mended else "–"


@contextmanager
def switched_off(rules: Iterable[Rule]) -> Iterator[None]:
    """Switch some rules off; those that are entries of one list go together."""
    with ExitStack() as stack:
        for rule in rules:
            for module, name, value in rule.off:
                now = getattr(module, name)
                put = [entry for entry in now if entry != value] if type(now) is list else value
                stack.enter_context(patch.object(module, name, put))
        yield


def no(*_: object) -> bool:
    return False


def question_rules() -> list[Rule]:
    """Return the patterns of answerability and of the parser, those of one list one by one."""
    rules = [
        Rule(f"{title}: {label}", ((parser, name, (label, pattern)),), pattern)
        for title, name in (
            ("order", "_ORDERS"), ("order among some", "_COMPARED"), ("fact", "_FACTS")
        )
        for label, pattern in getattr(parser, name)
    ]  # fmt: skip
    for title, module, name in (
        ("author count", parser, "_COUNTED"),
        ("authors as people", parser, "_BY_PEOPLE"),
        ("no author count", parser, "_UNCOUNTED"),
        ("how many papers", parser, "_HOW_MANY"),
        ("prolific", parser, "_PROLIFIC"),
        ("several papers", parser, "_SEVERAL"),
        ("a time", window, "_TIMELY"),
        ("number of what is counted", answerability, "_HOW_MANY"),
        ("names that the paper lacks", answerability, "_NAMELIKE"),
    ):
        rules.append(Rule(title, ((module, name, NEVER),), getattr(module, name)))
    return rules


class Questions:
    """The questions on the starter set; only those that a rule can matter to are asked again."""

    def __init__(self, library: Library) -> None:
        self.qa = PaperQA(library, RagConfig(), today=lambda: TODAY)
        self.items = {
            name: [
                json.loads(line)
                for line in (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
            ]
            for name in ("rules", "calibration", "own")
        }
        self.known: dict[frozenset[str], dict[str, Marks]] = {}

    def marks(self, off: Sequence[Rule]) -> dict[str, Marks]:
        key = frozenset(rule.name for rule in off)
        if key in self.known:
            return self.known[key]
        base = next(
            ((k, marks) for k, marks in self.known.items() if len(key - k) == 1 and k <= key),
            None,
        )
        changed = [rule for rule in off if base and rule.name not in base[0]]
        with switched_off(off):
            self.known[key] = {
                name: {
                    item["question"]: (
                        self._right(item)
                        if base is None or any(r.concerns(item["question"]) for r in changed)
                        else base[1][name][item["question"]]
                    )
                    for item in items
                }
                for name, items in self.items.items()
            }
        return self.known[key]

    def _right(self, item: dict[str, Any]) -> bool:
        answer = self.qa.ask(item["question"])
        if item.get("kind") == "unanswerable":
            return answer.refused
        if "must_contain" not in item:
            return not answer.refused
        gold = item | {"kind": "answerable", "gold_titles": [item["paper"]]}
        return bool(answered(gold, answer_row(answer))["answer right"])


def changes(before: Mapping[str, Marks], after: Mapping[str, Marks]) -> dict[str, Change]:
    return {
        name: Change(
            mended=sum(after[name][key] and not right for key, right in marks.items()),
            broken=sum(right and not after[name][key] for key, right in marks.items()),
        )
        for name, marks in before.items()
    }


def stays(found: Mapping[str, Change]) -> bool:
    """The criterion."""
    if found[NEW].broken or found[NEW].mended:
        return found[NEW].worth >= WORTH
    return sum(found[name].worth for name in OLDER if name in found) >= WORTH


def worth(found: Mapping[str, Change]) -> tuple[int, int]:
    return found[NEW].worth, sum(found[name].worth for name in OLDER if name in found)


def measure(
    marks: Measure,
    rules: Sequence[Rule],
    off: Sequence[Rule] = (),
) -> dict[Rule, dict[str, Change]]:
    """Return what changes when each rule is off as well as those that are off already."""
    before = marks(off)
    return {rule: changes(before, marks([*off, rule])) for rule in rules if rule not in off}


def table(found: Mapping[Rule, Mapping[str, Change]]) -> str:
    names = list(next(iter(found.values())))
    rows = [["rule", *names, "stays"], ["---"] * (len(names) + 2)]
    for rule, by_set in found.items():
        name = rule.name.replace("|", "/")
        cells = [str(by_set[n]) for n in names]
        verdict = "yes" if stays(by_set) else "no"
        rows.append([name, *cells, verdict if any(map(_matters, by_set.values())) else "unused"])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def totals(marks: Mapping[str, Marks]) -> str:
    return ", ".join(f"{name} {sum(m.values())} of {len(m)}" for name, m in marks.items())


def report(marks: Measure, rules: Sequence[Rule], *, drop: bool) -> None:
    print(f"Judged right with every rule: {totals(marks([]))}.\n")
    print("Each rule off on its own: mistakes that it prevents / that it makes.\n")
    found = measure(marks, rules)
    print(table(found), flush=True)
    off: list[Rule] = []
    while drop:
        failing = {rule: by_set for rule, by_set in found.items() if not stays(by_set)}
        if not failing:
            break
        # What changes nothing anywhere goes first, as long as that is so of all of it together.
        idle = [r for r, by_set in failing.items() if not any(map(_matters, by_set.values()))]
        for rule in idle or [min(failing, key=lambda rule: worth(failing[rule]))]:
            if not idle or marks([*off, rule]) == marks(off):
                print(f"dropped: {rule.name}: {worth(found[rule])}", file=sys.stderr, flush=True)
                off.append(rule)
        if not (found := measure(marks, rules, off)):
            break
    if drop:
        print(f"\nDropped in this order: {'; '.join(rule.name for rule in off)}.\n")
        print(f"Judged right with what is left: {totals(marks(off))}.\n")
        if found:
            print(table(found))


def _matters(change: Change) -> bool:
    return bool(change.mended or change.broken)


def main() -> None:
    parser_ = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser_.add_argument("--starter", type=Path, metavar="S", required=True)
    parser_.add_argument("--drop", action="store_true")
    given = parser_.parse_args()
    with closing(Library(given.starter, RagConfig(), purpose="the rules")) as library:
        report(Questions(library).marks, question_rules(), drop=given.drop)


if __name__ == "__main__":
    main()
