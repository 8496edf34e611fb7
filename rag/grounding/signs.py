"""How likely the cited papers support a sentence, from a few signs.

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

from rag.grounding.alignment import Reader, Reading, cosine, nearness
from rag.grounding.claims import Claim
from rag.grounding.contradiction import Contradictions, contradictions
from rag.grounding.pairings import rival_comes_first
from rag.grounding.polarity import contrary, denial, has_not, is_negative
from rag.records import Paper
from rag.text.names import system_names
from rag.text.numbers import quantities, strip_tex
from rag.text.sentences import split_sentences
from rag.text.words import terms

# syntok does not split at "0.80. We", and it splits at semicolons.
_NUMBER_ENDS = re.compile(r"(?<=\d\.)\s+(?=[A-Z])")
FAR = 0.55  # a clause less near than this is rarely about the paper


class Signs(NamedTuple):
    """What speaks for and against a sentence."""

    count: float  # 1: a number in words ("two stages") that the papers do not have
    near: float  # of the clause that is farthest from its papers, 0 to 1
    far: float  # how far that one is below FAR
    one: float  # nearness of the nearest sentence or title
    shared: float  # share of the content words that the papers have
    length: float  # content words
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
    contrary: float  # how much nearer its contrary is to the papers
    contrary_back: float  # how much nearer the nearest sentence is to its contrary


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
) -> Signs:
    """Compare a claim, without TeX, with the papers that it cites.

    `lacks_count` is whether they lack a number that it has in words.
    """
    texts = {n: sources_of(papers[n]) for n in claim.cited}
    other = contrary(claim.text)
    variants = [denial(claim.text), *([other] if other else [])]
    readings = reader.read(
        [claim.text, *variants, *(text for of_paper in texts.values() for text in of_paper)]
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
    nearest = max(sources, key=lambda source: cosine(whole, source))
    near = nearness(whole, sources)
    denied = nearness(readings[variants[0]], sources) - near
    said = set(terms(claim.text))
    there = {term for of_paper in texts.values() for text in of_paper for term in terms(text)}
    rival_first = rival_comes_first(claim.text, own)
    return Signs(
        count=float(lacks_count),
        near=min(nears),
        far=max(0.0, FAR - min(nears)),
        one=max(nearness(whole, [source]) for source in sources),
        shared=len(said & there) / max(1, len(said)),
        length=float(len(said)),
        **Contradictions(*np.max(found or [Contradictions()], axis=0).tolist())._asdict(),
        rival_first=float(rival_first),
        rival_first_wins=float(rival_first and not is_negative(claim.text)),
        without_not=denied if has_not(claim.text) else 0.0,
        with_not=0.0 if has_not(claim.text) else denied,
        contrary=nearness(readings[other], sources) - near if other else 0.0,
        contrary_back=_nearer(nearest, readings[other], whole) if other else 0.0,
    )


def _nearer(source: Reading, one: Reading, other: Reading) -> float:
    """Return how much nearer a source sentence is to one text than to another."""
    return nearness(source, [one]) - nearness(source, [other])


def _own_names(paper: Paper) -> Sequence[str]:
    """Return the name of a paper's own system: the first, or two if the first is a phrase."""
    names = system_names(paper)
    return names[:2] if names and " " in names[0] else names[:1]


@lru_cache(maxsize=256)
def sources_of(paper: Paper) -> tuple[str, ...]:
    """Return a paper's title and the sentences of its abstract, which semicolons do not end."""
    found: list[str] = [strip_tex(paper.title)]
    for sentence in split_sentences(strip_tex(paper.abstract)):
        if len(found) > 1 and found[-1].endswith(";"):
            found[-1] += f" {sentence}"
        else:
            found += _NUMBER_ENDS.split(sentence)
    return tuple(found)
