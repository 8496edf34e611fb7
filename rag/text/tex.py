"""TeX in running text → the characters that it stands for: `K\\"ahler` → `Kähler`.

Text that merely has a character of TeX's stays as it is: "50% of", "$5 and $10", "C:\\new", "a_b".
So does a formula without a plain form, such as a matrix. Every part is read once, so the time is
linear in the length.
"""

import re
import unicodedata

from rag.text.formula import (
    MAX_DEPTH,
    closing_braces,
    code_point,
    is_formula_command,
    plain_formula,
    script,
    symbol,
)

MAX_FORMULA = 1_000  # characters

_SIGNS = ("\\", "$", "~", "``", "--", "^{", "_{")  # a text without any of them has no TeX
_ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328",
    "r": "\u030a", "d": "\u0323", "b": "\u0331", "t": "\u0361",
}  # fmt: skip
_LETTERS = {
    "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "ss": "ß", "aa": "å", "AA": "Å",
    "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "dh": "ð", "DH": "Ð", "dj": "đ", "DJ": "Đ",
    "th": "þ", "TH": "Þ", "ng": "ŋ", "NG": "Ŋ",
}  # fmt: skip
_SYMBOLS = {
    "deg": "°", "textdegree": "°", "textasciitilde": "~", "textasciicircum": "^", "slash": "/",
    "textbackslash": "\\", "textgreater": ">", "textless": "<", "textbar": "|", "item": " • ",
    "par": " ", "newline": " ", "linebreak": " ", "quad": " ", "qquad": " ", "nobreakdash": "",
    "textperthousand": "‰", "LaTeX": "LaTeX", "TeX": "TeX", "eg": "e.g.", "ie": "i.e.",
    "etal": "et al.", "etc": "etc.", "log": "log",
}  # fmt: skip
# Commands that only say how what follows looks.
_SWITCHES = frozenset(
    """em it bf tt sc rm sf sl itshape bfseries ttfamily scshape upshape mdseries rmfamily sffamily
    normalfont tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge noindent
    displaystyle boldmath centering protect allowbreak bigskip medskip smallskip xspace maketitle
    footnotemark left right big Big bigl bigr""".split()
)
# Commands whose groups hold nothing for readers.
_DROPPED = re.compile(
    r"[a-zA-Z]*cite[a-zA-Z]*|(?:[a-zA-Z]*(?<!h))ref|label|[vh]space|index|color|begin|end|thanks"
)
_TAKES_GROUP = re.compile(rf"{_DROPPED.pattern}|text\w\w|emph|underline|footnote|url")
_SECOND_GROUP = frozenset("textcolor colorbox foreignlanguage texorpdfstring raisebox".split())
_SPACES = {**dict.fromkeys(",;: \n", " "), **dict.fromkeys("/!@", "")}
_ESCAPED = frozenset("&%_#${}")
_ENDING = re.compile(r"(?:s|t|d|m|ll|re|ve)\b")  # after an apostrophe
_ESCAPED_QUOTES = re.compile(r'(?<!\w)\\"([^\\"]{1,200})\\"(?!\w)')
_GONE = "\x00"  # stands for what was dropped: "shown in \cite{x}."
_BEFORE_GONE = re.compile(rf" ?{_GONE}(?=[.,;:)])")
_EMPTY_BRACKETS = re.compile(rf" ?\((?:see\s|e\.g\.,?\s|cf\.\s)?{_GONE}[{_GONE}\s;,]*\)")

