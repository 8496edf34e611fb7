"""The papers that fit a request: its topic, organisations, authors, days and code."""

from collections.abc import Iterable, Sequence

from rag.query.request import Request
from rag.records import Paper
from rag.retrieval.topic_search import CANDIDATES, MIN_ON_TOPIC, TopicSearch
from rag.store.catalog import Catalog
from rag.store.queries import papers_of_author
from rag.text.code_link import code_of

BATCH = 1_000  # papers whose topic is judged at once


def papers_that_fit(catalog: Catalog, request: Request) -> list[Paper] | None:
    """Return the papers that fit everything but the topic; None if all papers do.

    If the request refers back to papers, they are among these.
    """
    if request.pointed:
        papers = list(request.pointed)
    elif request.author:
        papers = papers_by(catalog, request)
    elif request.organization or request.with_code or request.without_code or request.window:
        papers = catalog.papers(request.window)
    else:
        return None
    if request.window and (request.pointed or request.author):
        inside = catalog.ids_in_window(request.window)
        papers = [paper for paper in papers if inside is None or paper.paper_id in inside]
    if request.organization:
        papers = papers_from(papers, request)
    return papers_with_code(papers, request)


def papers_with_code(papers: list[Paper], request: Request) -> list[Paper]:
    """Return those of the papers that have code, or have none, if the request asks for that."""
    if not (request.with_code or request.without_code):
        return papers
    return [paper for paper in papers if bool(code_of(paper)) == request.with_code]


def without_excluded(
    topics: TopicSearch, papers: Sequence[Paper], request: Request
) -> Sequence[Paper]:
    """Return those of the papers that are on none of the topics that a request leaves out."""
    for topic in request.excluded:
        on_topic = _on_topic(topics, topic, [paper.paper_id for paper in papers])
        papers = [paper for paper in papers if paper.paper_id not in on_topic]
    return papers


def papers_by(catalog: Catalog, request: Request) -> list[Paper]:
    """Return the papers that all people of a request wrote, newest first."""
    return [
        paper
        for paper in papers_of_author(catalog, *request.author_names)
        if all(not set(paper.authors).isdisjoint(names) for names in request.coauthors)
    ]


def papers_from(papers: Iterable[Paper], request: Request) -> list[Paper]:
    """Return those of the papers that are from the request's organisation.

    Some papers list a lab among their authors instead.
    """
    names = {name.casefold() for name in (*request.organizations, request.organization or "")}
    return [
        paper
        for paper in papers
        if paper.organization in request.organizations
        or not names.isdisjoint(map(str.casefold, paper.authors))
    ]


def all_papers_of(catalog: Catalog, topics: TopicSearch, request: Request) -> list[Paper]:
    """Return all papers of a request, the most upvoted first."""
    papers = papers_that_fit(catalog, request)
    if papers is None:
        papers = catalog.papers()
    papers = list(without_excluded(topics, papers, request))
    if request.topic_terms:
        on_topic = _on_topic(topics, request.topic, [paper.paper_id for paper in papers])
        papers = [paper for paper in papers if paper.paper_id in on_topic]
    return sorted(papers, key=lambda paper: -(paper.upvotes or 0))  # stable: else newest first


def _on_topic(topics: TopicSearch, topic: str, ids: Sequence[str]) -> set[str]:
    """Return those of the papers that are on a topic.

    A search judges its nearest papers only. If many of them are on the topic, more may be, so all
    papers are judged.
    """

    def search(allowed: Iterable[str]) -> set[str]:
        hits = topics.search(topic, allowed=set(allowed))
        return {hit.paper_id for hit in hits if hit.probability >= MIN_ON_TOPIC}

    found = search(ids)
    if len(ids) > BATCH and 2 * len(found) > CANDIDATES:
        for start in range(0, len(ids), BATCH):
            found |= search(ids[start : start + BATCH])
    return found
