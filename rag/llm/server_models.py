"""Which models of a server's list to ask for an answer, if the settings name none."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

MAX_TRIES = 4  # models that are asked for one answer, if each refuses

# In the name of a model, or in what a server says that it is for: it searches, or hears or draws.
SEARCH_MODEL = re.compile(
    r"embed|rerank|minilm|mpnet|colbert|splade|sentence-transformers|whisper"
    r"|(?<![a-z0-9])(?:bge|gte|e5|sbert|tts|clip)(?![a-z])",
    re.IGNORECASE,
)
CHAT_KIND = re.compile("chat|complet|generat|instruct|llm|vlm", re.IGNORECASE)
KIND_FIELDS = ("type", "task", "mode", "kind", "capabilities")  # of an entry of the list


def candidates(listed: Sequence[Any], refused: Iterable[str]) -> list[str]:
    """Return the names to try in turn: of models that may chat and have not refused before.

    `listed` are the entries of the server's list, with `id` and perhaps more. If all have refused,
    they are tried again: the server may have changed. If none may chat, only the first is tried.
    """
    names = [str(entry.id) for entry in listed if _may_chat(entry)]
    untried = [name for name in names if name not in set(refused)]
    return (untried or names)[:MAX_TRIES] or [str(entry.id) for entry in listed[:1]]


def lists_no_chat_model(listed: Sequence[Any]) -> bool:
    """Return whether each model of the list is named, or described, as one for search."""
    return bool(listed) and not any(map(_may_chat, listed))


def _may_chat(entry: Any) -> bool:
    name, kind = str(entry.id), _kind(entry)
    if CHAT_KIND.search(kind):
        return True
    return not SEARCH_MODEL.search(kind) and not SEARCH_MODEL.search(name)


def _kind(entry: Any) -> str:
    """Return what the server says the model is for; most say nothing. Ollama does not either."""
    fields = getattr(entry, "model_extra", None) or {}
    kinds: list[str] = []
    for value in (fields.get(name) for name in KIND_FIELDS):
        if isinstance(value, dict):  # capability → whether the model has it
            kinds += [str(name) for name, has_it in value.items() if has_it]
        elif value:
            kinds.append(str(value))
    return " ".join(kinds)
