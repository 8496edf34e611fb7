"""Where a request compares things by name: "compare X and Y", "X vs Y", "does X differ from Y?"."""

import re

from rag.text.names import marked_names

_COMPARES = re.compile(
    r"\b(?:compar\w+|contrast\w*|versus|vs|differ\w*|better|worse|against|than)\b", re.IGNORECASE
)
_BEFORE = re.compile(
    r"(?:^|[,:;&(]|\b(?:compar(?:e|ing|ed)|comparison|contrast(?:ing)?|versus|vs\.?|between|of|and|"
    r"or|with|to|from|than|against|is|are|do|does|how|how['’]?s))\s*(?:the\s+)?$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s*(?:$|[,:;&?!.)]|(?:and|or|versus|vs|with|to|from|than|against|compar\w+|differ\w*|better|"
    r"worse|in|on|for|regarding|by|please)\b)",
    re.IGNORECASE,
)


def compares(text: str) -> bool:
    """Return whether a text compares anything."""
    return bool(_COMPARES.search(text))


def is_compared(text: str, start: int, end: int) -> bool:
    """Return whether these words are a whole side of a comparison."""
    around = bool(_BEFORE.search(text[:start]) and _AFTER.match(text[end:]))
    return around and compares(f"{text[:start]} {text[end:]}")


def compared_names(text: str) -> list[tuple[str, int, int]]:
    """Return the sides that look like names ("ReedVLM", "GPT-4"), and where they begin and end."""
    if not compares(text):
        return []
    return [
        (name, start, end)
        for name, start, end in marked_names(text)
        if is_compared(text, start, end)
    ]
