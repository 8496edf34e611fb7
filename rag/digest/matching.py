"""Select the papers that match a wish, and say why."""

from collections.abc import Sequence

from rag.digest.records import Wish
from rag.library import Library
from rag.records import Paper
from rag.text.words import words
from rag.trends import papers_about


def matching_papers(library: Library, papers: Sequence[Paper], wish: Wish) -> dict[str, str]:
    """Return the ids of the papers that match, each with the reason ("because …").

    A paper must match at least one of the topics, authors or organisations; if the wish names
    none, every paper with enough upvotes matches, without a reason. Topics load the embedder.
    """
    candidates = [paper for paper in papers if (paper.upvotes or 0) >= wish.min_upvotes]
    if not (wish.topics or wish.authors or wish.organizations):
        return {paper.paper_id: "" for paper in candidates}
    reasons: dict[str, str] = {}
    for topic in wish.topics:
        for paper_id in papers_about(library, topic, candidates):
            reasons.setdefault(paper_id, f"because it is about {topic}")
    for paper in candidates:
        for author in paper.authors:
            if any(_is_author(author, name) for name in wish.authors):
                reasons.setdefault(paper.paper_id, f"because {author} is an author")
        for name in wish.organizations:
            if paper.organization and _is_organization(paper.organization, name):
                reasons.setdefault(paper.paper_id, f"because it is from {paper.organization}")
    return reasons


def _is_author(author: str, name: str) -> bool:
    """Return whether `name` may mean the author: "lovelace" and "A. Lovelace" match Ada Lovelace.

    Every word of `name` must be a word of the author's name; a single letter matches an initial.
    """
    author_words, name_words = words(author), words(name)
    return bool(name_words) and all(
        any(word == part or (len(part) == 1 and word.startswith(part)) for word in author_words)
        for part in name_words
    )


def _is_organization(organization: str, name: str) -> bool:
    """Return whether the organisation's name contains all words of `name`."""
    name_words = set(words(name))
    return bool(name_words) and name_words <= set(words(organization))
