"""In which number type and by how many threads an index's embedder computes on this machine.

The settings decide, or a self-test whose choice `encoder.json` in the data folder keeps; until
there is one, the rule of `choose_dtype`. One index may contain vectors of several number types as
long as they agree. `dtype.txt` beside the vectors says which type is known to agree with them.
"""

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from rag.config import EmbedderConfig
from rag.cpu import memory_bytes
from rag.encoders.embedder import (
    DTYPES,
    Embedder,
    SentenceTransformerEmbeddings,
    Vectors,
    choose_dtype,
    is_provider,
    machine,
    model_of,
    to_unit_length,
)
from rag.encoders.self_test import Choice, agree, run_self_test
from rag.errors import EmbedderError
from rag.retrieval.entry import ESTIMATE
from rag.retrieval.index import Index
from rag.store.private_files import write_anew
from rag.store.rows import papers_from_rows

log = logging.getLogger(__name__)

CHOICES_FILE = "encoder.json"
DTYPE_FILE = "dtype.txt"
MAX_BYTES = 100_000  # of either file
SAMPLE = 4  # papers whose vectors are compared with those in the index
# A self-test loads the model twice, six bytes per parameter together: no larger share of memory.
MEMORY_SHARE = 0.25
_CHOICES = TypeAdapter(dict[str, Choice])


class Backends:
    """Loads embedding models as the settings and the self-tests of this machine say."""

    def __init__(
        self, folder: Path, config: EmbedderConfig, load: Callable[[EmbedderConfig], Embedder]
    ) -> None:
        """`folder` is the data folder; `load` loads what a config names."""
        self.folder = folder
        self.config = config
        self._load = load

    def load(self, model: str) -> Embedder:
        """Load a model, named as in the settings. Raises EmbedderError."""
        return self._load(self._configured(model))

    def choose(self, embedder: Embedder, index: Index) -> None:
        """Compute as a self-test says from now on; it runs if none did on this machine.

        Nothing changes where the settings leave nothing open, without papers, which the test
        encodes, and for a model that is too large to be loaded twice more.
        """
        embeddings = embedder.embeddings
        if not isinstance(embeddings, SentenceTransformerEmbeddings):
            return
        model, today = model_of(embedder.name), datetime.now(UTC).date()
        is_due = self._is_due(model, today) and not _is_large(embeddings)
        texts = _any_texts(index) if is_due else []
        if not texts and _indexed_texts(index)[0]:
            return  # it computes as the index needs it
        try:
            if texts:
                choice = run_self_test(lambda d: self._in(d, model), texts, today=today)
                write_anew(self.folder / CHOICES_FILE, _dump({**self._choices(), model: choice}))
            config = self._configured(model)
            dtype = choose_dtype(config.dtype)
            wanted = embeddings if embeddings.dtype == dtype else self._in(dtype, model)
            embeddings.adopt(self._fitting(wanted, model, index))
            embeddings.threads = config.threads
        except EmbedderError as error:  # the model is loaded; another copy of it could not be
            log.warning("how to encode fastest was not measured: %s", error)

    def fit(self, embedder: Embedder, index: Index) -> None:
        """Make an embedder compute vectors that agree with those in the index.

        If its number type does not, because the settings or the machine changed, it goes on in one
        that does.
        """
        embeddings = embedder.embeddings
        if isinstance(embeddings, SentenceTransformerEmbeddings):
            embeddings.adopt(self._fitting(embeddings, model_of(embedder.name), index))

    def _fitting(
        self, wanted: SentenceTransformerEmbeddings, model: str, index: Index
    ) -> SentenceTransformerEmbeddings:
        """Return `wanted` if its vectors agree with the index, else the model as it does."""
        path = index.vectors.folder / DTYPE_FILE
        if _read(path).decode("ascii", "replace").strip() == wanted.dtype:
            return wanted
        texts, vectors = _indexed_texts(index)
        if not texts or agree(wanted.encode(texts), vectors):
            write_anew(path, wanted.dtype)
            return wanted
        for dtype in sorted({*DTYPES} - {wanted.dtype}):
            other = self._in(dtype, model)
            if agree(other.encode(texts), vectors):
                log.warning(
                    "%s computes other vectors in %s than in %s, which the index is made of and "
                    "which is used on: `paperboy reindex` changes that.",
                    index.embedder, wanted.dtype, dtype,
                )  # fmt: skip
                write_anew(path, dtype)
                return other
        log.warning(
            "the vectors in the index are not those that %s computes now: run `paperboy reindex`.",
            index.embedder,
        )
        return wanted

    def describe(self, embedder: Embedder) -> str:
        """Return number type, threads and speed for people; "" for a provider's model."""
        embeddings = embedder.embeddings
        if not isinstance(embeddings, SentenceTransformerEmbeddings):
            return ""
        threads = embeddings.thread_count
        used = f"{embeddings.dtype}, {threads} {'thread' if threads == 1 else 'threads'}"
        if self._is_fixed:
            return f"{used}, as config.toml says"
        choice = self._choice(model_of(embedder.name))
        if choice is None:
            return f"{used}, no self-test on this machine yet"
        is_chosen = (choice.dtype, choice.threads) == (embeddings.dtype, embeddings.threads)
        return f"{used}, {choice}" if is_chosen else used

    @property
    def _is_fixed(self) -> bool:
        """Whether the settings leave nothing to choose."""
        return self.config.dtype != "auto" and bool(self.config.threads)

    def _is_due(self, model: str, today: date) -> bool:
        choice = None if self._is_fixed else self._choice(model)
        return not self._is_fixed and not (choice and choice.is_settled(today))

    def _configured(self, model: str) -> EmbedderConfig:
        """Return the settings for a model, with what was chosen where they leave it open."""
        config = self.config.model_copy(update={"model": model})
        if is_provider(model) or self._is_fixed or not (choice := self._choice(model)):
            return config
        dtype = choice.dtype if config.dtype == "auto" else config.dtype
        threads = config.threads or choice.threads
        return config.model_copy(update={"dtype": dtype, "threads": threads})

    def _in(self, dtype: str, model: str) -> SentenceTransformerEmbeddings:
        """Load a sentence-transformers model once more, in this number type."""
        config = self._configured(model).model_copy(update={"dtype": dtype})
        embeddings = self._load(config).embeddings
        assert isinstance(embeddings, SentenceTransformerEmbeddings)
        return embeddings

    def _choice(self, model: str) -> Choice | None:
        """Return what was chosen for a model on this machine; None if that is not known."""
        choice = self._choices().get(model)  # first, because machine() loads torch
        return choice if choice and choice.machine == machine() else None

    def _choices(self) -> dict[str, Choice]:
        """Return the stored choices by model; none if the file is missing or damaged."""
        try:
            return _CHOICES.validate_json(_read(self.folder / CHOICES_FILE))
        except ValidationError:
            return {}


