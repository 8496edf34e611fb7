"""How likely the cited papers support a sentence that is close to them, from a few signs.

They are weighed by a logistic regression (`python -m tests.benchmarks.grounding --fit` writes
weights.toml; docs/evaluation.md lists the sentences it was fitted on).
"""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from rag.grounding.alignment import Reader, nearness
from rag.grounding.claims import Claim
from rag.grounding.contradiction import Contradictions, contradictions
from rag.grounding.pairings import rival_comes_first
from rag.grounding.polarity import denial, has_not, is_negative
from rag.records import Paper
from rag.text.directives import is_directive
from rag.text.names import system_names
from rag.text.numbers import quantities, strip_tex
from rag.text.sentences import split_sentences

# syntok does not split at "0.80. We", and it splits at semicolons.
_NUMBER_ENDS = re.compile(r"(?<=\d\.)\s+(?=[A-Z])")


class Signs(NamedTuple):
    """What speaks against a sentence, each 0 or 1 where nothing else is said.

    Those between `lacks_count` and `rival_first` are the Contradictions of any of its clauses.
    """

    lacks_count: float  # 1: a number in words ("two stages") that the papers do not have
    number_of_other: float
    numbers_otherwise: float
    rival_wins: float
    mixed_halves: float
    opposite: float
    denied: float
    polarity: float
    rival_first: float  # 1: compared with the papers' own system, which is named last
    rival_first_wins: float  # 1: … and the sentence has no negative word
    without_not: float  # how much nearer it is without its "not"
    with_not: float  # how much nearer it would be with one


def probability(signs: Signs) -> float:
    """Return how likely the papers support the sentence, 0 to 1."""
    weights = load_weights()
    logit = weights["bias"] + sum(weights[name] * x for name, x in signs._asdict().items())
    return 1 / (1 + math.exp(-logit))


@lru_cache(maxsize=1)
def load_weights() -> dict[str, float]:
    """Return the weight of each sign, and the bias, from weights.toml."""
    return tomllib.loads((files("rag.grounding") / "weights.toml").read_text(encoding="utf-8"))


def read_signs(
    claim: Claim, papers: Mapping[int, Paper], reader: Reader, *, lacks_count: bool
) -> tuple[float, Signs]:
    """Compare a claim, without TeX, with the papers that it cites.

    Returns how near its farthest clause is to them, 0 to 1, and the signs. `lacks_count` is whether
    they lack a number that it has in words.
    """
    texts = {n: sources_of(papers[n]) for n in claim.cited}
    denied = denial(claim.text)
    readings = reader.read(
        [claim.text, denied, *(text for of_paper in texts.values() for text in of_paper)]
    )
    whole = readings[claim.text]
    unnumbered = whole.without([(q.start, q.end) for q in quantities(claim.text)])
    nears, found = [1.0], []
    for start, end, numbers in claim.clauses:
        sources = [readings[text] for n in numbers for text in texts[n]]
        sentences = [readings[text] for n in numbers for text in texts[n][1:]]
        part = unnumbered.part(start, end)
        if len(part.vectors):
            nears.append(nearness(part, sources))
        own = [name for n in numbers for name in _own_names(papers[n])]
        found.append(contradictions(whole, (start, end), sentences, own))
    own = [name for n in claim.cited for name in _own_names(papers[n])]
    sources = [readings[text] for of_paper in texts.values() for text in of_paper]
    nearer = nearness(readings[denied], sources) - nearness(whole, sources)
    rival_first = rival_comes_first(claim.text, own)
    return min(nears), Signs(
        lacks_count=float(lacks_count),
        **Contradictions(*np.max(found or [Contradictions()], axis=0).tolist())._asdict(),
        rival_first=float(rival_first),
        rival_first_wins=float(rival_first and not is_negative(claim.text)),
        without_not=nearer if has_not(claim.text) else 0.0,
        with_not=0.0 if has_not(claim.text) else nearer,
    )


def _own_names(paper: Paper) -> Sequence[str]:
    """Return the name of a paper's own system: the first, or two if the first is a phrase."""
    names = system_names(paper)
    return names[:2] if names and " " in names[0] else names[:1]


@lru_cache(maxsize=256)
def stated(paper: Paper) -> str:
    """Return a paper's abstract without the orders in it, which support nothing."""
    sentences = split_sentences(paper.abstract)
    if not any(map(is_directive, sentences)):
        return paper.abstract
    return " ".join(sentence for sentence in sentences if not is_directive(sentence))


@lru_cache(maxsize=256)
def sources_of(paper: Paper) -> tuple[str, ...]:
    """Return a paper's title and the sentences of its abstract, which semicolons do not end."""
    found: list[str] = [strip_tex(paper.title)]
    for sentence in split_sentences(strip_tex(stated(paper))):
        if len(found) > 1 and found[-1].endswith(";"):
            found[-1] += f" {sentence}"
        else:
            found += _NUMBER_ENDS.split(sentence)
    return tuple(found)
