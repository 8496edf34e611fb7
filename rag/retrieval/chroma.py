"""Chroma: the approximate nearest-neighbour index of chunks. It can be rebuilt from SQLite.

Here it is a folder; chroma_server.py, the only other module that imports chromadb, has it in a
server. Abstracts and single sentences are in two collections, so that a query for either kind needs
no metadata filter (Chroma has no index for those) and the many sentences never crowd out the
abstracts. The passages of whole papers are in a third one, which no search for papers asks. The
texts stay in SQLite.
"""

import hashlib
import logging
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.encoders.embedder import BUNDLED_NAME
from rag.errors import DataFolderError, first_line

log = logging.getLogger(__name__)

if TYPE_CHECKING:  # importing Chroma takes a second, which `paperboy papers` does not need
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection
    from chromadb.config import Settings

FOLDER = "chroma"
_FOLDER = re.compile(rf"{FOLDER}(?:-[0-9a-f]{{8}})?")
BATCH = 500  # records per write, which searches wait for; Chroma refuses more than 5,461
SERVER_ID = "server.json"  # in the folder, while a Chroma server has the vectors instead of it
PROBES = 16  # stored vectors that are searched for when the index is opened
BULK_SYNC = 25_000  # vectors between two times that Chroma writes its files, if many come
# More links per vector than Chroma's defaults of 16 and 100: with those, about three in a thousand
# vectors of very similar papers cannot be reached by any query after the index was reopened.
HNSW: "CreateHNSWConfiguration" = {
    "space": "cosine",
    "max_neighbors": 32,
    "ef_construction": 200,
    "ef_search": 100,
    "sync_threshold": 5_000,
}
CANNOT_BE_WRITTEN = (
    "the vector index cannot be written ({}); the papers are stored and will be indexed later: "
    "free some space on the disk and try again."
)


