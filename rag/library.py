"""An open data folder: the catalogue at once, the index and the models when first needed."""

import contextlib
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Condition, Lock

from filelock import FileLock, Timeout

from rag.config import RagConfig
from rag.encoders.embedder import BUNDLED_NAME, Embedder, load_embedder, model_of, name_of
from rag.encoders.word_vectors import WordVectors
from rag.errors import DataFolderError, EmbedderError, IndexInUseError, VectorServerError
from rag.full_text.store import FullTexts
from rag.grounding.checker import Grounding
from rag.grounding.judge import load_judge
from rag.retrieval.backend import Backends
from rag.retrieval.chroma import ChunkVectors, folder_of
from rag.retrieval.chroma_server import TOKEN_VARIABLE, ServerVectors, VectorServer
from rag.retrieval.counts import fuller_embedder, is_complete
from rag.retrieval.index import Index
from rag.retrieval.paper_encoder import PaperEncoder
from rag.retrieval.reranker import Reranker, load_reranker
from rag.retrieval.retriever import HybridRetriever
from rag.store.catalog import Catalog
from rag.store.cleaning import clean_stored_papers
from rag.store.database import Migrations, open_database
from rag.store.keywords import KeywordIndex
from rag.store.migrations import MIGRATIONS
from rag.store.private_files import PRIVATE_FILE, PRIVATE_FOLDER, restrict, write_anew

log = logging.getLogger(__name__)

DATABASE_NAME = "paperboy.sqlite"
MAX_OWNER_BYTES = 1_000
# How long to wait for a process that is closing the index. Few are: starting Python took a second.
LOCK_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class EmbeddedIndex:
    """An index, the whole papers beside it, and the embedding model whose vectors both have."""

    embedder: Embedder
    encoder: PaperEncoder
    index: Index
    full_texts: FullTexts

    def follow(self) -> None:
        """Make Chroma agree with SQLite, if this process writes and Chroma can be used.

        Called when it is opened and, with a Chroma server, again and again.
        """
        vectors = self.index.vectors
        if not (vectors.connect() and vectors.is_writable):
            return
        if vectors.is_checked:
            self.index.catch_up()
            self.full_texts.catch_up()
            return
        with contextlib.suppress(VectorServerError):  # which is logged there
            self.index.repair()
            self.full_texts.repair()
            vectors.is_checked = True


class Turns:
    """Whoever asks goes first: counts who is being answered, and lets others wait. Thread-safe."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._answering = 0

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Make background work wait while this block runs."""
        with self._changed:
            self._answering += 1
        try:
            yield
        finally:
            with self._changed:
                self._answering -= 1
                self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until nobody is being answered, at most so long; return whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._answering, seconds)


