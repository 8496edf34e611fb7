"""Text as anybody may send it → text that people can read, type and search for.

Titles and abstracts are cleaned once, where they come in; of a question, only its characters are.
"""

import re
import unicodedata

from rag.text.tex import without_tex

# What a terminal obeys: colours and moves (CSI), and titles (OSC).
_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,500}(?:\x07|\x1b\\))")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

# Emoji: pictographs, the tones and selectors after them, and the letters that flags are made of.
_PICTOGRAPH = "\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff"
_EMOJI_PART = f"{_PICTOGRAPH}\ufe0f\u20e3"
# Scripts whose letters join, or do not, at U+200C and U+200D: Arabic to Myanmar, and others.
_JOINING = "\u0600-\u109f\u1780-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff"
_FLAG = "\U0001f3f4(?:{})\U000e007f".format(  # of England, Scotland and Wales
    "|".join("".join(chr(0xE0000 + ord(c)) for c in f"gb{part}") for part in ("eng", "sct", "wls"))
)
# Characters without a shape of their own: soft hyphens, zero-width spaces, word joiners, byte order
# marks, marks and overrides of direction, fillers, tags, variation selectors, noncharacters.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# What is kept is matched first, as group 1.
_MAYBE_INVISIBLE = re.compile(
    rf"({_FLAG}"
    rf"|(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
    rf"|(?<=[{_EMOJI_PART}])\u200d(?=[{_PICTOGRAPH}])"
    rf"|(?<=[{_PICTOGRAPH}0-9#*])[\ufe0e\ufe0f])"
    rf"|[{_INVISIBLE}]"
)
_REPLACED = str.maketrans(
    {
        "\u2010": "-",  # HYPHEN
        "\u2011": "-",  # NON-BREAKING HYPHEN
        **{chr(c): unicodedata.normalize("NFKC", chr(c)) for c in range(0xFB00, 0xFB07)},  # ﬀ … ﬆ
    }
)


def clean_characters(text: str) -> str:
    """Return the text on one line, in NFC, without characters that nobody can see or type.

    What emoji and the scripts of Persian or Hindi need stays.
    """
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates
        text = _MAYBE_INVISIBLE.sub(lambda match: match[1] or "", text).translate(_REPLACED)
        text = unicodedata.normalize("NFC", text)
    text = _CONTROL.sub(" ", _ESCAPE_SEQUENCE.sub("", text))
    return " ".join(text.split())


def clean(text: str) -> str:
    """Return a title, an abstract or a name as people read it: clean characters, and no TeX."""
    return " ".join(without_tex(clean_characters(text)).split())


def received(text: str, cleaned: str) -> str | None:
    """Return a text as it was received, on one line; None if cleaning changed only its spaces."""
    line = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    return line if line != cleaned else None
