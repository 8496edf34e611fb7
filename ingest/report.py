"""What an ingest or a sync did."""

from collections import Counter
from dataclasses import dataclass, field

from ingest.sources.record import PageRead, SetAside
from rag.store.upsert import Upserted

SHOWN = 5  # reasons listed before "and N more"


@dataclass(slots=True)
class Report:
    """Counts of one ingest, and every record that did not fit with its reason."""

    source: str
    upserted: Upserted = field(default_factory=Upserted)
    embedded: int = 0
    set_aside: list[SetAside] = field(default_factory=list)
    pages: Counter[str] = field(default_factory=Counter)
    empty: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def note(self, page: PageRead) -> None:
        """Count a page by its state, and name it where it was empty."""
        self.pages[page.state] += 1
        if page.state == "empty":
            self.empty.append(page.name)

    @property
    def read(self) -> int:
        """How many papers the source held."""
        return self.upserted.new + self.upserted.changed + self.upserted.unchanged

    @property
    def damage(self) -> str:
        """What of the file could not be read at all, or nothing."""
        broken = [record for record in self.set_aside if record.broken]
        if not broken:
            return ""
        more = f" (and {len(broken) - 1:,} more like it)" if len(broken) > 1 else ""
        return f"{broken[0].record} of {self.source} is damaged, {broken[0].reason}{more}"

    def __str__(self) -> str:
        done = self.upserted
        noun = "paper" if self.read == 1 else "papers"
        text = (
            f"{self.source}: {self.read:,} {noun} read: {done.new:,} new, "
            f"{done.changed:,} changed, {done.unchanged:,} known; {self.embedded:,} indexed"
        )
        if self.set_aside:
            text += f"; {len(self.set_aside):,} set aside"
        for state in ("unchanged", "settled"):
            if count := self.pages[state]:
                text += f"; {count:,} {'list' if count == 1 else 'lists'} {state}"
        if self.empty:
            text += f"; empty so far: {', '.join(self.empty)}"
        return f"{text} ({self.seconds:.1f} s)"

    def reasons(self) -> list[str]:
        """Return a line for each whole record that was set aside, for the first few at least."""
        fitting = [record for record in self.set_aside if not record.broken]
        lines = [f"set aside: {a.record}: {a.reason}" for a in fitting[:SHOWN]]
        if len(fitting) > SHOWN:
            lines.append(
                f"… and {len(fitting) - SHOWN:,} more: `paperboy ingest --list-set-aside` has all"
            )
        return lines


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did; `identified` papers were known by their title alone until then."""

    new: int
    recounted: int
    identified: int
    set_aside: int
    embedded: int
    empty: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        noun = "paper" if self.new == 1 else "papers"
        text = f"+{self.new:,} {noun}, {self.recounted:,} upvotes changed"
        text += f", {self.set_aside:,} set aside"
        if self.identified:
            text += f", {self.identified:,} found by their title"
        if self.empty:
            text += f"; empty so far: {', '.join(self.empty)}"
        return f"{text} ({self.seconds:.1f} s)"