class Library:
    """Everything that Paperboy has read, in one folder."""

    def __init__(
        self,
        folder: Path,
        config: RagConfig,
        *,
        purpose: str = "paperboy",
        migrations: Sequence[Migrations] = (),
    ) -> None:
        """Open the catalogue and bring its schema up to date.

        `purpose` tells other processes what this one does with the index; `migrations` create the
        tables of other rooms in the same file. Raises DataFolderError.
        """
        self.folder = folder
        self.config = config
        self.purpose = purpose
        self.backends = Backends(folder, config.embedder, lambda config: load_embedder(config))
        self.turns = Turns()
        self._replaced: list[Index] = []
        self._lock = FileLock(folder / "index.lock", mode=PRIVATE_FILE, thread_local=False)
        self._locking = Lock()
        open_folder(folder)
        database = open_database(
            folder / DATABASE_NAME, [MIGRATIONS, *migrations], prepare=clean_stored_papers
        )
        self.catalog = Catalog(database)
        try:
            KeywordIndex(database).probe()
        except BaseException:
            database.close()
            raise

    @property
    def embedder(self) -> Embedder:
        """The embedding model of the index that answers (loading it takes seconds).

        It is the configured one, unless the index of the one before has more papers.
        """
        return self._embedders[0]

    @property
    def next_embedder(self) -> Embedder | None:
        """The configured embedding model if its index is still to be built; else None."""
        return self._embedders[1]

    @cached_property
    def _embedders(self) -> tuple[Embedder, Embedder | None]:
        configured = self.backends.load(self.config.embedder.model)
        before = fuller_embedder(self.catalog.database, than=configured.name)
        if not before:
            return configured, None
        model = model_of(before)
        try:
            embedder = self.backends.load(model)
        except EmbedderError as error:
            log.warning("the papers are indexed with %s, which cannot be used: %s", before, error)
            return configured, None
        log.warning(
            "the papers are indexed with %s, which answers until the index of %s is built: "
            "`paperboy reindex` builds it, and so does the running bot.",
            before, configured.name,
        )  # fmt: skip
        return embedder, configured

    @cached_property
    def bundled_embedder(self) -> Embedder:
        """The bundled embedding model, whichever is configured."""
        for embedder in self._embedders:
            if embedder and embedder.name == BUNDLED_NAME:
                return embedder
        return self.backends.load("bundled")

    @cached_property
    def word_vectors(self) -> WordVectors:
        """The bundled encoder's word vectors, whichever encoder is configured."""
        return WordVectors()

    @property
    def index(self) -> Index:
        """The index that answers, repaired if necessary.

        Without a Chroma server, it is locked by this process until `close`.
        """
        return self.served.index

    @property
    def full_texts(self) -> FullTexts:
        """The whole papers that were read."""
        return self.served.full_texts

    @cached_property
    def served(self) -> EmbeddedIndex:
        """The index that answers, with its embedding model; `swap_index` replaces both at once."""
        self.lock_index()
        served = self._open_index(self.embedder)
        vectors = served.index.vectors
        if not self.next_embedder and vectors.is_writable and served.index.is_complete():
            served.index.drop_others()
            with contextlib.suppress(VectorServerError):
                vectors.remove_others()
        return served

    @cached_property
    def next_index(self) -> EmbeddedIndex | None:
        """The index that is to be built for a newly configured embedding model; else None."""
        _ = self.served  # locks the folder
        return self._open_index(self.next_embedder) if self.next_embedder else None

    def _open_index(self, embedder: Embedder) -> EmbeddedIndex:
        vectors = self._vectors(embedder.name)
        encoder = PaperEncoder(embedder)
        index = Index(self.catalog.database, vectors, embedder=embedder.name, encoder=encoder)
        full_texts = FullTexts(self.catalog.database, vectors, embedder)
        opened = EmbeddedIndex(embedder, encoder, index, full_texts)
        opened.follow()
        self.backends.fit(embedder, index)
        return opened

    def _vectors(self, embedder: str) -> ChunkVectors:
        folder, config = self.folder / folder_of(embedder), self.config.vectors
        if not config.url:
            return ChunkVectors(folder, embedder=embedder)
        token = os.environ.get(TOKEN_VARIABLE, "").strip()
        server = VectorServer(config.url, token, config.ca_file)
        return ServerVectors(server, folder, embedder=embedder, owns=self.owns_index)

    def follow_index(self) -> None:
        """Make the Chroma server agree with SQLite, if this process writes to it, or can from now.

        Connects if there is no connection.
        """
        self.served.follow()
        if following := self.__dict__.get("next_index"):
            following.follow()

    def choose_backend(self, indexed: EmbeddedIndex | None = None) -> None:
        """Encode as fast as this machine can from now on, which a self-test of seconds tells.

        Called before many texts are encoded, or when nobody waits; by default for the index that
        answers. A test is not repeated on the same machine.
        """
        indexed = indexed or self.served
        self.backends.choose(indexed.embedder, indexed.index)

    def swap_index(self) -> None:
        """Answer from the next index from now on.

        Questions in work go on with the one before, which stays open until `close`; its vectors
        are deleted when the folder is opened again.
        """
        if not self.next_index:
            return
        self._replaced.append(self.served.index)
        self.__dict__["_embedders"] = (self.next_index.embedder, None)
        self.__dict__["served"] = self.next_index
        self.__dict__["retriever"] = self._retriever_of(self.next_index)
        self.__dict__["next_index"] = None

    @cached_property
    def retriever(self) -> HybridRetriever:
        """Hybrid search over the index that answers, with the configured reranker, if any."""
        return self._retriever_of(self.served)

    def _retriever_of(self, served: EmbeddedIndex) -> HybridRetriever:
        config = self.config.retrieval
        return HybridRetriever(
            self.catalog, served.index, served.embedder, config, reranker=self._reranker
        )

    @cached_property
    def _reranker(self) -> Reranker | None:
        return load_reranker(self.config.retrieval, dtype=self.config.embedder.dtype)

    @cached_property
    def grounding(self) -> Grounding | None:
        """The checks of written sentences; they always use the bundled encoder."""
        config = self.config
        if config.check.failed == "keep":
            return None
        judge = load_judge(config.check, dtype=config.embedder.dtype)
        return Grounding(self.bundled_embedder.embeddings, config.check, judge=judge)

    def require_indexed(self) -> None:
        """Raise EmbedderError if there are papers but none is indexed with this embedder."""
        papers = self.catalog.coverage().papers
        if papers and self.index.pending_count() == papers:
            raise EmbedderError(
                f"none of the {papers:,} papers is indexed with {self.embedder.name}: "
                "run `paperboy reindex`."
            )

    def is_up_to_date(self) -> bool:
        """Return whether the index lacks nothing, from SQLite alone: opening it takes seconds."""
        return is_complete(self.catalog.database, name_of(self.config.embedder.model))

    @property
    def is_shared(self) -> bool:
        """Whether a Chroma server has the vectors, so that other processes can search them too."""
        return bool(self.config.vectors.url)

    def lock_index(self, *, alone: bool = False) -> None:
        """Lock the index for this process until `close`, before anything slow is loaded.

        Raises IndexInUseError, which names the owner; with a Chroma server only if it has to be
        `alone`, since several processes may use the index then.
        """
        if self.is_shared and not alone:
            self.owns_index()
        elif not self._lock.is_locked:
            own_index(self._lock, self.folder, purpose=self.purpose)

    def owns_index(self) -> bool:
        """Lock the index if no other process has; return whether this process has."""
        with self._locking:
            if not self._lock.is_locked:
                with contextlib.suppress(IndexInUseError):
                    own_index(self._lock, self.folder, purpose=self.purpose, wait=0)
            return self._lock.is_locked

    def close(self) -> None:
        """Close the catalogue and release the index."""
        for name in ("served", "next_index"):
            if opened := self.__dict__.get(name):
                opened.index.vectors.close()
        for index in self._replaced:
            index.vectors.close()
        self._lock.release()
        self.catalog.database.close()


