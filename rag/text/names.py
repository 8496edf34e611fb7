"""The names of papers' systems, like "HCG-LVLM" or "Bridge", often in the abstract alone."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from rag.records import Paper
from rag.text.tex import without_tex
from rag.text.words import fold

MAX_TITLE_NAME_WORDS = 3  # up to this many words before a title's colon are a name
_NAME = r"[A-Z\u0370-\u03ff\u00b5][\w$^{}\\-]*(?:\.\d[\w-]*)?(?:[-\s]?\d(?:\.\d)?)?"
_INTRODUCED = re.compile(
    r"\b(?:propos|present|introduc|develop|releas|describ|call|nam|term|dubb)\w*\s+"
    rf"(?:it\s+|as\s+|this\s+\w+\s+|\\textit{{)*[\"“']?({_NAME})(?=[\s,.;:(\"”'}}])"
)
_APPOSED = re.compile(
    r"\b(?:benchmark|dataset|framework|model|method|paradigm|approach|network),?\s+"
    rf"({_NAME})(?=\s*[,.(])"
)
_ABBREVIATED = re.compile(r"(?<![\w-])((?:[\w-]+\s+){1,8})\(([A-Z][\w-]*[A-Z0-9][\w-]*)s?\)")
_SUBJECT = re.compile(rf"(?:^|[.!?]\s+)({_NAME})\s+(?:is|are|has|uses?|achieves?|outperforms?)\b")
# "HeronNet counts": what begins several sentences is what the abstract is about.
_TOLD_OF = re.compile(rf"(?:^|[.!?:;]\s+)({_NAME})\s+(?:therefore\s+|also\s+)?[a-z]+s\b")
MIN_TOLD_OF = 2  # sentences that a name begins
# A capital or a digit after the first character.
_NAMELIKE = re.compile(r".+[A-Z\d]")
_PLURAL = re.compile(r"[A-Z]s$")  # "LRMs" are a kind of thing
# Kinds of models and methods: names that belong to no paper.
COMMON_NAMES = frozenset(
    """
    LLM VLM MLLM LVLM LMM VLA RL SFT RLHF RLVR GRPO PPO DPO NLP CV AI VQA
    CLIP GPT API SOTA RAG CoT MoE KV RGB LoRA CFG ViT AR We This In The Our It To For A An
    """.split()
)


_POWER = re.compile(r"(?<=\w)[-\s]*\b(squared|cubed)\b")
_NO_PART = re.compile(r"[^\w.]+|_|(?<!\d)\.|\.(?!\d)")  # of a key


def name_key(name: str) -> str:
    r"""Return what all spellings of a name have in common, and no other name.

    `π0.7`, `$\pi_{0.7}$`, `Pi 0.7` and `pi-0.7` give `pi0.7`; `GPT-4o` and `gpt 4o` give `gpt4o`.
    """
    folded = fold(without_tex(name))
    folded = _POWER.sub(lambda match: "2" if match[1] == "squared" else "3", folded)
    return _NO_PART.sub("", folded)


@lru_cache(maxsize=16_384)
def system_names(paper: Paper) -> tuple[str, ...]:
    """Return the names of a paper's system, the likeliest first; empty if it has none."""
    title, abstract = paper.title, paper.abstract
    before, colon, _ = title.partition(":")
    own = [before.strip()] if colon and len(before.split()) <= MAX_TITLE_NAME_WORDS else []
    abbreviated = [
        (_shared_words(match[1], title), match[2])
        for match in _ABBREVIATED.finditer(abstract)
        if _is_short_for(match[2], match[1])
        and (abstract.count(match[2]) > 1 or _is_proper(match[1], match[2]))
    ]
    abbreviated.sort(key=lambda found: -found[0])  # stable: otherwise in the abstract's order
    found = [
        *(match[1].strip() for match in _INTRODUCED.finditer(abstract)),
        *_told_of(abstract),
        *(name for shared, name in abbreviated if shared),
        *(match[1].strip() for match in _APPOSED.finditer(abstract)),
        *(match[1].strip() for match in _SUBJECT.finditer(abstract)),
    ]
    names = [
        name
        for name in found
        if name not in COMMON_NAMES
        and not _PLURAL.search(name)
        and (_NAMELIKE.match(name) or abstract.count(name) > 1)
    ]
    return tuple(dict.fromkeys([*own, *names]))


