"""An ingest with both of its steps: the papers, and the sentences that otherwise follow later."""

from ingest.report import IngestReport
from ingest.sources.source import Source
from ingest.sync import index_pending, index_sentences, ingest
from rag.library import Library


def ingest_both(source: Source, library: Library) -> IngestReport:
    """Store and index a source's papers and all sentences that are due."""
    report = ingest(source, library)
    index_sentences(library, progress=lambda *_: None)
    return report


def index_all(library: Library) -> None:
    """Index all pending papers and all sentences that are due."""
    index_pending(library, progress=lambda *_: None)
    index_sentences(library, progress=lambda *_: None)
