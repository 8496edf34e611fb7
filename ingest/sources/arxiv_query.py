"""What people type to search arXiv → a query that its API accepts.

https://info.arxiv.org/help/api/user-manual.html#query_details: terms with a field before them, like
`ti:graphs` or `au:"del Maestro"`, joined by AND, OR and ANDNOT, with brackets around groups.
"""

import re
import unicodedata
from dataclasses import dataclass, field

from rag.errors import SourceError

FIELDS = "ti au abs co jr cat rn id all submittedDate lastUpdatedDate".split()
VERBATIM = frozenset(["au", "jr", "cat", "rn", "id"])  # fields whose values stay one word
OPERATORS = {"and": "AND", "or": "OR", "not": "ANDNOT", "andnot": "ANDNOT"}

_BY_LOWER = {name.lower(): name for name in FIELDS}
_TOKEN = re.compile(
    rf"""
    (?P<field>(?:{"|".join(FIELDS)})):\s*(?=[^\s)])
    | (?P<days>\[\s*[0-9*]+\s+TO\s+[0-9*]+\s*\])
    | "(?P<phrase>[^"]*)"
    | (?P<bracket>[()])
    | (?P<word>[^\s"()]+)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WORDS = re.compile(r"[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*")  # "4.1" is one word
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/*-]*")
_POSSESSIVE = re.compile(r"'s\b", re.IGNORECASE)
_QUOTES = str.maketrans("“”„«»‘’", '"""""\'\'')
_SPELLED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i",
                          "Æ": "Ae", "Œ": "Oe", "Ø": "O", "Ł": "L", "Đ": "D"})  # fmt: skip


@dataclass(slots=True)
class _Group:
    """The terms between two brackets, with the operators between them."""

    name: str = ""  # of the field that stands before the bracket
    operator: str = ""  # before the group
    parts: list[str] = field(default_factory=list)

    def add(self, term: str, operator: str) -> None:
        """Add a term; terms without an operator between them must all fit."""
        if not self.parts and operator == "ANDNOT":
            raise SourceError(
                "arXiv cannot be asked only for what papers are not: begin with what they are."
            )
        self.parts += [operator or "AND", term] if self.parts else [term]

    def __str__(self) -> str:
        text = " ".join(self.parts)
        return f"({text})" if len(self.parts) > 1 else text


def arxiv_query(typed: str) -> str:
    """Return a query for what was typed: with its fields and operators, or of its plain words.

    Punctuation, accents and lonely brackets or quotation marks are left out. Raises SourceError if
    nothing remains, or for letters that arXiv's search does not know.
    """
    text = _plain_letters(typed)
    tokens = list(_TOKEN.finditer(text))
    has_fields = any(token["field"] for token in tokens)
    groups, name, operator, after_term = [_Group()], "", "", False
    for token in tokens:
        if token["field"]:
            name = _BY_LOWER[token["field"].lower()]
            continue
        if token["bracket"] == "(":
            groups.append(_Group(name or groups[-1].name, operator))
            name, operator, after_term = "", "", False
            continue
        if token["bracket"]:
            if len(groups) > 1:
                _close(groups)
            name, operator, after_term = "", "", bool(groups[-1].parts)
            continue
        if not name and token["word"] and token["word"].lower() in OPERATORS:
            said = OPERATORS[token["word"].lower()]
            is_meant = after_term and (has_fields or token["word"].isupper())
            is_negated = said == "ANDNOT" and (operator == "AND" or has_fields)
            operator = said if is_meant or is_negated else operator
            after_term = False
            continue
        for term in _terms(token, name or groups[-1].name, is_plain=not has_fields):
            groups[-1].add(term, operator)
            operator, after_term = "", True
        name = ""
    while len(groups) > 1:
        _close(groups)
    if not groups[0].parts:
        raise SourceError(f"{typed!r} has no word to search arXiv for: arxiv:search:video agents.")
    return " ".join(groups[0].parts)


def _close(groups: list[_Group]) -> None:
    """Put the last group, if it has terms, into the one around it."""
    group = groups.pop()
    if group.parts:
        groups[-1].add(str(group), group.operator)


def _terms(token: re.Match[str], name: str, *, is_plain: bool) -> list[str]:
    """Return a token as `field:value`; of a plain question, each word of a phrase by itself."""
    if token["days"] or name.endswith("Date"):
        is_whole = token["days"] and name.endswith("Date")
        return [f"{name}:{token['days'].upper()}"] if is_whole else []
    text = _POSSESSIVE.sub("", token["phrase"] or token["word"] or "").replace("'", "")
    name = name or "all"
    if name in VERBATIM and token["word"]:
        value = _VALUE.search(text)
        return [f"{name}:{value[0]}"] if value else []
    parts = text.split() if is_plain else [text]
    found = [words for part in parts if (words := _WORDS.findall(part))]
    is_beginning = token["word"] and not is_plain and text.endswith("*")
    return [f"{name}:{_value(words, is_beginning=bool(is_beginning))}" for words in found]


def _value(words: list[str], *, is_beginning: bool) -> str:
    """Return one word, with a star if it is the beginning of one, or a phrase."""
    return f"{words[0]}{'*' * is_beginning}" if len(words) == 1 else f'"{" ".join(words)}"'


def _plain_letters(typed: str) -> str:
    """Return the text in ASCII letters. Raises SourceError for a word that has other letters."""
    decomposed = unicodedata.normalize("NFKD", typed.translate(_QUOTES).translate(_SPELLED))
    text = "".join(c for c in decomposed if not unicodedata.combining(c))
    for word in text.split():
        if any(c.isalnum() and not c.isascii() for c in word):
            raise SourceError(
                f"arXiv's search does not know “{unicodedata.normalize('NFC', word)}”: write it in "
                "the letters A to Z."
            )
    return text
