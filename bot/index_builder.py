"""Completes the index before and while questions are answered.

Papers may be missing in it because a run was killed, because an update cleaned their texts, or
because another embedding model was configured. The sentences of new papers always follow later.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator

from rag.errors import PaperboyError, StoppedError
from rag.library import Library

log = logging.getLogger(__name__)

FOLLOW_SECONDS = 5.0  # between two looks whether the Chroma server has everything
AT_ONCE = 500  # missing papers: indexed before the first question, in less than a minute
LOOK_SECONDS = 5.0  # between two looks for papers that were added
SENTENCES_BETWEEN_QUESTIONS = 64  # about a third of a second
GIVE_WAY_SECONDS = 5.0  # of waiting for people, again after every few sentences
STOP_SECONDS = 0.2  # until a builder that waits notices that it is to stop
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
    """Complete the index in a thread beside what runs in this block, while nobody is answered.

    That is: index missing papers, build the next index, and encode the sentences of all papers that
    are added meanwhile. What is not finished at the end is continued at the next start.
    """
    builder = IndexBuilder(library, tell)
    thread = threading.Thread(target=builder.run, name="index-builder")
    thread.start()
    try:
        yield
    finally:
        builder.stopping.set()
        thread.join()


class IndexBuilder:
    """Completes the index until `stopping` is set; `run` is a thread's work."""

    def __init__(self, library: Library, tell: Callable[[str], None]) -> None:
        self.library = library
        self.tell = tell
        self.stopping = threading.Event()

    def run(self) -> None:
        """Build what is missing, then look for new papers every LOOK_SECONDS."""
        build, said = self._build_all, ""
        while not self.stopping.is_set():
            try:
                if self.library.owns_index():
                    build()
                    build = self._build_sentences
            except StoppedError:
                return
            except PaperboyError as error:  # such as a full disk: try again, but say it once
                if str(error) != said:
                    said = str(error)
                    log.warning("the index cannot be built: %s", said)
            except Exception:  # the index before goes on answering
                log.exception("building the index")
                return
            self.stopping.wait(LOOK_SECONDS)

    def _build_all(self) -> None:
        library = self.library
        if library.index.pending_count() or library.next_embedder:
            from ingest.sync import build_next_index, index_pending

            is_changed = library.next_embedder is not None
            index_pending(library, progress=self._check_stop)
            build_next_index(library, progress=self._check_stop)
            if is_changed:
                self.tell(BUILT.format(library.embedder.name))
        self._build_sentences()

    def _build_sentences(self) -> None:
        """Encode the sentences that are due, and add to Chroma what questions have encoded."""
        index = self.library.index
        if index.has_due():
            from ingest.sync import index_sentences

            index_sentences(
                self.library, progress=self._give_way, at_once=SENTENCES_BETWEEN_QUESTIONS
            )
        index.catch_up()

    def _give_way(self, stage: str, done: int, total: int | None) -> None:
        """Wait while people are answered, but not for ever. Raises StoppedError at the end."""
        ends_at = time.monotonic() + GIVE_WAY_SECONDS
        while not self.stopping.is_set() and time.monotonic() < ends_at:
            if self.library.turns.wait(STOP_SECONDS):
                break
        self._check_stop(stage, done, total)

    def _check_stop(self, stage: str, done: int, total: int | None) -> None:
        if self.stopping.is_set():
            raise StoppedError(f"stopped {stage} after {done:,} of {total:,} papers.")


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
