"""The results of an ingest and of a sync, as text for people."""

from collections import Counter
from dataclasses import dataclass, field

from ingest.sources.source import LeftOut, PageEnd, SetAside
from rag.store.upsert import UpsertCounts

MAX_REASONS = 5  # reasons before "and N more"


@dataclass(slots=True)
class IngestReport:
    """Counts of one ingest, and the records that were set aside."""

    source: str
    upserted: UpsertCounts = field(default_factory=UpsertCounts)
    embedded: int = 0
    set_aside: list[SetAside] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    pages: Counter[str] = field(default_factory=Counter)
    empty: list[str] = field(default_factory=list)
    seconds: float = 0.0

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
        broken = [record for record in self.set_aside if record.broken]
        if not broken:
            return ""
        more = f" (and {len(broken) - 1:,} more like it)" if len(broken) > 1 else ""
        return f"{broken[0].record} of {self.source} is damaged, {broken[0].reason}{more}"

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
        if len(invalid) > MAX_REASONS:
            more = f"{len(invalid) - MAX_REASONS:,} more"
            lines.append(f"… and {more}: `paperboy ingest --list-set-aside` has all")
        lines += [f"left out: {a.record}: {a.reason}" for a in self.left_out[:MAX_REASONS]]
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
