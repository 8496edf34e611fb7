"""An open data folder: the catalogue at once, the index and the models when first needed."""

import json
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from filelock import FileLock, Timeout

from rag.config import EmbedderConfig, RagConfig
from rag.encoders.embedder import Embedder, load_embedder
from rag.encoders.word_vectors import WordVectors
from rag.errors import DataFolderError, EmbedderError, IndexInUseError
from rag.grounding.checker import Grounding
from rag.grounding.judge import load_judge
from rag.retrieval.chroma import ChunkVectors
from rag.retrieval.index import Index
from rag.retrieval.reranker import load_reranker
from rag.retrieval.retriever import HybridRetriever
from rag.store.catalog import Catalog
from rag.store.cleaning import clean_stored_papers
from rag.store.database import Migrations, open_database
from rag.store.keywords import KeywordIndex
from rag.store.migrations import MIGRATIONS
from rag.store.private_files import PRIVATE_FILE, PRIVATE_FOLDER, restrict, write_anew

DATABASE_NAME = "paperboy.sqlite"
MAX_OWNER_BYTES = 1_000
LOCK_SECONDS = 1.5  # how long to wait for a process that is closing the index


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
        self._lock = FileLock(folder / "index.lock", mode=PRIVATE_FILE)
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
        database = open_database(
            folder / DATABASE_NAME, [MIGRATIONS, *migrations], prepare=clean_stored_papers
        )
        self.catalog = Catalog(database)
        try:
            KeywordIndex(database).probe()
        except BaseException:
            database.close()
            raise

    @cached_property
    def embedder(self) -> Embedder:
        """The configured embedding model (loading it takes seconds)."""
        return load_embedder(self.config.embedder)

    @cached_property
    def bundled_embedder(self) -> Embedder:
        """The bundled embedding model, whichever is configured."""
        is_bundled = self.config.embedder.model == "bundled"
        return self.embedder if is_bundled else load_embedder(EmbedderConfig())

    @cached_property
    def word_vectors(self) -> WordVectors:
        """The bundled encoder's word vectors, whichever encoder is configured."""
        return WordVectors()

    @cached_property
    def index(self) -> Index:
        """The index, locked by this process until `close`, repaired if necessary."""
        self._lock_index()
        name = self.embedder.name
        vectors = ChunkVectors(self.folder / "chroma", embedder=name)
        index = Index(self.catalog.database, vectors, embedder=name)
        index.repair()
        return index

    @cached_property
    def retriever(self) -> HybridRetriever:
        """Hybrid search over the index, with the configured reranker, if any."""
        config = self.config.retrieval
        reranker = load_reranker(config, dtype=self.config.embedder.dtype)
        return HybridRetriever(self.catalog, self.index, self.embedder, config, reranker=reranker)

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

    def _lock_index(self) -> None:
        """Lock the index for this process. Raises IndexInUseError, which names the owner."""
        owner = self.folder / "index.owner"
        try:
            self._lock.acquire(timeout=LOCK_SECONDS)
        except Timeout as error:
            raise IndexInUseError(
                f"the index in {self.folder} is in use by {_read_owner(owner)}: "
                "stop it, or give another folder with --data-dir."
            ) from error
        write_anew(owner, json.dumps({"pid": os.getpid(), "purpose": self.purpose}))

    def close(self) -> None:
        """Close the catalogue and release the index."""
        if "index" in self.__dict__:
            self.index.vectors.close()
        self._lock.release()
        self.catalog.database.close()


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
