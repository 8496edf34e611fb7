"""Builds the index of a newly configured embedding model while the one before answers."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

from ingest.sync import build_next_index
from rag.errors import PaperboyError, StoppedError
from rag.library import Library

log = logging.getLogger(__name__)

BUILT = "The index of {} is built: it answers from now on."


@contextlib.contextmanager
def building_index(library: Library, tell: Callable[[str], None]) -> Iterator[None]:
    """Build the next index, if there is one, in a thread beside what runs in this block.

    What is not finished at its end is continued at the next start.
    """
    if not library.next_embedder:
        yield
        return
    stopping = threading.Event()

    def check_stop(stage: str, done: int, total: int | None) -> None:
        if stopping.is_set():
            raise StoppedError(f"stopped {stage} after {done:,} of {total:,} papers.")

    def build() -> None:
        try:
            build_next_index(library, progress=check_stop)
        except StoppedError:
            return
        except PaperboyError as error:
            log.warning("the new index cannot be built: %s", error)
        except Exception:  # the index before goes on answering
            log.exception("building the new index")
        else:
            tell(BUILT.format(library.embedder.name))

    thread = threading.Thread(target=build, name="index-builder")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