def _is_large(embeddings: SentenceTransformerEmbeddings) -> bool:
    memory = memory_bytes()
    return memory is not None and 6 * embeddings.parameter_count > MEMORY_SHARE * memory


def _dump(choices: dict[str, Choice]) -> str:
    return _CHOICES.dump_json(choices, indent=1).decode()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except OSError:
        return b""


def _any_texts(index: Index) -> list[str]:
    """Return title and abstract of a few papers, indexed or not."""
    rows = index.database.connection.execute("SELECT * FROM papers ORDER BY id LIMIT ?", (SAMPLE,))
    return [f"{paper.title}\n{paper.abstract}" for paper in papers_from_rows(rows)]


def _indexed_texts(index: Index) -> tuple[list[str], Vectors]:
    """Return title and abstract of a few encoded papers, and their vectors in the index."""
    rows = index.database.connection.execute(
        "SELECT papers.* FROM chunk_vectors AS v JOIN papers ON papers.id = v.paper "
        "WHERE v.embedder = ? AND v.text_hash = papers.text_hash AND sentences_due < ? "
        "ORDER BY v.paper LIMIT ?",
        (index.embedder, ESTIMATE, SAMPLE),
    )
    papers = {paper.paper_id: paper for paper in papers_from_rows(rows)}
    stored = index.stored_entries(list(papers)).values()
    entries = [entry for entry in stored if entry.vectors[0].any()]
    texts = [f"{papers[e.paper_id].title}\n{papers[e.paper_id].abstract}" for e in entries]
    vectors = np.array([entry.vectors[0] for entry in entries], dtype=np.float32)
    return texts, to_unit_length(vectors)  # they were stored rounded
