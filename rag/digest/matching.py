"""Select the papers that match a wish, and say why."""

from collections.abc import Sequence

from rag.digest.records import Wish
from rag.library import Library
from rag.records import Paper
from rag.text.person_names import PersonNames, name_words
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
    wanted = _authors(candidates, wish.authors)
    for paper in candidates:
        for author in paper.authors:
            if author in wanted:
                reasons.setdefault(paper.paper_id, f"because {author} is an author")
        for name in wish.organizations:
            if paper.organization and _is_organization(paper.organization, name):
                reasons.setdefault(paper.paper_id, f"because it is from {paper.organization}")
    return reasons


def _authors(papers: Sequence[Paper], typed: Sequence[str]) -> set[str]:
    """Return the authors whom typed names may mean, in any spelling or order.

    "lovelace" and "A. Lovelace" mean Ada Lovelace; so does "ada", because one name is enough.
    """
    authors = dict.fromkeys(author for paper in papers for author in paper.authors)
    names = PersonNames(authors)
    found: set[str] = set()
    for name in typed:
        match words := name_words(name):
            case []:
                continue
            case [word]:
                found.update(author for author in authors if word in name_words(author))
        found.update(names.meant(words))
    return found


def _is_organization(organization: str, name: str) -> bool:
    """Return whether the organisation's name contains all words of `name`."""
    name_words = set(words(name))
    return bool(name_words) and name_words <= set(words(organization))
