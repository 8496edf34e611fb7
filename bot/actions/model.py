"""`paperboy model`: fetch, choose and test a language model."""

from pathlib import Path

from bot.app import App
from bot.console.model_setup import existing_file, in_use, is_llama_built, pull
from bot.console.terminal import Terminal
from bot.json_rows import Row
from rag.cpu import memory_bytes
from rag.errors import ModelFileError, UsageError
from rag.llm.gguf_header import format_size, read_header
from rag.llm.model_files import (
    ModelFolder,
    explain_base_model,
    full_check,
    quick_check,
    sha256_of,
    stored_sha256,
)
from rag.models.known_models import KNOWN_MODELS, RESERVED_BYTES, fits_memory, suggest_model

NONE = "none"
MAX_REPLY = 200  # characters of the model's reply


def pull_model(app: App, what: str) -> None:
    """Fetch a model, or check an existing file, and use it for answers."""
    pull(app, what, Terminal())


def list_models(app: App, *, as_json: bool) -> None:
    """Show the recommended models, what they need, and which are fetched and in use."""
    terminal = Terminal()
    rows = _rows(app)
    if as_json:
        terminal.rows(rows)
        return
    terminal.print(_line("name", "file", "memory", "tokens/s", "licence"))
    for row in rows:
        memory = format_size(row["memory_bytes"]) if row["memory_bytes"] else ""
        size, remarks = format_size(row["bytes"]), "; ".join(_remarks(row))
        terminal.print(_line(row["name"], size, memory, row["writes"], row["licence"], remarks))
    terminal.print(
        "tokens/s: approximate writing speed on two cores; `paperboy model check` measures it."
    )
    terminal.print(_advice(app))


def use_model(app: App, what: str) -> None:
    """Use a fetched model, or any GGUF file, for answers; `none` returns to quoted answers."""
    terminal = Terminal()
    folder = ModelFolder(app.data_dir)
    if what == NONE:
        folder.choose(None)
        name = app.settings.rag.model.name
        terminal.print(
            f"config.toml names {name}, which stays in use."
            if name
            else "Answers are quoted sentences from now on."
        )
        return
    path = existing_file(folder, what)
    folder.choose(path)
    terminal.print(in_use(app, path))


def check_model(app: App, what: str, *, as_json: bool) -> None:
    """Test a model in a separate process: speed, memory, context and sha256."""
    terminal = Terminal()
    row = _check(app, _file_to_check(app, what))
    if as_json:
        terminal.rows([row])
        return
    trained = f" (trained for {row['trained_for']:,})" if row["trained_for"] else ""
    memory = format_size(row["memory_bytes"]) if row["memory_bytes"] else "unknown"
    checksum = "as published" if row["sha256_known"] else "the published one is unknown"
    terminal.print(f"{row['file']}, {format_size(row['bytes'])}")
    terminal.print(f"sha256   {row['sha256']} ({checksum})")
    terminal.print(f"context  {row['n_ctx']:,} tokens{trained}")
    terminal.print(f"memory   {memory} at most; loaded in {row['load_seconds']:.1f} s")
    terminal.print(f"prompt   {_rate(row['prompt_rate'])}, {row['prompt_tokens']} read")
    terminal.print(f"answer   {_rate(row['answer_rate'])}, {row['answer_tokens']} written")
    terminal.print(f"llama.cpp: {row['llama_cpp']}")
    terminal.print(f"Reply:   {row['said']}")
    if row["problem"]:
        terminal.print(row["problem"])


