"""Formulae of TeX → one line of plain characters: `\\tau^2` → `τ²`, `\\pi_{0.7}` → `π0.7`."""

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pylatexenc.macrospec import LatexContextDb

MAX_DEPTH = 20  # of groups in groups

# pylatexenc has other characters for these, or none.
_SYMBOLS = {
    "sim": "~", "mid": "|", "vert": "|", "lvert": "|", "rvert": "|", "Vert": "‖", "lVert": "‖",
    "rVert": "‖", "colon": ":", "degree": "°", "dotsc": "…", "dotsb": "…", "ensuremath": "",
    "lbrack": "[", "rbrack": "]", "lbrace": "{", "rbrace": "}", "checkmark": "✓", "xmark": "✗",
    "cmark": "✓", "sharp": "♯", "implies": "⇒", "iff": "⇔", "gets": "←", "textmu": "µ",
}  # fmt: skip
_SPACES = {
    "quad": " ", "qquad": " ", ",": " ", ":": " ", ";": " ", " ": " ", "~": " ",
    "!": "", "/": "", "-": "", "@": "",
}  # fmt: skip
# What only says how something looks.
_NOTHING = frozenset(
    """left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm
    displaystyle textstyle scriptstyle limits nolimits rm bf it sf tt cal em boldmath nonumber
    protect small tiny large""".split()
)
_ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303",
    "bar": "\u0304", "overline": "\u0304", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308",
    "check": "\u030c", "breve": "\u0306", "acute": "\u0301", "grave": "\u0300", "not": "\u0338",
}  # fmt: skip
# Each argument as it stands, with something between.
_ARGUMENTS = {"frac": "/", "dfrac": "/", "tfrac": "/", "cfrac": "/", "sfrac": "/", "nicefrac": "/"}
_STYLES = re.compile(
    r"math[a-z]+|text[a-z]*|operatorname|bm|boldsymbol|pmb|[mhf]box|underline|emph|mathop|mathrel"
)
# Built in two dimensions.
_HAS_NO_PLAIN_FORM = frozenset(
    """begin end over atop choose substack stackrel overset underset underbrace overbrace matrix
    pmatrix cases array phantom hphantom vphantom sideset xrightarrow xleftarrow mkern kern hspace
    vspace label tag ref eqref cite raisebox scalebox""".split()
)
_DOUBLE_STRUCK = dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True))
_SCRIPTS = {
    "^": str.maketrans("0123456789+-−=()nid", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱᵈ"),
    "_": str.maketrans("0123456789+-−=()ijknt", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ᵢⱼₖₙₜ"),
}
_APART = "\x01"  # beside a word, which does not run into another one
_BETWEEN_WORDS = re.compile(rf"(?<=\w){_APART}|{_APART}(?=\w)")
_DECIMAL = re.compile(r"\d+\.\d+")
_ORDINAL = re.compile(r"st|nd|rd|th")
_KERN = re.compile(r"\\m?kern\s*-?[\d.]+\s*(?:mu|em|ex|pt)\s?")
# Two backslashes before a name are one that was escaped once too often.
_TOKEN = re.compile(r"\\{1,2}([A-Za-z]+)\*?|\\(.)|[\^_]|[{}]|[^\\^_{}]+", re.DOTALL)


class NoPlainFormError(ValueError):
    """A formula cannot be written on one line."""


@cache
def symbol(name: str) -> str | None:
    """Return the characters of a command without arguments (`alpha`, `log`), or None."""
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    found = getattr(_known_commands().get_macro_spec(name), "simplify_repl", None)
    is_plain = isinstance(found, str) and "%" not in found and "<" not in found[:-1]
    return found if is_plain else None


@cache
def _known_commands() -> "LatexContextDb":
    from pylatexenc.latex2text import get_default_latex_context_db

    return get_default_latex_context_db()


def is_formula_command(name: str) -> bool:
    """Return whether this command takes an argument and belongs to formulae."""
    return name in _ACCENTS or name in _ARGUMENTS or name in ("sqrt", "binom", "pmod", "unicode")


def closing_braces(text: str) -> dict[int, int]:
    """Return where each group ends: the place of its `{` → that of its `}`."""
    closing, opened = {}, []
    for match in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            closing[opened.pop()] = match.start()
    return closing


def plain_formula(formula: str) -> str | None:
    """Return the formula, without its dollars, on one line; None if it has no such form."""
    formula = _KERN.sub("", formula)
    try:
        plain = _spaced(_Formula(formula).read(0, len(formula), 0))
    except NoPlainFormError:
        return None
    return {"--": "–", "---": "—"}.get(plain, plain)


def _spaced(plain: str) -> str:
    """Return the characters with single spaces, also between words and what they stand beside."""
    return " ".join(_BETWEEN_WORDS.sub(" ", plain).replace(_APART, "").split())


def script(kind: str, text: str, base: str = "") -> str:
    """Return a superscript ("^") or subscript ("_") of what the base ends with."""
    raised = text.translate(_SCRIPTS[kind])
    if text and not any(c in text for c in raised):
        return raised
    if kind == "_" and base[-1:].isalpha() and _DECIMAL.fullmatch(text):
        return text  # a version: π0.7
    is_sign = len(text) == 1 and not text.isalnum()
    if kind == "^" and (is_sign or _ORDINAL.fullmatch(text)):
        return "°" if text in "∘◦" else text
    return f"{kind}{_bracketed(text)}" if text else ""


class _Formula:
    """A formula that is read from left to right, each of its characters once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.closing = closing_braces(text)

    def read(self, start: int, end: int, depth: int) -> str:
        """Return a part as plain characters. Raises NoPlainFormError."""
        plain = ""
        while start < end:
            kind = self.text[start]
            if kind in "^_":
                read, start = self._argument(start + 1, end, depth)
                plain = plain.rstrip() + script(kind, _spaced(read), plain.rstrip())
                continue
            read, start = self._item(start, end, depth)
            is_operator = len(read) == 1 and unicodedata.category(read) == "Sm"
            if is_operator and plain[-1:].strip() and self.text[start : start + 1].isspace():
                plain += " "  # "x\in X"
            plain += read
        return plain

    def _item(self, start: int, end: int, depth: int) -> tuple[str, int]:
        """Return what stands here, plain, and where the next item begins."""
        if depth > MAX_DEPTH:
            raise NoPlainFormError
        match = _TOKEN.match(self.text, start, end)
        if match is None or match[0] in ("}", "&"):
            raise NoPlainFormError
        if match[0] == "{":
            close = self.closing.get(start, end)
            if close >= end:
                raise NoPlainFormError
            return self.read(start + 1, close, depth + 1), close + 1
        if match[1]:
            return self._command(match[1], match.end(), end, depth)
        if match[2]:
            return self._escaped(match[2]), match.end()
        if "&" in match[0]:
            raise NoPlainFormError
        return match[0].replace("$", ""), match.end()  # "\text{all $n$}"

    def _escaped(self, character: str) -> str:
        if character == "\\":
            raise NoPlainFormError  # a line of its own
        return _SPACES.get(character, {"|": "‖"}.get(character, character))

    def _argument(self, start: int, end: int, depth: int) -> tuple[str, int]:
        """Return a command's argument, plain, and where the next item begins."""
        while start < end and self.text[start].isspace():
            start += 1
        if start >= end:
            raise NoPlainFormError
        if self.text[start] in "\\{":
            return self._item(start, end, depth + 1)
        return self.text[start], start + 1

    def _command(self, name: str, start: int, end: int, depth: int) -> tuple[str, int]:
        if name in _HAS_NO_PLAIN_FORM:
            raise NoPlainFormError
        if name in _NOTHING:
            is_empty = name in ("left", "right") and self.text[start : start + 1] == "."
            return "", start + is_empty
        if name in _SPACES:
            return _SPACES[name], start
        if name in _ACCENTS or name in ("sqrt", "pmod", "unicode"):
            read, start = self._argument(start, end, depth)
            return _decorated(name, _spaced(read)), start
        if name in _ARGUMENTS or name == "binom":
            first, start = self._argument(start, end, depth)
            second, start = self._argument(start, end, depth)
            if name == "binom":
                return f"C({_spaced(first)}, {_spaced(second)})", start
            return f"{_bracketed(_spaced(first))}/{_bracketed(_spaced(second))}", start
        if (plain := symbol(name)) is not None:
            is_word = len(plain) > 1 and plain.isalpha()  # "n\log n"
            return f"{_APART}{plain}{_APART}" if is_word else plain, start
        if _STYLES.fullmatch(name):
            read, start = self._argument(start, end, depth)
            return _DOUBLE_STRUCK.get(read, read) if name == "mathbb" else read, start
        if self.text[start : start + 1] == "{":  # an author's own command
            return self._item(start, end, depth + 1)
        return name, start


def _decorated(name: str, text: str) -> str:
    if name == "sqrt":
        return f"√{_bracketed(text)}"
    if name == "pmod":
        return f"(mod {text})"
    if name == "unicode":
        return code_point(text)
    return unicodedata.normalize("NFC", text + _ACCENTS[name]) if len(text) == 1 else text


def code_point(number: str) -> str:
    """Return the printable character with this number, `x2714` or `10004`; else ""."""
    is_hexadecimal = number[:1] in ("x", '"')
    try:
        found = chr(int(number.lstrip('x"'), 16 if is_hexadecimal else 10))
    except (ValueError, OverflowError):
        return ""
    return found if found.isprintable() else ""


def _bracketed(text: str) -> str:
    """Return a text as one part of a larger one."""
    return text if re.fullmatch(r"[\w.]*|\([^()]*\)|\[[^\[\]]*\]", text) else f"({text})"
