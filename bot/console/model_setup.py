"""A model is fetched and put to use; and somebody who has none is told how to get one."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from bot.app import App
from bot.console.terminal import Terminal
from ingest.config import FetchConfig
from rag.cpu import memory_bytes
from rag.errors import ModelFileError, PaperboyError
from rag.llm.gguf_header import format_size
from rag.llm.model_files import ModelFolder, full_check
from rag.models.hub import ProgressCallback, fetch
from rag.models.known_models import (
    RESERVED_BYTES,
    HubFile,
    find_known_model,
    fits_memory,
    parse_source,
    suggest_model,
)

DEFAULT_HUB = FetchConfig().huggingface_url


def pull(app: App, what: str, terminal: Terminal) -> None:
    """Fetch a model, or check a file that is here already, and put it to use.

    `what` is a name of `paperboy model list`, `hf:REPO/FILE`, the address of a file on Hugging
    Face, or a path; "" is the model suggested for this machine. Raises ModelFileError.
    """
    folder = ModelFolder(app.data_dir)
    model = find_known_model(what) if what else suggest_model(memory_bytes())
    source = model.source if model else parse_source(what)
    if source is None:
        path = existing_file(folder, what)
        remark = f"{path.name} is a GGUF file of {format_size(path.stat().st_size)}."
    else:
        if model and not fits_memory(model, memory := memory_bytes()):
            wanted = format_size(model.memory + RESERVED_BYTES)
            terminal.note(
                f"{model.name} and the rest of Paperboy want {wanted} of memory, and there are "
                f"{format_size(memory or 0)}."
            )
        path, is_vouched_for = _fetched(app, source, folder, terminal)
        size = format_size(path.stat().st_size)
        found = "as Hugging Face has it" if is_vouched_for else "which the server did not name"
        remark = f"{path.name} is here ({size}, sha256 {found})."
    folder.choose(path)
    terminal.print(f"{remark} {in_use(app, path)}")
    if not is_llama_built():
        terminal.note("Before it can write, llama.cpp has to be built: `make llama`.")


def existing_file(folder: ModelFolder, text: str) -> Path:
    """Return the whole GGUF file of that name or path. Raises ModelFileError where it is none."""
    model = find_known_model(text)
    path = folder.find(model.source.name if model else text)
    if model and path is None:
        raise ModelFileError(
            f"{text} is not here yet: fetch it with `paperboy model pull {model.name}`."
        )
    if path is None:
        raise ModelFileError(
            f"there is no model {text} and no such file: `paperboy model list` shows the names."
        )
    if problem := full_check(path):
        raise ModelFileError(problem)
    return path


def in_use(app: App, path: Path) -> str:
    """Say whether the file that was just chosen is what answers are written by."""
    name = app.settings.rag.model.name
    if name:
        return f"But config.toml names {name}, which goes first: clear that in [rag.model]."
    return f"Answers are written by {path.stem} from now on."


def offer_model(app: App, terminal: Terminal) -> None:
    """Tell somebody without a model, the first time, how to get one.

    On a terminal it is offered; nothing is fetched without a yes.
    """
    folder = ModelFolder(app.data_dir)
    if not app.use_model or app.model.name or folder.has_choice():
        return
    with contextlib.suppress(ModelFileError):  # a folder that cannot be written: asked again
        folder.choose(None)
    memory = memory_bytes()
    model = suggest_model(memory)
    about = f"{model.source.name}, {format_size(model.size)}, {model.licence}"
    if not is_llama_built():
        terminal.note(
            "Answers are quoted sentences; `make llama` and then `paperboy model pull` have them "
            "written."
        )
    elif not (terminal.is_interactive and fits_memory(model, memory)):
        terminal.note(
            "Answers are quoted sentences; `paperboy model pull` fetches a model that writes them "
            f"({about})."
        )
    elif _says_yes(terminal, f"Shall I fetch a model that writes answers ({about})? [y/N] "):
        try:
            pull(app, model.name, terminal)
        except PaperboyError as error:
            terminal.note(f"No model: {error}")
    else:
        terminal.print("Then answers are quoted. `paperboy model pull` fetches it any time.")


def is_llama_built() -> bool:
    """Return whether llama.cpp is installed (whether it runs is what `doctor` finds out)."""
    return find_spec("llama_cpp") is not None


def _fetched(
    app: App, source: HubFile, folder: ModelFolder, terminal: Terminal
) -> tuple[Path, bool]:
    url = app.settings.ingest.fetch.huggingface_url
    # Unless config.toml says otherwise the address is huggingface_hub's, which heeds $HF_ENDPOINT.
    endpoint = None if url == DEFAULT_HUB else url.rstrip("/")
    with _bar(terminal, source.name) as tell:
        return fetch(source, folder.path, endpoint=endpoint, on_progress=tell)


@contextmanager
def _bar(terminal: Terminal, name: str) -> Iterator[ProgressCallback]:
    """Show how far the file has come, on a terminal; elsewhere nothing."""
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
        console=terminal.err, transient=True, disable=not terminal.err.is_terminal,
    )  # fmt: skip
    with bar:
        tasks = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(f"{name} {stage}", total=total)
            bar.update(tasks[stage], completed=done)

        yield tell


def _says_yes(terminal: Terminal, question: str) -> bool:
    try:
        return terminal.out.input(question).strip().casefold() in ("y", "yes")
    except (EOFError, KeyboardInterrupt):
        return False
