"""Vectors in a Chroma server, which several processes of a data folder may search.

One process writes: the one that holds the index's lock (rag.library). The others search, and see
what it writes. A server that cannot be used stops nobody: searches then compare the abstracts in
memory, what is read is stored in SQLite, and once the server is back, the writer brings it up to
date.
"""

import contextlib
import json
import logging
import secrets
import shutil
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from rag.errors import PaperboyError, VectorServerError, first_line
from rag.proxies import exempt_this_machine, route
from rag.retrieval.chroma import HNSW, SERVER_ID, ChunkVectors, chroma_settings, hash_of
from rag.store.private_files import PRIVATE_FOLDER, write_anew
from rag.web_client import ask

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

log = logging.getLogger(__name__)

TOKEN_VARIABLE = "PAPERBOY_CHROMA_TOKEN"
TOKEN_PROVIDER = "chromadb.auth.token_authn.TokenAuthClientProvider"  # "Authorization: Bearer …"
API = "1."  # the versions of Chroma's API that this client speaks
CONNECT_SECONDS = 5.0
SEARCH_SECONDS = 5.0  # of a search, for which somebody waits
WRITE_SECONDS = 60.0  # of a batch
SEARCHES = ("/query", "/count")  # how their addresses end
OK, UNAUTHORIZED, FORBIDDEN = 200, 401, 403
KEEPS_ANSWERING = "until then papers are found by their abstracts"