def open_folder(folder: Path) -> None:
    """Create a data folder if there is none, for its owner alone. Raises DataFolderError."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        restrict(folder)
        writable = os.access(folder, os.W_OK | os.X_OK)
    except OSError as error:
        raise DataFolderError(
            f"the data folder {folder} cannot be created ({error.strerror}): "
            "give another one with --data-dir."
        ) from error
    if not writable:
        raise DataFolderError(
            f"the data folder {folder} cannot be written: "
            "change its permissions or give another one with --data-dir."
        )


def own_index(lock: FileLock, folder: Path, *, purpose: str, wait: float | None = None) -> None:
    """Acquire the lock of a folder's index; others are told the purpose. Raises IndexInUseError.

    It is waited for, LOCK_SECONDS or `wait`.
    """
    owner = folder / "index.owner"
    try:
        lock.acquire(timeout=LOCK_SECONDS if wait is None else wait)
    except Timeout as error:
        raise IndexInUseError(
            f"the index in {folder} is in use by {_read_owner(owner)}: "
            "stop it, or give another folder with --data-dir."
        ) from error
    write_anew(owner, json.dumps({"pid": os.getpid(), "purpose": purpose}))


def _read_owner(path: Path) -> str:
    """Return who holds the index, as its file says; `another process` if that cannot be read."""
    try:
        facts = json.loads(path.read_bytes()[:MAX_OWNER_BYTES])
        purpose, number = facts["purpose"], facts["pid"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "another process"
    if not isinstance(purpose, str) or not isinstance(number, int) or not purpose.isprintable():
        return "another process"
    return f"`{purpose}` (process {number})"
