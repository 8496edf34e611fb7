"""Which papers fit a wish, and why."""

from collections.abc import Sequence

from bot.digest.records import Wish
from rag.library import Library
from rag.records import Paper
from rag.text.words import words
from rag.trends import papers_about


def fitting(library: Library, papers: Sequence[Paper], wish: Wish) -> dict[str, str]:
    """Return the ids of the papers that fit, each with the reason ("because …").

    A paper has to fit one of the topics, authors or organisations; where the wish names none,
    every paper does and the reason is empty.
    """
    voted = [paper for paper in papers if (paper.upvotes or 0) >= wish.min_upvotes]
    if not (wish.topics or wish.authors or wish.organizations):
        return {paper.paper_id: "" for paper in voted}
    reasons: dict[str, str] = {}
    for topic in wish.topics:
        for paper_id in papers_about(library, topic, voted):
            reasons.setdefault(paper_id, f"because it is about {topic}")
    for paper in voted:
        for name in paper.authors:
            if any(_is_called(name, wanted) for wanted in wish.authors):
                reasons.setdefault(paper.paper_id, f"because {name} is an author")
        for wanted in wish.organizations:
            if paper.organization and _names(paper.organization, wanted):
                reasons.setdefault(paper.paper_id, f"because it is from {paper.organization}")
    return reasons


def _is_called(name: str, wanted: str) -> bool:
    """Return whether an author may be meant: "Ada Lovelace" by "lovelace" and "A. Lovelace"."""
    known = words(name)
    asked = words(wanted)
    return bool(asked) and all(
        any(word == part or (len(part) == 1 and word.startswith(part)) for word in known)
        for part in asked
    )


def _names(organization: str, wanted: str) -> bool:
    """Return whether all wanted words stand in an organisation's name."""
    asked = set(words(wanted))
    return bool(asked) and asked <= set(words(organization))