class ChunkVectors:
    """The chunks' vectors by chunk id, in a folder that one process at a time may open.

    rag.library sees to that. `is_checked` is set once it was compared with what SQLite knows.
    """

    is_checked = False
    _is_open = False
    problem = ""  # why it cannot be used at the moment

    def __init__(self, folder: Path, *, embedder: str) -> None:
        """Open the folder; each embedder name has collections of its own."""
        self.folder = folder
        # Chroma's queries fail ("Error finding id") while another thread writes.
        self._lock = RLock()
        self._suffix = hash_of(embedder)
        try:
            self._open()
        except Exception as error:  # a damaged file can raise anything, down to ValueError
            log.warning("the vector index in %s cannot be opened: %s", folder, error)
            _forget_client(folder)
            self._open_emptied()

    def connect(self) -> bool:
        """Return whether it can be used now; a folder that was opened always can."""
        return True

    def owns(self) -> bool:
        """Return whether this process is the one that writes."""
        return True

    @property
    def is_writable(self) -> bool:
        """Whether this process may write now."""
        return True

    def _open(self) -> None:
        import chromadb

        # A server was used before, which knows nothing of what changes from here on.
        (self.folder / SERVER_ID).unlink(missing_ok=True)
        self._client: ClientAPI = chromadb.PersistentClient(
            str(self.folder), settings=chroma_settings()
        )
        self.abstracts = self._collection("wholes")  # the name in data folders
        self.sentences = self._collection("sentences")
        self._is_open = True

    def _collection(self, kind: str) -> "Collection":
        return self._client.get_or_create_collection(
            f"{kind}-{self._suffix}",
            configuration={"hnsw": HNSW},
            embedding_function=None,  # the default one would download a model
        )

    def add(self, chunk_ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Store vectors, shape (len(chunk_ids), dimensions); known ids stay as they are.

        Not an upsert: writing a vector again, even the same one, rearranges its neighbours' links
        and makes some of them unreachable. Delete changed chunks first.
        """
        is_abstract = np.array([chunk_id.endswith("#0") for chunk_id in chunk_ids])
        for of_abstracts in (True, False):
            rows = np.flatnonzero(is_abstract == of_abstracts)
            for start in range(0, len(rows), BATCH):
                batch = rows[start : start + BATCH]
                with self._writing():
                    collection = self.abstracts if of_abstracts else self.sentences
                    collection.add(ids=[chunk_ids[i] for i in batch], embeddings=vectors[batch])

    def delete(self, chunk_ids: Iterable[str]) -> None:
        """Delete chunks; unknown ids are ignored."""
        ids = list(chunk_ids)
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            with self._writing():
                self.abstracts.delete(ids=batch)
                self.sentences.delete(ids=batch)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Keep other threads from writing meanwhile. Raises DataFolderError."""
        with self._lock:
            self._open_if_closed()
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Raise a failed write, such as on a full disk, as DataFolderError.

        Chroma never gives back the lock of a write that failed, and the next one would wait for it
        for ever: so its files are opened anew, which a full disk can prevent until the next time.
        """
        from chromadb.errors import ChromaError

        with self._lock:
            self._open_if_closed()
            try:
                yield
            except ChromaError as error:
                self.close()
                with suppress(DataFolderError):
                    self._open_if_closed()
                raise DataFolderError(CANNOT_BE_WRITTEN.format(first_line(error))) from error

    def _open_if_closed(self) -> None:
        from chromadb.errors import ChromaError

        if self._is_open:
            return
        try:
            self._open()
        except ChromaError as error:
            _forget_client(self.folder)
            raise DataFolderError(CANNOT_BE_WRITTEN.format(first_line(error))) from error

    @contextmanager
    def adding_many(self, n: int) -> Iterator[None]:
        """Have Chroma write its files less often in this block if about n sentences are added.

        Each time it writes all vectors. A process that is killed in this block costs the next one
        the time to add up to BULK_SYNC vectors again.
        """
        if n < BULK_SYNC:
            yield
            return
        self._sync_sentences_every(BULK_SYNC)
        try:
            yield
        finally:
            self._sync_sentences_every(HNSW["sync_threshold"])

    def _sync_sentences_every(self, n: int) -> None:
        with self._writing():
            self.sentences.modify(configuration={"hnsw": {"sync_threshold": n}})
            self.reopen()  # or it has no effect

    def reopen(self) -> None:
        """Close the files and open them again."""
        self.close()
        self._open()

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[str]:
        """Return the ids of the n nearest abstracts and the n nearest sentences."""
        found: list[str] = []
        with self._reading():
            for collection in (self.abstracts, self.sentences):
                result = collection.query(
                    query_embeddings=vector.reshape(1, -1), n_results=n, include=["distances"]
                )
                found.extend(result["ids"][0])
        return found

    def counts(self) -> tuple[int, int]:
        """Return the number of stored abstracts and of stored sentences."""
        with self._reading():
            return self.abstracts.count(), self.sentences.count()

    # -- passages of whole papers ----------------------------------------------------------

    @property
    def _passages(self) -> "Collection":
        return self._collection("passages")

    def add_passages(self, passage_ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Store vectors, shape (len(passage_ids), dimensions); known ids stay as they are."""
        for start in range(0, len(passage_ids), BATCH):
            with self._writing():
                self._passages.add(
                    ids=list(passage_ids[start : start + BATCH]),
                    embeddings=vectors[start : start + BATCH],
                )

    def delete_passages(self, passage_ids: Sequence[str]) -> None:
        """Delete passages; unknown ids are ignored."""
        for start in range(0, len(passage_ids), BATCH):
            with self._writing():
                self._passages.delete(ids=list(passage_ids[start : start + BATCH]))

    def nearest_passages(
        self, vector: NDArray[np.float32], n: int, passage_ids: Sequence[str]
    ) -> list[str]:
        """Return the ids of the n nearest of these passages."""
        with self._reading():
            result = self._passages.query(
                query_embeddings=vector.reshape(1, -1),
                n_results=n,
                ids=list(passage_ids),
                include=["distances"],
            )
        return list(result["ids"][0])

    def has_passages(self, count: int, known: Sequence[tuple[str, NDArray[np.float32]]]) -> bool:
        """Return whether so many passages are stored, and queries find these known ones."""
        with self._reading():
            passages = self._passages
            return passages.count() >= count and self._finds(
                known, collection_of=lambda _: passages
            )

    def clear_passages(self) -> None:
        """Replace the collection of passages with an empty one."""
        with self._writing():
            self._client.delete_collection(self._passages.name)

    # -- damage ----------------------------------------------------------------------------

    def is_sound(self, known: Sequence[tuple[str, NDArray[np.float32]]]) -> bool:
        """Return whether queries find these stored (chunk id, vector) pairs.

        Counting is not enough: after a crash Chroma can count right and answer wrong.
        """

        def collection_of(chunk_id: str) -> "Collection":
            return self.abstracts if chunk_id.endswith("#0") else self.sentences

        with self._reading():
            return self._finds(known, collection_of=collection_of)

    def _finds(
        self,
        known: Sequence[tuple[str, NDArray[np.float32]]],
        *,
        collection_of: "Callable[[str], Collection]",
    ) -> bool:
        from chromadb.errors import ChromaError

        try:
            for chunk_id, vector in known:
                result = collection_of(chunk_id).query(
                    query_embeddings=vector.reshape(1, -1), n_results=10, include=["distances"]
                )
                distances = (result["distances"] or [[]])[0]
                # The same text in another paper may take its place at distance 0.
                if chunk_id not in result["ids"][0] and not (distances and distances[0] < 1e-3):
                    return False
        except ChromaError:
            return False
        return True

    def clear(self) -> None:
        """Replace the folder with an empty one."""
        with self._lock:
            self._clear()

    def _clear(self) -> None:
        self.close()
        self._open_emptied()

    def _open_emptied(self) -> None:
        try:
            _remove(self.folder)
            self.folder.mkdir(parents=True, exist_ok=True)
            self._open()
        except Exception as error:  # as above
            _forget_client(self.folder)
            raise DataFolderError(
                f"the index in {self.folder} is damaged and cannot be rebuilt ({error}): "
                "check the disk's free space and the folder's permissions."
            ) from error

    def close(self) -> None:
        """Close the files, so that this process can open the folder again."""
        if self._is_open:
            self._is_open = False
            self._client.close()

    def remove_others(self) -> None:
        """Delete the folders that other embedders have beside this one."""
        for folder in self.folder.parent.glob(f"{FOLDER}*"):
            if _FOLDER.fullmatch(folder.name) and folder.name != self.folder.name:
                _remove(folder)


def folder_of(embedder: str) -> str:
    """Return the name of an embedder's folder; the bundled one's has no hash in it."""
    return FOLDER if embedder == BUNDLED_NAME else f"{FOLDER}-{hash_of(embedder)}"


def hash_of(embedder: str) -> str:
    """Return what stands for an embedder in names of folders and collections."""
    return hashlib.sha256(embedder.encode()).hexdigest()[:8]


def chroma_settings() -> "Settings":
    """Return Chroma's settings: without telemetry, and deaf to a file .env of the current folder.

    Such a file could name a server that the vectors are then sent to.
    """
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False, _env_file=None)


def _remove(folder: Path) -> None:
    """Delete the index's folder; a file or a link in its place is moved aside. Raises OSError."""
    if folder.is_symlink() or folder.is_file():
        aside = folder.with_name(f"{folder.name}.{time.time_ns()}.aside")
        log.warning("%s is no folder of an index; moving it to %s", folder, aside)
        folder.rename(aside)
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _forget_client(folder: Path) -> None:
    """Remove a client that failed to start from Chroma's cache, which has no public method."""
    from chromadb.api.shared_system_client import SharedSystemClient

    for cache in (
        SharedSystemClient._identifier_to_system,
        SharedSystemClient._identifier_to_refcount,
    ):
        cache.pop(str(folder), None)
