"""The results of an ingest and of a sync, as text for people."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ingest.sources.source import LeftOut, PageEnd, SetAside
from rag.store.upsert import UpsertCounts

MAX_REASONS = 5  # reasons before "and N more"
MAX_KEPT = 1_000  # records of a source that are kept with their reasons; the others are counted

T = TypeVar("T")


class Kept(Generic[T]):
    """The first MAX_KEPT of any number of things, and the number of all."""

    def __init__(self) -> None:
        self.first: list[T] = []
        self._count = 0

    def append(self, thing: T) -> None:
        """Count a thing, and keep it if it is among the first."""
        self._count += 1
        if len(self.first) < MAX_KEPT:
            self.first.append(thing)

    def __len__(self) -> int:
        """Return the number of all."""
        return self._count

    def __iter__(self) -> Iterator[T]:
        """Iterate over the first ones."""
        return iter(self.first)


@dataclass(slots=True)
class IngestReport:
    """Counts of one ingest, and the records that were set aside."""

    source: str
    upserted: UpsertCounts = field(default_factory=UpsertCounts)
    embedded: int = 0
    set_aside: Kept[SetAside] = field(default_factory=Kept)
    damaged: Kept[SetAside] = field(default_factory=Kept)  # those of them that are broken
    left_out: Kept[LeftOut] = field(default_factory=Kept)
    pages: Counter[str] = field(default_factory=Counter)
    empty: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def reject(self, record: SetAside) -> None:
        """Count a record that was set aside."""
        self.set_aside.append(record)
        if record.broken:
            self.damaged.append(record)

    def count_page(self, page: PageEnd) -> None:
        """Count a page by its state, and remember its name if it is empty."""
        self.pages[page.state] += 1
        if page.state == "empty":
            self.empty.append(page.name)

    @property
    def read(self) -> int:
        """The number of papers that the source yielded."""
        return self.upserted.new + self.upserted.changed + self.upserted.unchanged

    @property
    def damage(self) -> str:
        """The part of a file that is damaged, as text; "" if there is none."""
        count = len(self.damaged)
        if not count:
            return ""
        more = f" (and {count - 1:,} more like it)" if count > 1 else ""
        first = self.damaged.first[0]
        return f"{first.record} of {self.source} is damaged, {first.reason}{more}"

    def __str__(self) -> str:
        counts = self.upserted
        noun = "paper" if self.read == 1 else "papers"
        text = (
            f"{self.source}: {self.read:,} {noun} read: {counts.new:,} new, "
            f"{counts.changed:,} changed, {counts.unchanged:,} known; {self.embedded:,} indexed"
        )
        if self.set_aside:
            text += f"; {len(self.set_aside):,} set aside"
        if self.left_out:
            text += f"; {_values(len(self.left_out))} left out"
        for state in ("unchanged", "settled"):
            if count := self.pages[state]:
                text += f"; {count:,} {'list' if count == 1 else 'lists'} {state}"
        if self.empty:
            text += f"; empty so far: {', '.join(self.empty)}"
        return f"{text} ({self.seconds:.1f} s)"

    def reasons(self) -> list[str]:
        """Return a line for each of the first undamaged records and values that are missing."""
        invalid = [record for record in self.set_aside if not record.broken]
        lines = [f"set aside: {a.record}: {a.reason}" for a in invalid[:MAX_REASONS]]
        if more := len(self.set_aside) - len(self.damaged) - len(lines):
            which = "all" if len(self.set_aside) <= MAX_KEPT else f"the first {MAX_KEPT:,}"
            lines.append(f"… and {more:,} more: `paperboy ingest --list-set-aside` has {which}")
        lines += [f"left out: {a.record}: {a.reason}" for a in self.left_out.first[:MAX_REASONS]]
        if len(self.left_out) > MAX_REASONS:
            lines.append(f"… and {_values(len(self.left_out) - MAX_REASONS)} more")
        return lines


def _values(count: int) -> str:
    return f"{count:,} {'value' if count == 1 else 'values'}"


@dataclass(frozen=True, slots=True)
class SyncReport:
    """Counts of one sync; `identified` papers had no arXiv id before."""

    new: int
    recounted: int
    identified: int
    set_aside: int
    left_out: int
    embedded: int
    empty: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        noun = "paper" if self.new == 1 else "papers"
        text = f"+{self.new:,} {noun}, {self.recounted:,} upvotes changed"
        text += f", {self.set_aside:,} set aside"
        if self.left_out:
            text += f", {_values(self.left_out)} left out"
        if self.identified:
            text += f", {self.identified:,} found by their title"
        if self.empty:
            text += f"; empty so far: {', '.join(self.empty)}"
        return f"{text} ({self.seconds:.1f} s)"
