"""Chroma: the approximate nearest-neighbour index of chunks. It can be rebuilt at any time.

The only module that imports chromadb. Whole abstracts and single sentences live in two
collections, so that a query for either kind needs no metadata filter (Chroma has no index
for those) and the many sentences never crowd out the abstracts. Texts stay in SQLite.
"""

import hashlib
import logging
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.errors import DataFolderError

log = logging.getLogger(__name__)

if TYPE_CHECKING:  # importing Chroma takes a second that `paperboy papers` need not wait
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

BATCH = 5_000  # Chroma refuses more than 5,461 records at once
PROBES = 16  # stored vectors that are looked up again when the index is opened
# More links a vector than Chroma's 16 and 100: with those, about three in a thousand vectors of
# very similar papers cannot be reached by any query once the index was reopened.
HNSW: "CreateHNSWConfiguration" = {
    "space": "cosine",
    "max_neighbors": 32,
    "ef_construction": 200,
    "ef_search": 100,
    "sync_threshold": 5_000,
}


class ChunkVectors:
    """The chunks' vectors, by chunk id. One process at a time (see rag.library)."""

    def __init__(self, folder: Path, *, embedder: str) -> None:
        """Open the folder; the embedder's name keeps the vectors of two models apart."""
        self.folder = folder
        self._suffix = hashlib.sha256(embedder.encode()).hexdigest()[:8]
        try:
            self._open()
        except Exception as error:  # a damaged file can raise anything, down to ValueError
            log.warning("the vector index in %s cannot be opened: %s", folder, error)
            _forget_client(folder)
            shutil.rmtree(folder, ignore_errors=True)
            self._open()

    def _open(self) -> None:
        import chromadb
        from chromadb.config import Settings

        settings = Settings(anonymized_telemetry=False)
        self._client: ClientAPI = chromadb.PersistentClient(str(self.folder), settings=settings)
        self.wholes = self._collection("wholes")
        self.sentences = self._collection("sentences")

    def _collection(self, kind: str) -> "Collection":
        return self._client.get_or_create_collection(
            f"{kind}-{self._suffix}",
            configuration={"hnsw": HNSW},
            embedding_function=None,  # the default one would download a model
        )

    def add(self, chunk_ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Store vectors, shape (len(chunk_ids), dimensions); known ids are left as they are.

        Not an upsert: to write a vector again, even the same one, rearranges its neighbours'
        links and leaves some of them out of reach. Changed chunks are deleted first.
        """
        whole = np.array([chunk_id.endswith("#0") for chunk_id in chunk_ids])
        for collection, rows in ((self.wholes, whole), (self.sentences, ~whole)):
            numbers = np.flatnonzero(rows)
            for start in range(0, len(numbers), BATCH):
                some = numbers[start : start + BATCH]
                collection.add(ids=[chunk_ids[i] for i in some], embeddings=vectors[some])

    def delete(self, chunk_ids: Iterable[str]) -> None:
        """Remove chunks; unknown ids are fine."""
        ids = list(chunk_ids)
        for start in range(0, len(ids), BATCH):
            some = ids[start : start + BATCH]
            self.wholes.delete(ids=some)
            self.sentences.delete(ids=some)

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[str]:
        """Return the ids of the n nearest whole abstracts and the n nearest sentences."""
        found: list[str] = []
        for collection in (self.wholes, self.sentences):
            result = collection.query(
                query_embeddings=vector.reshape(1, -1), n_results=n, include=["distances"]
            )
            found.extend(result["ids"][0])
        return found

    def counts(self) -> tuple[int, int]:
        """Return how many whole abstracts and how many sentences are stored."""
        return self.wholes.count(), self.sentences.count()

    def is_sound(self, known: Sequence[tuple[str, NDArray[np.float32]]]) -> bool:
        """Return whether known (chunk id, vector) pairs are found again by querying.

        A count cannot tell: after a crash Chroma may count right and answer wrong.
        """
        from chromadb.errors import ChromaError

        try:
            for chunk_id, vector in known:
                collection = self.wholes if chunk_id.endswith("#0") else self.sentences
                result = collection.query(
                    query_embeddings=vector.reshape(1, -1), n_results=10, include=["distances"]
                )
                distances = (result["distances"] or [[]])[0]
                # A twin (the same text in two papers) may take its place at distance 0.
                if chunk_id not in result["ids"][0] and not (distances and distances[0] < 1e-3):
                    return False
        except ChromaError:
            return False
        return True

    def clear(self) -> None:
        """Delete the whole folder and start an empty one (for a damaged index)."""
        from chromadb.errors import ChromaError

        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._open()
        except (OSError, ChromaError) as error:
            raise DataFolderError(
                f"the index in {self.folder} is damaged and cannot be replaced ({error}): "
                "delete that folder and try again."
            ) from error

    def close(self) -> None:
        """Let go of the files, so that the folder can be opened anew in this process."""
        self._client.close()


def _forget_client(folder: Path) -> None:
    """Drop what Chroma keeps of a client that failed to start; it has no public way."""
    from chromadb.api.shared_system_client import SharedSystemClient

    for kept in (
        SharedSystemClient._identifier_to_system,
        SharedSystemClient._identifier_to_refcount,
    ):
        kept.pop(str(folder), None)
