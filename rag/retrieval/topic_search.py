"""Papers on a topic: how likely each one is on it, so that a list can end where the topic does.

A search always has a next paper. Three signs tell whether it is still on the topic; a logistic
regression weighs them (`python -m tests.benchmarks.topics` fits it and prints the trade-off).
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.records import Chunk, Hit
from rag.retrieval.entry import Entry
from rag.retrieval.index import ENCODED_AT_ONCE
from rag.retrieval.retriever import SENTENCE_GAIN, HybridRetriever, best_chunk
from rag.store.keywords import weight_covered
from rag.store.snapshot import Snapshot
from rag.store.term_variants import TermVariants
from rag.text.words import terms

CANDIDATES = 200  # papers by keywords, and as many by vectors


class TopicSigns(NamedTuple):
    """What speaks for a paper to be on a topic, each 0 to 1."""

    cosine: float  # of the topic and the paper's nearest sentence
    words: float  # share of the topic's words that the paper has, rare ones counting more
    phrases: float  # share of the topic's pairs of adjacent words that are adjacent in the paper


# In the order of TopicSigns. docs/evaluation.md lists the topics they were fitted on.
WEIGHTS = (2.11, 3.26, 1.35)
BIAS = -3.62
MIN_ON_TOPIC = 0.7  # probability of a paper that is listed


class TopicHit(NamedTuple):
    """A paper, how likely it is on the topic, and its sentence that is nearest to the topic."""

    paper_id: str
    probability: float
    cosine: float
    chunk: Chunk


class TopicSearch:
    """Finds the papers on a topic."""

    def __init__(self, retriever: HybridRetriever) -> None:
        self.retriever = retriever
        self.variants = TermVariants(retriever.keywords)

    def search(self, topic: str, *, allowed: set[str] | None = None) -> list[TopicHit]:
        """Return the likeliest papers, best first, those beside the topic included.

        `allowed` restricts the paper ids.
        """
        forms = self.variants.variants(topic)
        vector = self.retriever.embedder.encode_question(topic)
        ids = self.retriever.candidates(forms, vector, CANDIDATES, allowed=allowed)
        entries = self.retriever.index.stored_entries(ids)
        stored_terms = self.retriever.keywords.ordered_terms(list(entries))
        papers = self.retriever.snapshots.current()
        of_forms = [form_of(form, papers) for form in forms]

        def ranked() -> list[TopicHit]:
            found = [
                _hit(entry, signs_of(entry, vector, of_forms, stored_terms[paper_id]), vector)
                for paper_id, entry in entries.items()
                if paper_id in stored_terms
            ]
            return sorted(found, key=lambda hit: (-hit.probability, hit.paper_id))

        found = ranked()
        due = [hit.paper_id for hit in found if entries[hit.paper_id].sentences_due]
        if not due:
            return found
        entries |= self.retriever.index.entries(due[:ENCODED_AT_ONCE])
        return ranked()

    def hits(self, found: Sequence[TopicHit]) -> list[Hit]:
        """Return these papers as hits of a search."""
        papers = self.retriever.catalog.get([hit.paper_id for hit in found])
        return [
            Hit(papers[hit.paper_id], hit.chunk, hit.probability, hit.cosine, 0.0)
            for hit in found
            if hit.paper_id in papers
        ]


class Form(NamedTuple):
    """One spelling of a topic: the weights of its terms and of its pairs of adjacent terms."""

    terms: dict[str, float]
    pairs: dict[tuple[str, str], float]


def form_of(text: str, papers: Snapshot) -> Form:
    """Return a spelling of a topic with the rarity of its terms as their weights."""
    in_order = terms(text)
    idf = papers.idf(in_order)
    return Form(idf, {(a, b): idf[a] + idf[b] for a, b in pairwise(in_order) if a != b})


def signs_of(
    entry: Entry, vector: NDArray[np.float32], forms: Sequence[Form], paper_terms: str
) -> TopicSigns:
    """Return the signs of a paper, the best over all forms of the topic.

    `paper_terms` are the terms of its title and abstract in order, separated by spaces.
    """
    cosines = entry.vectors @ vector
    known = frozenset(paper_terms.split())
    padded = f" {paper_terms} "
    words = phrases = 0.0
    for form in forms:
        covered = weight_covered(form.terms, known)
        adjacent = [pair for pair in form.pairs if f" {pair[0]} {pair[1]} " in padded]
        # A topic of one word has no pairs: then the word itself is the phrase.
        share = weight_covered(form.pairs, adjacent) if form.pairs else covered
        if covered + share > words + phrases:
            words, phrases = covered, share
    nearest = float(cosines[1:].max()) if len(cosines) > 1 else float(cosines[0])
    nearest += SENTENCE_GAIN if entry.sentences_due else 0.0
    return TopicSigns(nearest, words, phrases)


def _hit(entry: Entry, signs: TopicSigns, vector: NDArray[np.float32]) -> TopicHit:
    logit = BIAS + sum(w * x for w, x in zip(WEIGHTS, signs, strict=True))
    chunk = best_chunk(entry, entry.vectors @ vector)
    return TopicHit(entry.paper_id, 1 / (1 + math.exp(-logit)), signs.cosine, chunk)
