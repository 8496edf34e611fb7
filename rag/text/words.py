"""Text → words and terms, as keyword search and the choice of evidence compare them."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import Stemmer


def one_line(text: str) -> str:
    """Return the text on one line, so that it cannot pass itself off as several parts."""
    return " ".join(text.split())


def enumerated(items: Iterable[str], *, conjunction: str = "and") -> str:
    """Return `a, b and c`; "" of nothing."""
    *most, last = list(items) or [""]
    return f"{', '.join(most)} {conjunction} {last}" if most else last


_WORD = re.compile(r"[^\W_]+(?:[-‐‑'’.][^\W_]+)*")
_JOINT = re.compile(r"[-‐‑'’.]")
_APOSTROPHE_S = re.compile(r"['’]s$")
# Latin letters that Unicode does not decompose; casefold makes "ss" of "ß".
_LATIN = str.maketrans(
    {
        **dict(zip("đðħıłŋøŧ", "ddhilnot", strict=True)),
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
    }
)
_GREEK = {
    chr(code): unicodedata.name(chr(code)).split()[-1].lower().replace("lamda", "lambda")
    for code in range(0x3B1, 0x3CA)
}
_GREEK_LETTER = re.compile("(?<![α-ω])[α-ω](?![α-ω])")  # a symbol, not a letter of a Greek word
_stemmer = Stemmer.Stemmer("porter")  # C code; safe here because calls hold the GIL

STOPWORDS = frozenset(
    """
    a about above after again all also am an and any are aren't as at be because been before being
    between both but by can can't could did didn't do does doesn't doing don't done during each
    either else ever every few for from further get gets give given gives got had has have having
    he her here hers him his how i i'd i'll i'm i've if in into is isn't it its it's itself just
    let let's like may me might mine more most much must my no nor not of off on once one only or
    other our ours out over own please same say says she should show so some someone something
    such tell than thanks that that's the their theirs them then there there's these they they're
    thing things this those through to too under until up upon us use used uses using very was
    wasn't way we we're were what what's when where whether which while who who's whom whose why
    will with within without won't would yes you your yours
    """.split()
)


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    return str(_stemmer.stemWord(word))


def fold(text: str) -> str:
    """Return the text in lower case, without accents, in compatibility form (NFKD).

    Letters become what people type for them who have none of those: `Łukasz` → `lukasz`, and Greek
    ones that stand alone are spelled out: `π0.7` → `pi0.7`.
    """
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _GREEK_LETTER.sub(lambda match: _GREEK[match[0]], bare.translate(_LATIN))


def words(text: str) -> list[str]:
    """Return the folded words in order; `GPT-4o` and `3.8` are one word each."""
    return [_APOSTROPHE_S.sub("", w) for w in _WORD.findall(fold(text))]


def terms(text: str) -> list[str]:
    """Return the Porter stems of the text's words, without stop words.

    A hyphenated word gives its joined form, which others write it in, and its parts: `pre-training`
    → `pretrain`, `pre`, `train`.
    """
    found: list[str] = []
    for word in words(text):
        if word in STOPWORDS:
            continue
        parts = _JOINT.split(word)
        if len(parts) > 1:
            found.append(_stem("".join(parts)))
        found.extend(_stem(part) for part in parts if part and part not in STOPWORDS)
    return found
