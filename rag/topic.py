"""Which papers are about a topic that somebody put in plain words."""

from collections.abc import Sequence

from rag.library import Library
from rag.records import Paper
from rag.wholes import wholes
from rag.words import terms

# Cosine of the topic's words with the whole abstract, from which on a paper is about it.
NEAR = 0.35
HOW = "Counted are papers whose abstract comes near to these words or holds all of them."


def about(library: Library, topic: str, papers: Sequence[Paper]) -> dict[str, float]:
    """Return the ids of those papers that are about the topic, with their cosine.

    That is a paper whose abstract comes near to the topic's words, or whose title or abstract
    holds all of them. Loads the embedder.
    """
    ids = [paper.paper_id for paper in papers]
    vectors = wholes(library.catalog.database, ids, embedder=library.embedder.name)
    question = library.embedder.encode_question(topic)
    cosines = {paper_id: float(vectors[paper_id] @ question) for paper_id in vectors}
    wanted = set(terms(topic))
    found = {}
    for paper in papers:
        cosine = cosines.get(paper.paper_id, 0.0)
        if cosine >= NEAR or (wanted and wanted <= set(terms(f"{paper.title} {paper.abstract}"))):
            found[paper.paper_id] = cosine
    return found
