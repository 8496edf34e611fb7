"""`paperboy doctor`: check the installation and the data folder, and name a cure."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from langchain_core.messages import HumanMessage

from bot.app import App, open_library
from bot.clocks.zones import misleading
from bot.console.terminal import Terminal
from bot.subscriptions.mail_server import PASSWORD_VARIABLE, MailServer
from bot.subscriptions.records import LaterError
from bot.subscriptions.store import SubscriptionStore
from rag.errors import IndexInUseError, ModelFileError, PaperboyError, ProxyError
from rag.full_text.records import describe_counts
from rag.full_text.store import count_texts
from rag.grounding.judge import load_judge
from rag.library import DATABASE_NAME, Library
from rag.llm.gpu import NO_CUDA_COMPILER, Gpu, find_cuda_compiler, find_gpu
from rag.llm.language_model import LocalProcessModel
from rag.llm.model_files import explain_base_model, full_check
from rag.llm.offload import Offload
from rag.models.build_check import check_build
from rag.proxies import exempt_hosts, set_proxies
from rag.retrieval.abstract_vectors import main_embedder
from rag.retrieval.counts import count_sentences
from rag.retrieval.reranker import load_reranker
from rag.store.backups import backups_of
from rag.store.keywords import KeywordIndex
from rag.store.private_files import is_private

MAX_PIECES = 16  # of an answer that is only a test
MIN_FREE_BYTES = 500_000_000
NO_MODEL = "none: answers are quoted sentences; `paperboy model pull` fetches a model"
NAMED = 5  # damaged papers whose ids are given
DAMAGED_CURE = (
    "fetch those papers again (`paperboy ingest`), which replaces them, or put a backup in place."
)
WHEN_DUE = "; the rest follow in the running bot, or at the end of the next `paperboy sync`"
DEFAULT_CURE = "see README.md, Troubleshooting."


def doctor(app: App, *, as_json: bool) -> bool:
    """Print the result of each check; return whether all is well."""
    terminal = Terminal()
    checks = list(run_checks(app))
    if as_json:
        terminal.rows(
            {"check": c.name, "ok": c.ok, "detail": c.detail, "cure": c.cure} for c in checks
        )
    else:
        for check in checks:
            terminal.print(f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}")
            if check.cure:
                terminal.print(f"     → {check.cure}")
    return all(check.ok for check in checks)


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check; `cure` says what to do about a failure."""

    name: str
    ok: bool
    detail: str
    cure: str = ""


def run_checks(app: App) -> Iterator[Check]:
    """Yield the result of each check. No check changes data."""
    yield _python()
    yield _disk(app)
    yield _time_zone(app)
    if proxy := check_proxy():
        yield proxy
    if not app.settings.rag.model.is_external:
        yield _llama(app.model.gpu_layers)
    yield _model(app)
    if app.settings.bot.mail.host:
        yield check_mail(app)
    library = None
    try:
        library = open_library(app.data_dir, app.settings.rag, purpose="paperboy doctor")
        yield _data_folder(app.data_dir)
        for name, check in (
            ("database", _database),
            ("papers", _papers),
            ("subscriptions", _subscriptions),
            ("embedding model", _embedder),
            ("index", _index),
            ("sentence vectors", _sentences),
            ("whole papers", _whole_papers),
            ("reranker", _reranker),
            ("judge", _judge),
        ):
            yield _guarded(name, check, library)
    except PaperboyError as error:
        yield _with_backups(_failed("data folder", error), app.data_dir)
    finally:
        if library is not None:
            library.close()


def _guarded(name: str, check: Callable[[Library], Check], library: Library) -> Check:
    try:
        return check(library)
    except PaperboyError as error:
        return _failed(name, error)


def _failed(name: str, error: PaperboyError | LaterError) -> Check:
    """Return a failed check; an error's message is "problem: cure"."""
    problem, colon, cure = str(error).rpartition(": ")
    return Check(name, False, problem if colon else str(error), cure if colon else DEFAULT_CURE)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info >= (3, 11)
    return Check("python", ok, version, "" if ok else "install Python 3.11 or newer.")


def _disk(app: App) -> Check:
    folder = app.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    ok = free >= MIN_FREE_BYTES
    cure = "" if ok else "free some space, or move the data with --data-dir."
    return Check("disk", ok, f"{free / 1e9:.1f} GB free in {folder}", cure)