def _rows(app: App) -> list[Row]:
    """Return the recommended models, then the other model files on this machine."""
    folder, memory = ModelFolder(app.data_dir), memory_bytes()
    current = Path(app.model.path) if app.model.path else None
    rows: list[Row] = []
    for model in KNOWN_MODELS:
        path = folder.path / model.source.name
        rows.append({
            "name": model.name, "file": model.source.name, "repo": model.source.repo,
            "bytes": model.size, "memory_bytes": model.memory, "licence": model.licence,
            "writes": model.answer_rate, "remark": model.remark, "installed": path.is_file(),
            "in_use": path == current, "fits": fits_memory(model, memory),
            "suggested": model == suggest_model(memory),
        })  # fmt: skip
    listed = {row["file"] for row in rows}
    others = [path for path in folder.installed() if path.name not in listed]
    if current and current.is_file() and current not in folder.installed():
        others.append(current)
    rows.extend({
        "name": path.stem, "file": path.name, "repo": "", "bytes": path.stat().st_size,
        "memory_bytes": 0, "licence": "", "writes": "", "remark": "", "installed": True,
        "in_use": path == current, "fits": True, "suggested": False,
    } for path in others)  # fmt: skip
    return rows


def _line(name: str, size: str, memory: str, writes: str, licence: str, remarks: str = "") -> str:
    return f"{name:<12} {size:<8} {memory:<8} {writes:<9} {licence:<11} {remarks}".rstrip()


def _remarks(row: Row) -> list[str]:
    remarks = [row["remark"]] if row["remark"] else []
    if row["in_use"]:
        remarks.append("in use")
    elif row["installed"]:
        remarks.append("fetched")
    if not row["fits"]:
        remarks.append("too large for this machine")
    return remarks


def _advice(app: App) -> str:
    """Return which model fits this machine, and which one is in use and why."""
    memory = memory_bytes()
    model = suggest_model(memory)
    if memory and not fits_memory(model, memory):
        advice = (
            f"This machine has {format_size(memory)} of memory, and Paperboy itself needs "
            f"{format_size(RESERVED_BYTES)}: too little for any of these."
        )
    else:
        machine = f"this machine ({format_size(memory)} of memory)" if memory else "this machine"
        advice = f"Suggested for {machine}: {model.name} (`paperboy model pull`)."
    if not app.model.name:
        return f"{advice}\nIn use: none, answers are quoted sentences."
    advice = f"{advice}\nIn use: {app.model.name}, by {app.model_chosen_by}"
    if app.model.path and (problem := quick_check(Path(app.model.path))):
        return f"{advice}. But {problem}"
    return f"{advice}."


def _file_to_check(app: App, what: str) -> Path:
    if what:
        return existing_file(ModelFolder(app.data_dir), what)
    if app.model.is_external:
        raise UsageError(
            f"{app.model.name} is not a local file: name a GGUF file, or test that model with "
            "`paperboy doctor`."
        )
    if not app.model.path:
        raise ModelFileError("no model is in use: fetch one with `paperboy model pull`.")
    path = Path(app.model.path)
    if problem := full_check(path):
        raise ModelFileError(problem)
    return path


def _check(app: App, path: Path) -> Row:
    """Run the model once and return the measurements."""
    from rag.models.trial import try_model

    if not is_llama_built():
        raise ModelFileError("llama.cpp, which runs models, is not built: run `make llama`.")
    config = app.settings.rag.model
    trial = try_model(
        path,
        n_ctx=config.n_ctx,
        threads=config.threads,
        gpu_layers=config.gpu_layers,
        sequences=config.sequences,
    )
    return {
        "file": path.name,
        "bytes": path.stat().st_size,
        "sha256": stored_sha256(path) or sha256_of(path),  # the stored one has just been compared
        "sha256_known": bool(stored_sha256(path)),
        "n_ctx": trial.n_ctx,
        "trained_for": read_header(path).context_length,
        "load_seconds": round(trial.load_seconds, 2),
        "memory_bytes": trial.memory,
        "prompt_tokens": trial.prompt_tokens,
        "prompt_rate": round(trial.prompt_rate, 1),
        "answer_tokens": trial.answer_tokens,
        "answer_rate": round(trial.answer_rate, 1),
        "llama_cpp": trial.offload.model,
        "said": trial.answer[:MAX_REPLY],
        "problem": explain_base_model(path),
    }


def _rate(rate: float) -> str:
    return f"{rate:.1f} tokens per second" if rate else "too few tokens to measure"
