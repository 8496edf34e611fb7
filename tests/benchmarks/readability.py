"""How well bot/console/readability.py tells readable answers from unreadable ones.

    python -m tests.benchmarks.readability [--show]

The answers of tests/questions/written were written by hand: the good ones are readable, the bad
ones of five kinds are not. The bounds were chosen with the first two of every three in view; the
third is held out. --show prints the wrong decisions.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.console.readability import unreadable

FOLDER = Path(__file__).parents[1] / "questions" / "written"
UNREADABLE = ("loop", "header", "roles", "unfinished", "shapeless")  # kinds of bad answers
GOOD = "good"


@dataclass(frozen=True)
class Judged:
    """A hand-written answer, what it is, and what the judge says of it."""

    id: str
    text: str
    kind: str
    held_out: bool
    found: str

    @property
    def is_wrong(self) -> bool:
        return bool(self.found) != (self.kind != GOOD)


def judged(folder: Path = FOLDER) -> Iterator[Judged]:
    """Judge every answer whose readability is known."""
    for path in sorted(folder.glob("*.jsonl")):
        for n, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            item = json.loads(line)
            kind = GOOD if path.name.startswith(GOOD) else item["kind"]
            if kind in (GOOD, *UNREADABLE):
                text = item["answer"]
                yield Judged(item["id"], text, kind, n % 3 == 2, unreadable(text))


def precision_and_recall(answers: list[Judged]) -> tuple[float, float]:
    """Return the share of the found ones that are unreadable, and of the unreadable ones found."""
    found = [a for a in answers if a.found]
    bad = [a for a in answers if a.kind != GOOD]
    hits = sum(a.kind != GOOD for a in found)
    return hits / len(found), hits / len(bad)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    answers = list(judged())
    for name, is_held_out in (("in view", False), ("held out", True)):
        some = [a for a in answers if a.held_out == is_held_out]
        precision, recall = precision_and_recall(some)
        print(f"{name}: precision {precision:.3f}, recall {recall:.3f}")
        for kind in (GOOD, *UNREADABLE):
            of_kind = [a for a in some if a.kind == kind]
            print(f"  {kind:10} {sum(bool(a.found) for a in of_kind):3} of {len(of_kind):3} found")
    if options.show:
        for a in answers:
            if a.is_wrong:
                print(f"{a.id} {a.kind} → {a.found or 'readable'}: {a.text}")


if __name__ == "__main__":
    main()