_URL = re.compile(r"https?://(?:\\[_%&#~$]|[^\s\\{}$])+")
_QUOTED = re.compile(r"``(?!`)([^`]{1,400}?)(?:''|\")")
# Each part begins with its own characters, which is what makes the search quick.
_TYPOGRAPHY = re.compile(
    rf"(?P<url>{_URL.pattern})"
    r"|(?P<em>---(?<![-|:]---)(?![-|:>]))"
    r"|(?P<en>(?<=\w)--(?=\w))"  # " -- " is how people type a dash without TeX, too
    # A tie; "~100", "5~10", "7B~30B" and "/~user" have none.
    r"|(?P<tie>~(?:(?<=[A-Za-z.,)}\]]~)(?<!\d[A-Za-z]~)(?<!\d[A-Za-z]{2}~)(?=[\w$\\({\[])"
    r"|(?<=\d~)(?=[A-Za-z$\\])))"
)
_NEXT = re.compile(r"[\\${]|[\^_]\{|https?://|[A-Za-z]:\\(?<!\w..)\w")
_PATH = re.compile(r"[^\s,;{}$]+")
_SHARE = re.compile(r"\\\\[\w.-]+\\[\w.-][^\s,;{}$]*")
_COMMAND = re.compile(r"\\(?:([A-Za-z]+)\*?|(.))", re.DOTALL)
_IN_FORMULA = re.compile(r"\\.|[${]", re.DOTALL)
_IN_TEX = re.compile(r"\\[A-Za-z]+|\{[^{}]*\}")
# "5 million and 10", "10, or 5", "HOME/bin:"
_PROSE = re.compile(r"\b[A-Za-z]{2,}\s+[A-Za-z]{2,}|^\d.*\s[A-Za-z]{2}|[/:,;=(+-]$|^[/:,;)]")
_CLOSING = {"(": "\\)", "[": "\\]"}
_OPTION = re.compile(r"\[[^\[\]]{0,200}\]")
_IS_MARKED = re.compile(r"\{+\\[A-Za-z'\"`^~=.]")  # a group that begins with a command
_SPACED_LETTER = re.compile(r"\s([A-Za-z])")


def without_tex(text: str) -> str:
    """Return the text with plain characters in place of TeX's commands, groups and formulae."""
    if not any(sign in text for sign in _SIGNS):
        return text
    if '\\"' in text:
        text = _ESCAPED_QUOTES.sub(r"“\1”", text)
    text = _QUOTED.sub(r"“\1”", text)
    if "~" in text or "--" in text:
        text = _TYPOGRAPHY.sub(_typography, text)
    plain = " ".join(_Text(text).read(0, len(text), 0).split())
    return _BEFORE_GONE.sub("", _EMPTY_BRACKETS.sub("", plain)).replace(_GONE, "")


def _typography(match: re.Match[str]) -> str:
    return {"url": match[0], "em": "—", "en": "–", "tie": " "}[match.lastgroup or "url"]


