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
        return f"{text} ({self.seconds:.1f} s)"

    def reasons(self) -> list[str]:
        """Return a line for each whole record that was set aside, for the first few at least."""
        fitting = [record for record in self.set_aside if not record.broken]
        lines = [f"set aside: {a.record}: {a.reason}" for a in fitting[:SHOWN]]
        if len(fitting) > SHOWN:
            lines.append(f"… and {len(fitting) - SHOWN:,} more")
        return lines