@dataclass(frozen=True, slots=True)
class VectorServer:
    """Where a Chroma server is, with the token that it wants, if any.

    `ca_file` is a PEM file with certificates that are trusted besides the system's.
    """

    url: str
    token: str = field(default="", repr=False)
    ca_file: str = ""

    def __str__(self) -> str:
        return f"the Chroma server at {self.url}"

    def context(self) -> ssl.SSLContext:
        """Return which certificates are trusted. Raises VectorServerError."""
        context = ssl.create_default_context()
        if self.ca_file:
            try:
                context.load_verify_locations(Path(self.ca_file).expanduser())
            except (OSError, ValueError, RuntimeError) as error:
                reason = getattr(error, "strerror", None) or first_line(error)
                raise VectorServerError(
                    f"[rag.vectors] ca_file {self.ca_file} cannot be read ({reason}): name a file "
                    "with certificates in PEM, or clear it."
                ) from error
        return context

    def check(self, context: ssl.SSLContext) -> None:
        """Raise VectorServerError, with the cure, unless a Chroma server answers as it should."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        for path in ("/api/v2/version", "/api/v2/auth/identity"):
            try:
                status, said = ask(
                    self.url + path, headers=headers, verify=context, seconds=CONNECT_SECONDS
                )
            except ConnectionError as error:
                raise self._unreachable(error) from error
            if status in (UNAUTHORIZED, FORBIDDEN):
                what = "refuses the token" if self.token else "wants a token"
                which = "the right one" if self.token else "it"
                raise VectorServerError(f"{self} {what}: put {which} in ${TOKEN_VARIABLE}.")
            if status != OK:
                raise VectorServerError(
                    f"{self} answers {status}, unlike one of version {API}x: check [rag.vectors] "
                    "url in config.toml, or update the server."
                )
            if path.endswith("version"):
                self._check_version(said)

    def _check_version(self, said: str) -> None:
        try:
            version = json.loads(said)
        except ValueError:
            version = None
        if not isinstance(version, str):
            raise VectorServerError(
                f"{self.url} is no Chroma server: check [rag.vectors] url in config.toml."
            )
        if not version.startswith(API):
            raise VectorServerError(
                f"{self} has version {version[:20]} of the API, not {API}x: run the `chroma run` "
                "that is installed with Paperboy."
            )

    def _unreachable(self, error: Exception) -> VectorServerError:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return VectorServerError(
                f"the certificate of {self} is not trusted ({first_line(error)}): name a file with "
                "its authority's certificate in [rag.vectors] ca_file."
            )
        return VectorServerError(
            f"{self} cannot be reached{route(self.url)} ({first_line(error)}): start it, or check "
            f"[rag.vectors] url in config.toml; {KEEPS_ANSWERING}."
        )


class ServerVectors(ChunkVectors):
    """The chunks' vectors by chunk id, in collections that only this data folder uses.

    Every method but `connect` and `close` raises VectorServerError if the server cannot be used.
    """

    def __init__(
        self, server: VectorServer, folder: Path, *, embedder: str, owns: Callable[[], bool]
    ) -> None:
        """Nothing is opened before `connect`.

        `folder` is where a process without a server would have its index. `owns` tells whether this
        process writes.
        """
        self.server = server
        self.folder = folder
        self._owns = owns
        self.problem = ""  # why the server cannot be used
        self._embedder = hash_of(embedder)
        self._client: ClientAPI | None = None
        self._passages_kept: Collection | None = None
        self._opening = RLock()
        folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)

    def connect(self) -> bool:
        """Connect if there is no connection; return whether there is one.

        Why there is none is logged once.
        """
        with self._opening:
            if self._client is None:
                try:
                    self._open()
                except PaperboyError as error:  # also for a proxy that cannot be used
                    self._note(str(error))
                except Exception as error:
                    self._note(self._explain(error))
                else:
                    if self.problem:
                        log.warning("%s can be used again.", self.server)
                    self.problem = ""
            return self._client is not None

    def owns(self) -> bool:
        """Return whether this process is the one that writes."""
        return self._owns()

    @property
    def is_writable(self) -> bool:
        """Whether this process writes, and the server can be used."""
        return self._client is not None and self.owns()

    def _open(self) -> None:
        context = self.server.context()
        self.server.check(context)
        self._suffix = self._identity()
        client = _connected(self.server, context)
        try:
            self._client = client
            self._passages_kept = None
            self.abstracts = self._collection("wholes")
            self.sentences = self._collection("sentences")
        except BaseException:
            self._client = None
            _close(client)
            raise

    def _identity(self) -> str:
        """Return what the names of this folder's collections end with.

        The writer chooses it. A folder that was copied, restored or moved, or used another server
        or none in the meantime, gets another one: what a server had before may not fit.
        """
        path, place = self.folder / SERVER_ID, f"{self.server.url} {self.folder.resolve()}"
        try:
            stored = json.loads(path.read_bytes())
            token, known = str(stored["id"]), stored["place"] == place
        except (OSError, ValueError, KeyError, TypeError):
            token, known = "", False
        if not known:
            if not self.owns():
                raise self._not_built()
            token = secrets.token_hex(6)
            write_anew(path, json.dumps({"id": token, "place": place}))
            _remove_index(self.folder)
        return sha256(f"{token} {place}".encode()).hexdigest()[:12]

    def _collection(self, kind: str) -> "Collection":
        from chromadb.errors import NotFoundError

        name = f"{kind}-{self._embedder}-{self._suffix}"
        if self.owns():
            return self._connected_client.get_or_create_collection(
                name, configuration={"hnsw": HNSW}, embedding_function=None
            )
        try:
            return self._connected_client.get_collection(name, embedding_function=None)
        except NotFoundError as error:
            raise self._not_built() from error

    @property
    def _passages(self) -> "Collection":
        if self._passages_kept is None:
            self._passages_kept = self._collection("passages")
        return self._passages_kept

    @property
    def _connected_client(self) -> "ClientAPI":
        client = self._client
        if client is None:
            raise VectorServerError(self.problem or f"{self.server} is not used any more.")
        return client

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Raise whatever goes wrong as VectorServerError, and leave the server alone until then."""
        client = self._connected_client
        try:
            yield
        except VectorServerError:
            raise
        except Exception as error:  # httpx's, Chroma's, or one with what the server says
            raise self._failed(client, error) from error

    _writing = _reading

    def _failed(self, client: "ClientAPI", error: Exception) -> VectorServerError:
        problem = self._explain(error)
        with self._opening:
            if self._client is client:
                self._client, self.is_checked = None, False
                _close(client)
                self._note(problem)
        return VectorServerError(problem)

    def _note(self, problem: str) -> None:
        if problem != self.problem:
            log.warning("%s", problem)
        self.problem = problem

    def _explain(self, error: Exception) -> str:
        from chromadb.errors import NotFoundError

        if isinstance(error, NotFoundError):
            return (
                f"{self.server} has lost the vectors ({first_line(error)}): the process that owns "
                f"the index stores them again; {KEEPS_ANSWERING}."
            )
        return f"{self.server} failed ({first_line(error)}): see its log; {KEEPS_ANSWERING}."

    def _not_built(self) -> VectorServerError:
        return VectorServerError(
            f"{self.server} has no vectors of {self.folder.parent} yet: the process that owns the "
            f"index stores them; {KEEPS_ANSWERING}."
        )

    # -- what a folder does otherwise --------------------------------------------------------

    @contextmanager
    def adding_many(self, n: int) -> Iterator[None]:  # noqa: ARG002
        """Change nothing: the server writes its files as it has been told to."""
        yield

    def clear(self) -> None:
        """Replace the collections of abstracts and sentences with empty ones."""
        with self._writing():
            for kind in ("wholes", "sentences"):
                self._delete_collection(kind)
            self.abstracts = self._collection("wholes")
            self.sentences = self._collection("sentences")

    def clear_passages(self) -> None:
        """Replace the collection of passages with an empty one."""
        with self._writing():
            self._delete_collection("passages")
            self._passages_kept = None

    def _delete_collection(self, kind: str) -> None:
        from chromadb.errors import NotFoundError

        with contextlib.suppress(NotFoundError):
            self._connected_client.delete_collection(f"{kind}-{self._embedder}-{self._suffix}")

    def remove_others(self) -> None:
        """Delete the collections that this data folder has for other embedders."""
        with self._writing():
            for collection in self._connected_client.list_collections():
                _, embedder, suffix = f"{collection.name}--".split("-")[:3]
                if suffix == self._suffix and embedder != self._embedder:
                    self._connected_client.delete_collection(collection.name)

    def close(self) -> None:
        """Close the connection."""
        with self._opening:
            if self._client is not None:
                _close(self._client)
            self._client = None


