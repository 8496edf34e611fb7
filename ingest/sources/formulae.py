"""Formulae that arXiv's HTML gives twice or three times → once, in plain characters.

In text, a formula is followed by its TeX (`∼\\sim 47.0%`, `0.8%0.8\\%`), and in older conversions
also by the names of its characters:
`w cls subscript 𝑤 𝑐 𝑙 𝑠 w_{cls}italic_w start_POSTSUBSCRIPT … end_POSTSUBSCRIPT`. What is
said again in front of the TeX and behind it is dropped. Linear in the length of the text.
"""

import re
import unicodedata

from rag.text.formula import closing_braces, plain_formula

MAX_FORMULA = 400  # characters; a longer one stays as it is
MAX_COPIES = 3  # of a formula in front of its TeX
MAX_GLUED = 40  # characters of a copy that no space parts from the TeX
SLACK = 60  # characters of signs and spaces in a copy, beside three for each of its letters

_COMMAND = re.compile(r"\\[A-Za-z]+")
_TEX = re.compile(r"\\(?:[A-Za-z]+|[^\sA-Za-z])|[_^](?=\{)")
# How older conversions name the characters of a formula behind it.
_NAMED = re.compile(
    r"(?:bold_italic|italic|bold|caligraphic|blackboard_bold|fraktur|roman|sansserif|typewriter)_"
    r"|\b(?:start|end)_[A-Z]+\b"
)
# "subscript 𝑤 𝑐", which is how they read out an index.
_READ_OUT = re.compile(r"\b(?:sub|super)script(?=\s?\S{1,2}(?:\s|$)|[^\w\s])")
_BEGINS_TEX = re.compile(r"[\\{}_^\d]|[A-Za-z](?![A-Za-z0-9])")
_MATH_LETTERS = re.compile("[\U0001d400-\U0001d7ff]+")
_IN_FORMULA = re.compile(r"[\d=]")
_SIGNS = str.maketrans("∼−∗⋅", "~-*·")


def formulae_once(text: str) -> str:
    """Return a paragraph, on one line, in which each formula stands once."""
    text = _MATH_LETTERS.sub(lambda m: unicodedata.normalize("NFKC", m[0]), " ".join(text.split()))
    if _TEX.search(text) is None:
        return _without_repeated_tokens(text)
    text = _READ_OUT.sub(" ", text)
    closing = closing_braces(text)
    parts: list[str] = []
    start = 0
    while match := _TEX.search(text, start):
        end = _end_of_formula(text, match.start(), closing)
        begin = max(text.rfind(" ", start, match.start()) + 1, start)
        floor = start
        if end - begin <= MAX_FORMULA:
            begin, key = _own_start(text, begin, match, end, floor)
            formula = text[begin:end]
            parts.append(text[floor : _before_copies(text, begin, key, floor)])
            parts.append(plain_formula(formula) or formula)
            end = _behind_copy(text, end, key)
            parts.append(" " * text[end : end + 1].isalnum())
        else:
            parts.append(text[floor:end])
        start = end
    parts.append(text[start:])
    return _without_repeated_tokens(_NAMED.sub("", "".join(parts)))


def _without_repeated_tokens(text: str) -> str:
    """Return the text without a number or letter that repeats the one before: "38 38", "T T"."""
    tokens: list[str] = []
    for token in text.split():
        bare = token.rstrip(".,;:)")
        is_formula = _IN_FORMULA.search(bare) or (len(bare) == 1 and bare.isalpha())
        if tokens and is_formula and tokens[-1] == bare:
            tokens.pop()
        tokens.append(token)
    return " ".join(tokens)


def _end_of_formula(text: str, start: int, closing: dict[int, int]) -> int:
    """Return where the TeX that begins here ends: at a space that no more TeX follows."""
    end, brace = start, start
    while end < len(text) and end - start <= MAX_FORMULA and text[end] != " ":
        if text[end] == "{":
            end = brace = closing.get(end, end) + 1
        elif _NAMED.match(text, end):
            return end
        elif command := _COMMAND.match(text, end):
            end = command.end()
            if text[end : end + 1] == " " and _BEGINS_TEX.match(text, end + 1):
                end += 1
        else:
            end += 1
    # "10^{-4}1 × 10 start_POSTSUPERSCRIPT": the last 1 is not of the TeX.
    is_named = text[brace:end].isalnum() and _NAMED.search(text, end, end + SLACK)
    end = brace if brace > start and is_named else min(end, len(text))
    return end - (text[end - 1] == "(")


def _own_start(text: str, begin: int, tex: re.Match[str], end: int, floor: int) -> tuple[int, str]:
    """Return where a formula begins in a token that may begin with a copy, and its key.

    The key is its letters and digits, or the sign that its first command stands for.
    """
    sign = (plain_formula(tex[0]) or "").translate(_SIGNS)
    glued = text[begin : tex.start()].translate(_SIGNS)
    if sign and not _letters(sign) and glued.endswith(sign):
        return tex.start(), sign
    for at in range(max(begin, tex.start() - MAX_GLUED), tex.start() + 1):
        if at in (begin, tex.start()) or text[at].isalnum() or text[at] in "([-−":
            key = _key(text[at:end])
            if key and _before_copies(text, at, key, floor) < at:
                return at, key
    return begin, _key(text[begin:end])


def _before_copies(text: str, begin: int, key: str, floor: int) -> int:
    """Return where the copies in front of a formula begin: its own begin if there are none."""
    if key and not _letters(key):
        return begin - len(key)
    for _ in range(MAX_COPIES if key else 0):
        at, rest = begin, key
        first = max(floor, begin - 3 * len(key) - SLACK)
        while rest and at > first:
            letters = _letters(text[at - 1])
            if not rest.endswith(letters):
                break
            rest = rest.removesuffix(letters)
            at -= 1
        if rest or (at > floor and (text[at - 1].isalnum() or text[at - 1] in "._-")):
            break
        copy = text[at:begin]
        begin = at - (at > floor and text[at - 1] == "(" and copy.count(")") > copy.count("("))
    return begin


def _behind_copy(text: str, end: int, key: str) -> int:
    """Return where the text goes on behind a formula and the names of its characters."""
    at, rest, last = end, key, 0
    limit = min(len(text), end + 40 * (len(key) + 2))
    while at < limit:
        if named := _NAMED.match(text, at):
            at = last = named.end()
            continue
        letters = "" if text.startswith("over", at) else _letters(text[at])
        if not rest.startswith(letters) or not (rest or text[at] in " )]"):
            break
        rest = rest.removeprefix(letters)
        at += 4 if text.startswith("over", at) else 1
        if not rest and last and text[at - 1] not in " " and not _NAMED.match(text, at + 1):
            is_open = text.count("(", end, at) > text.count(")", end, at)
            if not is_open:
                break
    return at if last else end


def _key(formula: str) -> str:
    """Return a formula's letters and digits, which all its copies have."""
    plain = plain_formula(formula)
    if plain is None:
        plain = re.sub(r"\\(?:text|math)[a-z]*|\\[a-z]+", "", formula)
    return _letters(plain)


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text)
    return "".join(c for c in folded if c.isalnum())
