"""Takes "answer in Japanese" and "in Spanish please" out of a question: it is no topic."""

import re

from rag.text.language import LANGUAGE_CODES

_IN = rf"\b(?:in|into|to)\s+(?P<language>{'|'.join(LANGUAGE_CODES)})\b(?: language\b)?"
_PLEASE = r"(?:,?\s*\b(?:please|pls|plz|only|thanks|thank you)\b)*"
# A clause begins: "which models answer in Hindi?" instructs nobody.
_BEGINS = (
    r"(?:^|(?<=[,.;:?!–—])|\b(?:please|pls|you)\s)\s*"
    r"(?:(?:please|now|also|just|and|but|then)\s+)*"
)
_OBJECT = r"(?:it|this|that|them|these|me|us|to me|all|everything|back|again|please|your answers?)"
_NAME = r"(?-i:[\w-]*(?:[a-z\d-][A-Z]|[A-Z]{2}|[A-Za-z]-?\d)[\w-]*)"  # a capital or digit inside
_PART = r"(?:more|about|the|paper|abstract|results?|summary|answer|first|second|one)"
_INSTRUCTIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_BEGINS}(?:answer|reply|respond|write|speak|talk|say|repeat)"
        rf"(?:\s+{_OBJECT})*\s+{_IN}{_PLEASE}",
        rf"{_BEGINS}translate(?:\s+{_OBJECT})*\s+{_IN}{_PLEASE}(?=\W*$)",
        # "Explain HeronNet in German", but not "explain question answering in German".
        rf"{_BEGINS}(?P<kept>(?:explain|describe|summari[sz]e|tell|show|give)"
        rf"(?:\s+(?:{_OBJECT}|{_PART}|{_NAME}))*)\s+{_IN}{_PLEASE}",
        # The whole message, set off by a comma or a full stop, or with "please".
        rf"(?:^|[,.;:?!–—]\s)\s*(?:(?:and|but|please)\s+)*{_IN}{_PLEASE}(?:\s+answer)?(?=\W*$)",
        rf"\bplease\s+{_IN}(?=\W*$)",
        rf"{_IN},?\s+(?:please|pls|plz)\b(?=\W*$)",
        rf"^\W*{_IN}{_PLEASE}(?:\s+answer)?\s*[:,](?=\s)",
    )
)
# What may be left of a message that asks for nothing but a language.
_POLITE = frozenset(
    "can could would will you please pls plz and but then now ok hey hi the thanks".split()
)


def answer_language(text: str) -> tuple[str, str]:
    """Return a question in English without the language that it wants the answer in, and its code.

    The code is "" if the question wants none; the text is "" if it wants nothing else.
    """
    for instruction in _INSTRUCTIONS:
        if match := instruction.search(text):
            kept = match.groupdict().get("kept") or ""
            before, after = (
                text[: match.start()].rstrip(" ,;:"),
                text[match.end() :].lstrip(" .,;:"),
            )
            rest = " ".join(f"{before} {kept} {after}".split())
            is_empty = _POLITE.issuperset(re.findall(r"\w+", rest.casefold()))
            return "" if is_empty else rest, LANGUAGE_CODES[match["language"].capitalize()]
    return text, ""
