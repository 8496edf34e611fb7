"""Completes the index before and while questions are answered.

Papers may be missing in it because a run was killed, because an update cleaned their texts, or
because another embedding model was configured.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

from rag.errors import PaperboyError, StoppedError
from rag.library import Library

log = logging.getLogger(__name__)

FOLLOW_SECONDS = 5.0  # between two looks whether the Chroma server has everything
AT_ONCE = 500  # missing papers: indexed before the first question, in less than a minute
BUILT = "The index of {} is built: it answers from now on."


def complete_index(library: Library) -> None:
    """Index the papers that are missing, if they are few. Raises EmbedderError if all are.

    Where a Chroma server serves several processes, the one that writes to it does so.
    """
    missing = library.index.pending_count()
    if not library.owns_index():
        pass
    elif 0 < missing <= AT_ONCE:
        from ingest.sync import index_pending  # what fetches and parses, rarely needed

        index_pending(library, progress=lambda *_: None)
    elif missing:
        log.warning(
            "%s papers are not indexed yet, so that no answer finds them: `paperboy sync` indexes "
            "them, and so does the running bot.",
            f"{missing:,}",
        )
    library.require_indexed()


@contextlib.contextmanager
def building_index(library: Library, tell: Callable[[str], None]) -> Iterator[None]:
    """Index missing papers and build the next index in a thread beside what runs in this block.

    What is not finished at its end is continued at the next start.
    """
    is_changed = library.next_embedder is not None
    is_complete = not (is_changed or library.index.pending_count())
    if is_complete or not library.owns_index():
        yield
        return
    from ingest.sync import build_next_index, index_pending

    stopping = threading.Event()

    def check_stop(stage: str, done: int, total: int | None) -> None:
        if stopping.is_set():
            raise StoppedError(f"stopped {stage} after {done:,} of {total:,} papers.")

    def build() -> None:
        try:
            index_pending(library, progress=check_stop)
            build_next_index(library, progress=check_stop)
        except StoppedError:
            return
        except PaperboyError as error:
            log.warning("the index cannot be built: %s", error)
        except Exception:  # the index before goes on answering
            log.exception("building the index")
        else:
            if is_changed:
                tell(BUILT.format(library.embedder.name))

    thread = threading.Thread(target=build, name="index-builder")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


@contextlib.contextmanager
def following_index(library: Library) -> Iterator[None]:
    """Keep a Chroma server up to date in a thread beside what runs in this block.

    Whichever process owns the index does so; if it ends, another one takes its place. Without a
    server, nothing has to be done.
    """
    if not library.is_shared:
        yield
        return
    stopping = threading.Event()

    def follow() -> None:
        while not stopping.wait(FOLLOW_SECONDS):
            try:
                library.follow_index()
            except Exception:  # such as a database that is locked for too long
                log.exception("bringing the Chroma server up to date")

    thread = threading.Thread(target=follow, name="index-follower")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
