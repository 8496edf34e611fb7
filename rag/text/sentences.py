"""Text → sentences, word for word as they stand."""

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


_PRESENTS = re.compile(
    r"\b(?:we|this (?:paper|work|study|report)) (?:[\w,-]+ ){0,5}?"
    r"(?:propose|introduce|present|develop|release|describe)",
    re.IGNORECASE,
)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text.

    syntok keeps "e.g.", "Phi 3.5" and "[29]" in their sentence and ends one where the space
    after the full stop is missing, as it often is in abstracts.
    """
    from syntok import segmenter

    found = []
    for paragraph in segmenter.analyze(text):
        for sentence in paragraph:
            tokens = list(sentence)
            start, end = tokens[0].offset, tokens[-1].offset + len(tokens[-1].value)
            found.append(text[start:end])
    return found


def gist(abstract: str) -> str:
    """Return the sentence that presents the work, else one about it, else the first."""
    sentences = split_sentences(abstract)
    for sentence in sentences:
        if _PRESENTS.search(sentence):
            return sentence
    roles = [Role.of(sentence) for sentence in sentences]
    own = [s for s, role in zip(sentences, roles, strict=True) if role.own_work]
    return next(iter(own or sentences), "")


def finding(abstract: str) -> str:
    """Return what the paper found: abstracts end with it. Nothing where that is the gist."""
    told = [s for s in split_sentences(abstract) if not Role.of(s).pointer]
    return told[-1] if told and told[-1] != gist(abstract) else ""
