"""What a sentence of an abstract is there for: the work itself, what was before it, a pointer."""

import re
from typing import NamedTuple

_OWN_WORK = re.compile(
    r"\b(?:we|our|this (?:paper|work|study|report|approach|method|model))\b", re.IGNORECASE
)
_BACKGROUND = re.compile(
    r"^(?:however|despite|although|while|though|yet|unfortunately|existing|recent(?:ly)?|current|"
    r"prior|previous|traditional)\b"
    r"|\b(?:remains?|challeng\w+|struggl\w+|limited|suffer\w*|overlook\w*|lack\w*)\b",
    re.IGNORECASE,
)
_POINTER = re.compile(r"https?://|\bcode (?:is|and|will)\b|\bavailable at\b", re.IGNORECASE)


class Role(NamedTuple):
    """A sentence can be several of these, or none."""

    own_work: bool  # "we propose …", "our method …"
    background: bool  # what others do, and what is wrong with it
    pointer: bool  # where the code is

    @classmethod
    def of(cls, sentence: str) -> "Role":
        """Tell by the words that such sentences begin with or hold."""
        return cls(
            bool(_OWN_WORK.search(sentence)),
            bool(_BACKGROUND.search(sentence)),
            bool(_POINTER.search(sentence)),
        )