def _time_zone(app: App) -> Check:
    zone = app.settings.bot.zone
    problem, _, cure = zone.note.rpartition(": ")
    return Check("time zone", True, f"[bot] timezone: {problem or zone.name}", cure)


def _llama(gpu_layers: int) -> Check:
    built = check_build(gpu_layers=gpu_layers)
    if built.problem:
        cure = "run `make llama`; until then answers are quoted sentences."
        return Check("llama.cpp", False, built.problem.partition(": run ")[0], cure)
    detail = f"{built.offload.build}; a small quantised model answers"
    gpu = find_gpu()
    if gpu_layers == 0 or gpu is None or built.offload.devices:
        return Check("llama.cpp", True, detail)
    cure = _gpu_cure(gpu, built.offload)
    return Check("llama.cpp", True, f"{detail}; {gpu.name} is not used", cure)


def _gpu_cure(gpu: Gpu, offload: Offload) -> str:
    """Return how llama.cpp gets to use a GPU that it does not use."""
    if gpu.api in offload.apis:
        return "update the GPU's driver, which may be too old for this build."
    if gpu.api == "CUDA" and find_cuda_compiler() is None:
        return f"{NO_CUDA_COMPILER}, then run `make llama`."
    return "run `make llama`, which builds llama.cpp for it, or set [rag.model] gpu_layers = 0."


def _model(app: App) -> Check:
    """Load the language model and have it begin an answer."""
    if not app.use_model:
        return Check("model", True, "not used because of --no-model")
    if app.model.path and (problem := full_check(Path(app.model.path))):
        return _failed("model", ModelFileError(problem))
    try:
        model, where = app.load_model(), ""
        if model is None:
            return _not_used(app)
        try:
            # A model may think at length before the first of them.
            pieces = model.stream([HumanMessage("Say yes.")], max_tokens=app.model.max_tokens)
            for _ in islice(pieces, MAX_PIECES):
                pass
            if url := app.model.server_url:
                return Check("model", True, f"{model.name} at {url}")
            if isinstance(model, LocalProcessModel) and model.offload.devices:
                where = f"; {model.offload.model}"
        finally:
            model.close()
    except PaperboyError as error:
        return _failed("model", error)
    except Exception as error:  # a provider's client may raise anything
        return Check("model", False, f"{app.model_name}: {error}", "check [rag.model].")
    return Check("model", True, f"{app.model_name}, by {app.model_chosen_by}{where}")


def _not_used(app: App) -> Check:
    if not app.is_base_model:
        return Check("model", True, NO_MODEL)
    advice = explain_base_model(Path(app.model.path))
    return Check("model", True, f"{app.model.name}, by {app.model_chosen_by}, is not used", advice)


def check_mail(app: App) -> Check:
    """Connect to the mail server and log in."""
    config = app.settings.bot.mail
    try:
        MailServer(config, os.environ.get(PASSWORD_VARIABLE, "")).open().close()
    except LaterError as error:
        return _failed("e-mail", error)
    return Check("e-mail", True, f"{config.host} accepts mail from {config.sender}")


def check_proxy() -> Check | None:
    """Connect to the proxies that the environment names; None if it names none."""
    try:
        proxies = set_proxies()
    except ProxyError as error:
        return _failed("proxy", error)
    if not proxies:
        return None
    for proxy in proxies:
        if problem := proxy.connection_problem():
            detail = f"{proxy} cannot be reached ({problem})"
            return Check("proxy", False, detail, f"start it, or correct ${proxy.variable}.")
    exempt = f"; not for {exempt_hosts()} ($NO_PROXY)" if exempt_hosts() else ""
    return Check("proxy", True, ", ".join(map(str, proxies)) + exempt)


def _data_folder(folder: Path) -> Check:
    if is_private(folder):
        return Check("data folder", True, str(folder))
    cure = "make it yours alone (`chmod 700`), or give another one with --data-dir."
    return Check("data folder", False, f"other users may read {folder}", cure)


