"""The names under which people ask for organisations: "Alibaba" means DAMO Academy, too.

They come from the catalogue's own names and from organizations.toml.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files

from rag.text.words import STOPWORDS, fold

MAX_WORDS = 9  # of an organisation's name
MIN_INITIALS = 3  # letters: two are too often a word
MIN_JOINED = 5  # letters of a name that begins or ends a joined word, like FudanCVL

_WORD = re.compile(r"[^\W_]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_HUMPS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")  # GoogleDeepMind → Google Deep Mind
# A name stands between these: "KAIST AI", "NLP Lab at Oxford", "ZJUNLP".
_UNITS = frozenset(
    """ai lab labs laboratory research group team teams nlp cv cvl ml gz inc ltd co corp technology
    technologies center centre department school academy org studio""".split()
)
_JOINTS = frozenset("of the at in by from and for".split())
_UNIVERSITY = frozenset("university universitat universite universidad college institute".split())


def typed_names(names: Sequence[str], is_word: Callable[[str], bool]) -> dict[str, tuple[str, ...]]:
    """Return the catalogue's names by the key of what people type: its words, joined and folded.

    `is_word` tells common words, which do not stand for a company alone: "Scale" for "Scale AI".
    """
    inside, whole = _keys_inside(names)
    typed: dict[str, tuple[str, ...]] = {}
    for keys, parts in _known().values():
        found = _in_order(name for key in (*keys, *parts) for name in inside[key])
        typed.update(dict.fromkeys(keys, found))
    for _, parts in _known().values():
        for key in parts:
            typed.setdefault(key, _in_order(inside[key]))
    for name in names:
        words = [word for word in _words(name) if word != "the"]
        key = "".join(words)
        if key and key not in typed:
            typed[key] = _in_order([*inside[key], name])
            is_university = not _UNIVERSITY.isdisjoint(words)
            for short in (_core(words), _initials(words)):
                is_name = is_university or not is_word(short)
                if short and short not in typed and short not in STOPWORDS and is_name:
                    typed[short] = _in_order([*typed[key], *whole[short]])
    return typed


def in_latin_letters(text: str) -> str:
    """Return the text with the known Chinese names of organisations in Latin letters."""
    names = _chinese_names()
    return re.sub("|".join(map(re.escape, names)), lambda match: f" {names[match[0]]} ", text)


@cache
def _entries() -> list[dict[str, list[str]]]:
    """Return the table of organizations.toml."""
    text = (files("rag.query") / "organizations.toml").read_text(encoding="utf-8")
    entries: list[dict[str, list[str]]] = tomllib.loads(text)["organization"]
    return entries


@cache
def _chinese_names() -> dict[str, str]:
    """Return the first name of each organisation by its Chinese names, the longest first."""
    names = {
        name: entry["names"][0]
        for entry in _entries()
        for name in entry["names"]
        if _CHINESE.search(name)
    }
    return dict(sorted(names.items(), key=lambda item: -len(item[0])))


@cache
def _known() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the keys of the names and of the parts in organizations.toml, by the first name."""
    names = {_key(entry["names"][0]): _in_order(map(_key, entry["names"])) for entry in _entries()}
    parts = {
        _key(entry["names"][0]): tuple(map(_key, entry.get("parts", []))) for entry in _entries()
    }
    return {
        first: (
            keys,
            _in_order(key for part in parts[first] for key in (part, *names.get(part, ()))),
        )
        for first, keys in names.items()
    }


def _keys_inside(names: Iterable[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the names that contain each key, and those that have only units around it.

    "Nanjing University" is in "Media Lab, Nanjing University", not in "Nanjing University of
    Science"; "Boston" is in both "Boston University" and "Boston Dynamics" but has only a unit
    around it in the first.
    """
    inside: dict[str, list[str]] = defaultdict(list)
    whole: dict[str, list[str]] = defaultdict(list)
    for name in names:
        spans = [match.span() for match in _WORD.finditer(name)]
        words = [fold(name[start:end]) for start, end in spans]
        for first, (start, _) in enumerate(spans):
            before = words[first - 1] if first else ""
            if not (_is_apart(name, start - 1) or before in _JOINTS | _UNITS | {""}):
                continue
            for last in range(first + 1, min(first + MAX_WORDS, len(words)) + 1):
                after = words[last] if last < len(words) else ""
                is_apart = _is_apart(name, spans[last - 1][1])
                key = "".join(words[first:last])
                if is_apart or after not in ("of", "for"):
                    inside[key].append(name)
                if is_apart or after in _UNITS | _UNIVERSITY | {"", "at"}:
                    whole[key].append(name)
        for key in {key for start, end in spans for key in _joined_keys(name[start:end])}:
            inside[key].append(name)
            whole[key].append(name)
    return inside, whole


def _is_apart(name: str, position: int) -> bool:
    """Return whether a name is divided here by more than a space or an apostrophe."""
    around = re.match(r"\s*([^\w\s'’.])?", name[max(0, position) :])
    before = re.search(r"([^\w\s'’.])?\s*$", name[: position + 1])
    return bool((around and around[1]) or (before and before[1]))


def _joined_keys(word: str) -> Iterator[str]:
    """Yield the names that begin or end a word: FudanCVL has Fudan, ZJUNLP has ZJU."""
    humps = _HUMPS.findall(word)
    for n in range(1, len(humps)):
        for key in ("".join(humps[:n]), "".join(humps[n:])):
            if len(key) >= MIN_JOINED:
                yield key.casefold()
    if word.isupper():
        for unit in _UNITS:
            start = word.casefold().removesuffix(unit)
            if MIN_INITIALS <= len(start) < len(word):
                yield start


def _core(words: Sequence[str]) -> str:
    """Return a university's place ("Oxford") or a company's bare name ("Mistral"), else ""."""
    kept = [word for word in words if word not in _UNIVERSITY | _UNITS | _JOINTS]
    is_one_place = len(kept) <= 2 and len(words) - len(kept) >= 1
    core = "".join(kept)
    return core if is_one_place and len(core) > MIN_INITIALS else ""


def _initials(words: Sequence[str]) -> str:
    """Return a university's initials, like UIUC, or ""."""
    if _UNIVERSITY.isdisjoint(words):
        return ""
    initials = "".join(word[0] for word in words if word not in _JOINTS)
    return initials if MIN_INITIALS <= len(initials) <= MAX_WORDS else ""


def _words(name: str) -> list[str]:
    return [fold(word) for word in _WORD.findall(name)]


def _key(name: str) -> str:
    """Return a name's words without spaces, hyphens, case and accents."""
    return "".join(_words(name))


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