def _told_of(abstract: str) -> list[str]:
    """Return the names that begin several sentences of an abstract, the most frequent first."""
    counts = Counter(match[1].strip() for match in _TOLD_OF.finditer(abstract))
    return [
        name
        for name, count in counts.most_common()
        if count >= MIN_TOLD_OF and _NAMELIKE.match(name)
    ]


def name_missing_from_title(paper: Paper) -> str:
    """Return the system's name if the title does not contain it, else ""."""
    name = next(iter(system_names(paper)), "")
    return "" if name_key(name) in name_key(paper.title) else name


def short_name(paper: Paper) -> str:
    """Return a short name for a paper: its system's name, else its title."""
    before, colon, _ = paper.title.partition(":")
    own = before.strip() if colon and len(before.split()) <= MAX_TITLE_NAME_WORDS else ""
    return own or next(iter(system_names(paper)), "") or paper.title


def _is_short_for(short: str, words: str) -> bool:
    """Return whether an abbreviation's letters are the initials of the words before it."""
    letters = {c for c in short.casefold() if c.isalpha()}
    initials: set[str] = set()
    for part in re.split(r"[\s-]+", words):
        initials.update(part.casefold() if part.isupper() else part[:1].casefold())
    return len(letters & initials) >= max(2, len(letters) - 1)


def _is_proper(words: str, short: str) -> bool:
    """Return whether the words before an abbreviation are capitalised like a name."""
    long = words.split()[-sum(c.isalpha() for c in short) :]
    return 2 * sum(word[0].isupper() for word in long) >= len(long)


def _shared_words(words: str, title: str) -> int:
    """Return how many longer words of a phrase are in the title."""
    in_title = set(re.split(r"\W+", title.casefold()))
    return sum(len(word) > 3 and word in in_title for word in words.casefold().split())


# A capital after the first letter, or a digit after a letter.
_MARKED_NAME = re.compile(
    r"(?<![\w.-])(?=[A-Za-z])(?=[\w.-]*(?:\w[A-Z]|[A-Za-z]-?\d|-[A-Z]))[\w-]+(?:\.\d[\w-]*)?",
    re.ASCII,
)
_CAPITALISED = re.compile(r"(?<=[\w,;)] )[A-Z]\w+(?![\w-])")  # inside a sentence
_JOINTS = re.compile(r"[-\s]")


def names_in(text: str, known: Sequence[str] = (), *, language: str = "en") -> list[str]:
    """Return the words that look like names, and the `known` names that occur."""
    found = [match[0] for match in _MARKED_NAME.finditer(text)]
    if language in ("en", "es", "fr"):  # in German every noun has a capital
        found += _CAPITALISED.findall(text)
    found += [name for name in known if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)]
    return [name for name in dict.fromkeys(found) if name.rstrip("s") not in COMMON_NAMES]


def marked_names(text: str) -> list[tuple[str, int, int]]:
    """Return the words with a capital or a digit inside, and where they begin and end."""
    return [(match[0], *match.span()) for match in _MARKED_NAME.finditer(text)]


def is_name_in(name: str, text: str) -> bool:
    """Return whether a text contains a name, in any hyphenation, or the words it abbreviates."""
    parts = [re.escape(part) for part in _JOINTS.split(fold(name)) if part]
    if len(parts[-1]) > 2:
        parts[-1] = f"(?:{parts[-1]}|{parts[-1].removesuffix('s')})"
    joined = r"[-–\s]?".join(parts)
    if re.search(rf"(?<![^\W_]){joined}(?:['’]?s)?(?![^\W_]|\.\d)", fold(text)):
        return True
    letters = name.removesuffix("s")
    initials = r"\w*[\s-]+".join(letters.casefold())
    return len(letters) > 1 and letters.isupper() and bool(re.search(rf"\b{initials}", fold(text)))
