"""What an ingest did."""

from dataclasses import dataclass, field

from ingest.sources.record import SetAside
from rag.catalog import Upserted

SHOWN = 5  # reasons listed before "and N more"


@dataclass(slots=True)
class Report:
    """Counts of one ingest, and every record that did not fit with its reason."""

    source: str
    upserted: Upserted = field(default_factory=Upserted)
    embedded: int = 0
    set_aside: list[SetAside] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def read(self) -> int:
        """How many papers the source held."""
        return self.upserted.new + self.upserted.changed + self.upserted.unchanged

    @property
    def is_damaged(self) -> bool:
        """Whether a part of the file could not be read at all."""
        return any(record.broken for record in self.set_aside)

    def __str__(self) -> str:
        done = self.upserted
        text = (
            f"{self.source}: {self.read:,} papers read: {done.new:,} new, "
            f"{done.changed:,} changed, {done.unchanged:,} known; {self.embedded:,} indexed"
        )
        if self.set_aside:
            text += f"; {len(self.set_aside):,} set aside"
        return f"{text} ({self.seconds:.1f} s)"

    def reasons(self) -> list[str]:
        """Return a line for each record set aside, the first few in full."""
        lines = [f"set aside: {a.record}: {a.reason}" for a in self.set_aside[:SHOWN]]
        if len(self.set_aside) > SHOWN:
            lines.append(f"… and {len(self.set_aside) - SHOWN:,} more")
        return lines
