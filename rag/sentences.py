"""Text → sentences, word for word as they stand."""

import re

_PRESENTS = re.compile(
    r"\b(?:we|this (?:paper|work|study|report)) (?:\w+ ){0,2}?"
    r"(?:propose|introduce|present|develop|show|study|release|describe|find)",
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
    """Return the sentence that presents the work, else the first."""
    sentences = split_sentences(abstract)
    return next((s for s in sentences if _PRESENTS.search(s)), sentences[0] if sentences else "")