def _connected(server: VectorServer, context: ssl.SSLContext) -> "ClientAPI":
    """Return a client whose requests have time limits, which Chroma's have not."""
    import chromadb

    exempt_this_machine()
    settings = chroma_settings()
    settings.chroma_server_ssl_verify = context
    if server.token:
        settings.chroma_client_auth_provider = TOKEN_PROVIDER
        settings.chroma_client_auth_credentials = server.token
    client = chromadb.HttpClient(server.url, ssl=server.url.startswith("https:"), settings=settings)
    _session(client).event_hooks = {"request": [_limit]}
    return client


def _limit(request: Any) -> None:
    seconds = SEARCH_SECONDS if request.url.path.endswith(SEARCHES) else WRITE_SECONDS
    request.extensions["timeout"] = {
        "connect": CONNECT_SECONDS, "read": seconds, "write": seconds, "pool": seconds,
    }  # fmt: skip


def _session(client: Any) -> Any:
    """Return the httpx.Client of a client of Chroma's, which has no public name."""
    return client._server._session


def _close(client: "ClientAPI") -> None:
    with contextlib.suppress(Exception):  # it may be half closed
        for one in (
            client,
            client._admin_client,
        ):  # each has connections of its own, which stay open
            _session(one).close()
        client.close()


def _remove_index(folder: Path) -> None:
    """Delete the index that was in the folder, which would be out of date later."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.startswith("chroma.sqlite3"):
            path.unlink(missing_ok=True)
