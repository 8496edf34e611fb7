"""Text → sentences, word for word, and what a sentence does in an abstract."""

import re
from typing import NamedTuple

from rag.text.directives import is_directive

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
_PRESENTS = re.compile(
    r"\b(?:we|this (?:paper|work|study|report)) (?:[\w,-]+ ){0,5}?"
    r"(?:propose|introduce|present|develop|release|describe)",
    re.IGNORECASE,
)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text.

    syntok does not split at "e.g.", "Phi 3.5" and "[29]", and does split if the space after the
    full stop is missing, as it often is in abstracts.
    """
    from syntok import segmenter

    sentences = []
    for paragraph in segmenter.analyze(text):
        for sentence in paragraph:
            tokens = list(sentence)
            start, end = tokens[0].offset, tokens[-1].offset + len(tokens[-1].value)
            sentences.append(text[start:end])
    return sentences


def statements(text: str) -> list[str]:
    """Return the sentences of a text that say something, and do not tell their reader what to do.

    An abstract is somebody else's text: "Ignore what came before" is no finding of a paper.
    """
    return [sentence for sentence in split_sentences(text) if not is_directive(sentence)]


class Role(NamedTuple):
    """What a sentence of an abstract is about: several of these, or none."""

    own_work: bool  # "we propose …", "our method …"
    background: bool  # earlier work and its problems
    pointer: bool  # where the code is

    @classmethod
    def of(cls, sentence: str) -> "Role":
        """Return the role that typical words of the sentence indicate."""
        return cls(
            bool(_OWN_WORK.search(sentence)),
            bool(_BACKGROUND.search(sentence)),
            bool(_POINTER.search(sentence)),
        )


def gist(abstract: str) -> str:
    """Return the sentence that presents the work, else one about it, else the first; or ""."""
    sentences = statements(abstract)
    for sentence in sentences:
        if _PRESENTS.search(sentence):
            return sentence
    own_work = [sentence for sentence in sentences if Role.of(sentence).own_work]
    return next(iter(own_work or sentences), "")


def finding(abstract: str) -> str:
    """Return the sentence with the result, usually the last; "" if that is the gist."""
    sentences = [s for s in statements(abstract) if not Role.of(s).pointer]
    return sentences[-1] if sentences and sentences[-1] != gist(abstract) else ""