def _database(library: Library) -> Check:
    """Read every page of the database."""
    database = library.catalog.database
    problems = database.find_damage()
    if (not problems or "FTS5" in problems) and KeywordIndex(database).check():
        rebuilt = "its keyword index was damaged and has been rebuilt from the papers"
        return Check("database", True, f"{database.path.name}: {rebuilt}")
    if problems:
        cure = "put a backup in its place, or give another folder with --data-dir."
        check = Check("database", False, f"{database.path.name} is damaged ({problems})", cure)
        return _with_backups(check, library.folder)
    return Check("database", True, f"{database.path.name} is sound")


def _with_backups(check: Check, folder: Path) -> Check:
    """Add the names of the backups that there are."""
    names = ", ".join(path.name for path in backups_of(folder / DATABASE_NAME))
    backups = f"backups: {names}" if names else "there is no backup"
    return replace(check, detail=f"{check.detail}; {backups}")


def _papers(library: Library) -> Check:
    damaged = library.catalog.damaged()
    if damaged:
        names = ", ".join(damaged[:NAMED]) + (", …" if len(damaged) > NAMED else "")
        detail = f"{len(damaged):,} stored papers are damaged and cannot be read right ({names})"
        return _with_backups(Check("papers", False, detail, DAMAGED_CURE), library.folder)
    coverage = library.catalog.coverage()
    cure = "" if coverage.papers else "run `paperboy ingest starter`."
    return Check("papers", bool(coverage.papers), str(coverage), cure)


def _subscriptions(library: Library) -> Check:
    """Look for time zones without summer time that hardly anybody means."""
    stored = SubscriptionStore(library.catalog.database).all()
    likely = {one.id: misleading(one.rhythm.timezone) for one in stored}
    named = [
        f"{one.id} is in {one.rhythm.timezone}, which has no summer time, unlike {likely[one.id]}"
        for one in stored
        if likely[one.id]
    ]
    if not named:
        return Check("subscriptions", True, f"{len(stored):,}")
    cure = "if that is not meant, change them by /subscriptions, or remove them and add new ones."
    return Check("subscriptions", True, "; ".join(named[:NAMED]), cure)


def _embedder(library: Library) -> Check:
    embedder = library.embedder
    dimensions = f"{embedder.encode(['a test']).shape[1]} dimensions"
    parts = (embedder.name, dimensions, library.backends.describe(embedder))
    return Check("embedding model", True, ", ".join(filter(None, parts)))


def _index(library: Library) -> Check:
    try:
        index = library.index
    except IndexInUseError as error:
        return Check("index", True, f"not checked: {error}")
    index.check()
    if library.next_embedder:
        detail = f"it is of {library.embedder.name}, not yet of {library.next_embedder.name}"
        return Check("index", False, detail, "run `paperboy reindex`, or start the bot.")
    pending = index.pending_count()
    if pending:
        return Check(
            "index", False, f"{pending:,} papers are not indexed", "run `paperboy reindex`."
        )
    abstracts, sentences = index.vectors.counts()
    where = f" in the Chroma server at {url}" if (url := library.config.vectors.url) else ""
    return Check("index", True, f"{abstracts:,} abstracts and {sentences:,} sentences{where}")


def _sentences(library: Library) -> Check:
    """Count the papers whose sentences are encoded, from SQLite alone."""
    counts = count_sentences(library.catalog.database, main_embedder(library.catalog.database))
    detail = f"{counts}{WHEN_DUE}" if counts.due else str(counts)
    return Check("sentence vectors", True, detail)


def _whole_papers(library: Library) -> Check:
    """Count the papers that were read whole, from SQLite alone."""
    return Check("whole papers", True, describe_counts(*count_texts(library.catalog.database)))


def _reranker(library: Library) -> Check:
    """Load the configured reranker, which scores two test pairs."""
    config = library.config.retrieval
    if load_reranker(config, dtype=library.config.embedder.dtype) is None:
        return Check("reranker", True, "none: papers keep the order of the search")
    return Check("reranker", True, f"{config.reranker}, reads the best {config.rerank_top} papers")


def _judge(library: Library) -> Check:
    """Load the configured judge of written sentences, which scores one test pair."""
    config = library.config.check
    if load_judge(config, dtype=library.config.embedder.dtype) is None:
        if config.failed == "keep":
            return Check("judge", True, "none: written sentences are not checked")
        detail = "none: the bundled embedding model checks written sentences"
        return Check("judge", True, detail)
    return Check("judge", True, f"{config.judge} checks written sentences")
