"""Separates names from what other languages write next to them without a space.

Chinese, Japanese and Thai have no spaces, Korean sticks its particles on ("LexVLA는"), and Turkish,
Finnish and Hungarian their cases ("LexVLA'nın", "LexVLA:n", "LexVLAról").
"""

import re
from collections.abc import Callable

MIN_NAME = 3  # letters
MAX_ENDING = 7  # letters

# Names have Greek letters, too: "π0", "β-VAE".
_LETTER = r"A-Za-z\u00c0-\u024f\u0370-\u03ff\u1f00-\u1fff"
_WORD = rf"[{_LETTER}](?:[{_LETTER}\d.+_-]*[{_LETTER}\d+])?"
_OTHER = rf"(?:(?![{_LETTER}])[^\W\d_])"
_STUCK_AFTER = re.compile(rf"({_WORD})(?={_OTHER})")
_STUCK_BEFORE = re.compile(rf"(?<={_OTHER})(?={_WORD})")
# A name has a capital or a digit inside; the case of a language follows it in small letters.
_INFLECTED = re.compile(r"\b(?=[\w-]+[A-Z\d])[A-Za-z][\w-]*(?:['’:]\w+)?(?!\w)")
_JOINTS = "'’:-"
_ENDING = re.compile(rf"[{_JOINTS}]?[^\W\d_A-Z]{{1,{MAX_ENDING}}}")


def apart_from_scripts(text: str) -> str:
    """Return the text with spaces between Latin words and letters of other scripts."""
    return _STUCK_BEFORE.sub(" ", _STUCK_AFTER.sub(r"\1 ", text))


def without_endings(text: str, is_name: Callable[[str], bool]) -> str:
    """Return the text with a space between names and the endings of other languages.

    The longest beginning of a word that `is_name` knows is the name.
    """

    def separated(match: re.Match[str]) -> str:
        word = match[0]
        if is_name(word):
            return word
        for end in range(len(word) - 1, MIN_NAME - 1, -1):
            ending = word[end:]
            if _ENDING.fullmatch(ending) and is_name(word[:end]):
                return f"{word[:end]} {ending.lstrip(_JOINTS)}"
        return word

    return _INFLECTED.sub(separated, text)
