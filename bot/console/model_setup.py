"""Fetch a language model and choose it; offer one to a user who has none."""

import contextlib
from importlib.util import find_spec
from pathlib import Path

from bot.app import App
from bot.console.live import download_progress
from bot.console.terminal import Terminal
from ingest.config import FetchConfig
from rag.cpu import memory_bytes
from rag.errors import ModelFileError, PaperboyError
from rag.llm.gguf_header import format_size
from rag.llm.model_files import ModelFolder, explain_base_model, full_check
from rag.models.hub import fetch
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
    """Fetch a model, or check an existing file, and use it for answers.

    `what` is a name from `paperboy model list`, `hf:REPO/FILE`, the URL of a file on Hugging
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
            needed = format_size(model.memory + RESERVED_BYTES)
            terminal.note(
                f"{model.name} and the rest of Paperboy need {needed} of memory; this machine has "
                f"{format_size(memory or 0)}."
            )
        path, is_verified = _fetch(app, source, folder, terminal)
        size = format_size(path.stat().st_size)
        checksum = "as Hugging Face states" if is_verified else "not stated by the server"
        remark = f"{path.name} is stored ({size}, sha256 {checksum})."
    folder.choose(path)
    terminal.print(f"{remark} {in_use(app, path)}")
    if not is_llama_built():
        terminal.note("Before it can write answers, build llama.cpp: `make llama`.")


def existing_file(folder: ModelFolder, text: str) -> Path:
    """Return the GGUF file with this name or path; raise ModelFileError unless it is complete."""
    model = find_known_model(text)
    path = folder.find(model.source.name if model else text)
    if model and path is None:
        raise ModelFileError(
            f"{text} is not fetched yet: fetch it with `paperboy model pull {model.name}`."
        )
    if path is None:
        raise ModelFileError(
            f"there is no model or file named {text}: `paperboy model list` shows the names."
        )
    if problem := full_check(path):
        raise ModelFileError(problem)
    return path


def in_use(app: App, path: Path) -> str:
    """Return whether the chosen file writes the answers from now on; a base model does not."""
    name = app.settings.rag.model.name
    if name:
        return f"But config.toml names {name}, which takes precedence: clear it in [rag.model]."
    return explain_base_model(path) or f"{path.stem} writes the answers from now on."


def offer_model(app: App, terminal: Terminal) -> None:
    """Tell a user who has no model, once, how to get one.

    In a terminal, offer to fetch it; nothing is fetched without a yes.
    """
    folder = ModelFolder(app.data_dir)
    if not app.use_model or app.model.name or folder.has_choice():
        return
    with contextlib.suppress(ModelFileError):  # the folder cannot be written: ask again next time
        folder.choose(None)
    memory = memory_bytes()
    model = suggest_model(memory)
    about = f"{model.source.name}, {format_size(model.size)}, {model.licence}"
    if not is_llama_built():
        terminal.note(
            "Answers are quoted sentences; for written answers run `make llama`, then "
            "`paperboy model pull`."
        )
    elif not (terminal.is_interactive and fits_memory(model, memory)):
        terminal.note(
            "Answers are quoted sentences; `paperboy model pull` fetches a model that "
            f"writes answers ({about})."
        )
    elif _confirm(terminal, f"Shall I fetch a model that writes answers ({about})? [y/N] "):
        try:
            pull(app, model.name, terminal)
        except PaperboyError as error:
            terminal.note(f"No model: {error}")
    else:
        terminal.print("Answers stay quoted. Run `paperboy model pull` to fetch it at any time.")


def is_llama_built() -> bool:
    """Return whether llama.cpp is installed (`paperboy doctor` checks whether it runs)."""
    return find_spec("llama_cpp") is not None


def _fetch(app: App, source: HubFile, folder: ModelFolder, terminal: Terminal) -> tuple[Path, bool]:
    """Return the file's path, and whether its sha256 is the one that the server stated."""
    url = app.settings.ingest.fetch.huggingface_url
    # By default huggingface_hub chooses the address, which respects $HF_ENDPOINT.
    endpoint = None if url == DEFAULT_HUB else url.rstrip("/")
    with download_progress(terminal, source.name) as report:
        return fetch(source, folder.path, endpoint=endpoint, on_progress=report)


def _confirm(terminal: Terminal, question: str) -> bool:
    try:
        return terminal.out.input(question).strip().casefold() in ("y", "yes")
    except (EOFError, KeyboardInterrupt):
        return False
