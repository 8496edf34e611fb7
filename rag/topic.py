"""Which papers are about a topic that somebody put in plain words."""

import re
from collections.abc import Sequence

from rag.keywords import KeywordIndex
from rag.library import Library
from rag.records import Paper
from rag.wholes import wholes
from rag.words import terms

# Cosine of the topic's words with the whole abstract, from which on a paper is about it; chosen by
# reading the titles that lie just above and below it for five topics.
NEAR = 0.42
HOW = "Counted are papers whose abstract comes near to these words or that hold them in a row."
_JOINTS = re.compile(r"[-‐‑–/]")


def about(library: Library, topic: str, papers: Sequence[Paper]) -> dict[str, float]:
    """Return the ids of those papers that are about the topic, with their cosine.

    That is a paper whose abstract comes near to the topic's words, or whose title or abstract
    holds them one after the other. Loads the embedder.
    """
    database = library.catalog.database
    ids = [paper.paper_id for paper in papers]
    question = library.embedder.encode_question(topic)
    vectors = wholes(database, ids, embedder=library.embedder.name)
    cosines = {paper_id: float(vector @ question) for paper_id, vector in vectors.items()}
    wanted = _stems(topic)
    holding = KeywordIndex(database).holding(wanted.split()) if wanted else set()
    found = {}
    for paper in papers:
        cosine = cosines.get(paper.paper_id, 0.0)
        if cosine >= NEAR or (
            paper.paper_id in holding
            and f" {wanted} " in f" {_stems(paper.title)} . {_stems(paper.abstract)} "
        ):
            found[paper.paper_id] = cosine
    return found


def _stems(text: str) -> str:
    """Return the stems one after the other, hyphens being no part of a word."""
    return " ".join(terms(_JOINTS.sub(" ", text)))