class _Text:
    """A text that is read from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.closing = closing_braces(text)

    def read(self, start: int, end: int, depth: int) -> str:
        """Return a part of the text with plain characters."""
        if depth > MAX_DEPTH:
            return self.text[start:end]
        parts: list[str] = []
        while match := _NEXT.search(self.text, start, end):
            parts.append(self.text[start : match.start()])
            plain, start = self._special(match, end, depth)
            parts.append(plain)
        parts.append(self.text[start:end])
        return "".join(parts)

    def _special(self, match: re.Match[str], end: int, depth: int) -> tuple[str, int]:
        """Return what stands for a special character, and where the text goes on."""
        start, found = match.start(), match[0]
        if found == "\\":
            return self._command(start, end, depth)
        if found == "$":
            return self._dollars(start, end)
        if found == "{":
            close = self.closing.get(start, end)
            if close < end and _IS_MARKED.match(self.text, start, end):
                return self.read(start + 1, close, depth + 1), close + 1
            return found, start + 1
        if found in ("^{", "_{"):
            return self._script(found[0], start, end)
        pattern = _URL if found.startswith("http") else _PATH
        literal = pattern.match(self.text, start, end)
        if literal is None:  # an address that ends at once
            return found, match.end()
        return re.sub(r"\\([_%&#~$])", r"\1", literal[0]), literal.end()

    def _dollars(self, start: int, end: int) -> tuple[str, int]:
        dollars = "$$" if self.text.startswith("$$", start, end) else "$"
        first = start + len(dollars)
        close = self._closing_dollars(dollars, first, min(end, first + MAX_FORMULA))
        formula, after = self.text[first:close], close + len(dollars)
        is_tight = formula == formula.strip() and not self.text[after : after + 1].isdigit()
        is_tex = bool(_IN_TEX.search(formula))
        is_prose = bool(_PROSE.search(_IN_TEX.sub("", formula)))
        # As in Markdown: no space inside of the dollars, no digit behind them, unless it is TeX.
        is_formula = (is_tight or not is_prose) if is_tex else (is_tight and not is_prose)
        if not formula or not is_formula:
            return dollars, first
        plain = plain_formula(formula)
        return self.text[start:after] if plain is None else plain, after

    def _closing_dollars(self, dollars: str, start: int, end: int) -> int:
        """Return where the dollars stand that end a formula; its start if there are none."""
        at = start
        while match := _IN_FORMULA.search(self.text, at, end):
            if match[0] == "$":
                is_end = self.text.startswith(dollars, match.start())
                return match.start() if is_end else start
            at = (
                self.closing.get(match.start(), match.start()) + 1
                if match[0] == "{"
                else match.end()
            )
        return start

    def _script(self, kind: str, start: int, end: int) -> tuple[str, int]:
        close = self.closing.get(start + 1, end)
        plain = plain_formula(self.text[start + 2 : close]) if close < end else None
        if plain is None:
            return kind, start + 1
        return script(kind, plain, self.text[max(0, start - 1) : start]), close + 1

    def _command(self, start: int, end: int, depth: int) -> tuple[str, int]:
        match = _COMMAND.match(self.text, start, end)
        if match is None:
            return "\\", start + 1
        if match[2] == "\\":
            return self._backslashes(start, end, depth)
        if match[2]:
            return self._mark(match[2], start, end, depth)
        name, after = match[1], match.end()
        if name in _LETTERS:
            space = re.compile(r"\{\}|\s+(?=\w)").match(self.text, after, end)
            return _LETTERS[name], space.end() if space else after
        if name in _SWITCHES:
            space = re.compile(r"\s+").match(self.text, after, end)
            return "", space.end() if space else after
        if name in _ACCENTS:
            return self._accent(name, after, end, depth)
        if name == "char" and (number := re.compile(r'"?[0-9A-F]+').match(self.text, after, end)):
            return code_point(number[0]), number.end()
        if is_formula_command(name):
            return self._formula(start, after, end)
        return self._word(name, start, after, end, depth)

    def _word(self, name: str, start: int, after: int, end: int, depth: int) -> tuple[str, int]:
        """Read a command that is a word, with its groups."""
        if self.text[after : after + 1] == " " and _TAKES_GROUP.fullmatch(name):
            after += self._opens(after + 1)
        groups, following = self._groups(after, end, depth)
        if name in ("href", "hyperlink") and groups:
            address, words = groups[0], groups[-1]
            is_said = words.startswith("http") or not address.startswith("http")
            return words if is_said else f"{words} ({address})", following
        if name == "color":
            return "".join(groups[1:]), following
        if _DROPPED.fullmatch(name):
            return _GONE, following
        if name in _SECOND_GROUP and len(groups) > 1:
            return groups[1], following
        if name == "footnote" and groups:
            return f" ({groups[0]})", following
        if name in ("textsuperscript", "textsubscript") and groups:
            return script("^" if name == "textsuperscript" else "_", groups[0]), following
        if name == "ding" and groups:
            return _dingbat(groups[0]), following
        plain = _SYMBOLS.get(name, symbol(name))
        if plain is not None:
            return plain + "".join(groups), following
        if groups and len(name) > 1:
            return " ".join(groups) if any(groups) else name, following
        if name.startswith("text") or name in ("emph", "footnote", "underline"):
            # Its group was cut off.
            return " " * (name == "footnote"), after + (self.text[after : after + 1] == "{")
        is_in_word = bool(re.match(r"[\w.:/\\]", self.text[max(0, start - 1) : start]))
        return f"\\{name}" if is_in_word or len(name) == 1 else name, after

    def _opens(self, at: int) -> bool:
        return at in self.closing

    def _groups(self, start: int, end: int, depth: int) -> tuple[list[str], int]:
        """Return the groups that follow a command without a space, and where the text goes on."""
        groups: list[str] = []
        while True:
            option = _OPTION.match(self.text, start, end)
            if option and self._opens(option.end()):
                start = option.end()
            close = self.closing.get(start, end)
            if close >= end:
                return groups, start
            groups.append(self.read(start + 1, close, depth + 1).strip())
            start = close + 1

    def _formula(self, start: int, after: int, end: int) -> tuple[str, int]:
        """Read a command of formulae that stands outside of one."""
        while (close := self.closing.get(after, end)) < end:
            after = close + 1
        plain = plain_formula(self.text[start:after])
        return self.text[start:after] if plain is None else plain, after

    def _accent(self, name: str, after: int, end: int, depth: int) -> tuple[str, int]:
        r"""Read an accent that is a letter: `\v{r}` or `\c c`."""
        close = self.closing.get(after, end)
        if close < end:
            base = self.read(after + 1, close, depth + 1)
            if rest := symbol(name + base):  # "\r{ho}", which was "\rho"
                return rest, close + 1
            if (composed := _composed(base, name)) or not base[:1].isdigit():
                return composed or base, close + 1
        elif name == "u" and (code := re.compile("[0-9a-fA-F]{4}").match(self.text, after, end)):
            return code_point(f"x{code[0]}"), code.end()  # of JSON
        elif (
            name not in "bdt"
            and (spaced := _SPACED_LETTER.match(self.text, after, end))
            and (composed := _composed(spaced[1], name))
        ):
            return composed, spaced.end()
        return f"\\{name}", after

    def _backslashes(self, start: int, end: int, depth: int) -> tuple[str, int]:
        r"""Read two backslashes: a path (`\\server\share`), a new line, or an escaped command."""
        if path := _SHARE.match(self.text, start, end):
            return path[0], path.end()
        command = _COMMAND.match(self.text, start + 1, end)
        is_command = command and command[1] and len(command[1]) > 1
        return self._command(start + 1, end, depth) if is_command else (" ", start + 2)

    def _mark(self, mark: str, start: int, end: int, depth: int) -> tuple[str, int]:
        """Read a command that is no letter: an accent, an escaped character, a space."""
        after = start + 2
        if mark in _CLOSING:
            close = self.text.find(_CLOSING[mark], after, min(end, after + MAX_FORMULA))
            plain = plain_formula(self.text[after:close]) if close > 0 else None
            if close > 0:
                return self.text[start : close + 2] if plain is None else plain, close + 2
        if mark in _ESCAPED:
            return mark, after
        if mark in _SPACES:
            return _SPACES[mark], after
        before, following = self.text[max(0, start - 1) : start], self.text[after : after + 1]
        if mark == "-":
            return ("" if before.isalpha() or following.isalpha() else "\\-"), after
        if mark not in _ACCENTS:
            return f"\\{mark}", after
        if mark == "'" and before.isalpha() and _ENDING.match(self.text, after, end):
            return "'", after
        if mark == "." and following != "{" and before.isalnum():
            return "\\.", after  # "example\.com"
        base, close = self._base(after, end, depth)
        if composed := _composed(base, mark):
            return composed, close
        return (mark if mark in "'`\"~^" else f"\\{mark}"), after

    def _base(self, after: int, end: int, depth: int) -> tuple[str, int]:
        r"""Return the letter below an accent (`e`, `{e}`, `\i`), and where the text goes on."""
        if after < end and self.text[after] == "\\":
            match = _COMMAND.match(self.text, after, end)
            if match and match[1] in _LETTERS:
                return self._command(after, end, depth + 1)
            return "", after
        close = self.closing.get(after, end)
        if close < end:
            return self.read(after + 1, close, depth + 1), close + 1
        return self.text[after : min(end, after + 1)], after + 1


def _composed(base: str, accent: str) -> str:
    """Return a letter with its accent if there is such a character, else ""."""
    base = {"ı": "i", "ȷ": "j"}.get(base, base)
    composed = unicodedata.normalize("NFC", base + _ACCENTS[accent])
    return composed if len(base) == len(composed) == 1 and base.isalpha() else ""


def _dingbat(number: str) -> str:
    r"""Return the character of `\ding{51}`; see the table of LaTeX's package pifont."""
    n = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0
    if 172 <= n <= 181:
        return chr(0x2460 + n - 172)
    return chr(0x2701 + n - 33) if n <= 126 and n > 32 else chr(0x2761 + n - 161) if n > 160 else ""
