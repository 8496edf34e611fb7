"""The papers that fit what a request names besides its topic."""

from rag.query.request import Request
from rag.records import Paper
from rag.store.catalog import Catalog
from rag.store.queries import papers_of_author


def papers_that_fit(catalog: Catalog, request: Request) -> list[Paper] | None:
    """Return the papers of the request's author, organisation and days, with code if it must be.

    They are among the papers that the request refers back to, if any. None means that it names
    none of these, so that all papers fit.
    """
    if request.pointed:
        papers = list(request.pointed)
    elif request.author:
        papers = papers_of_author(catalog, *(request.author_names or (request.author,)))
    elif request.organization or request.with_code or request.window:
        papers = catalog.papers(request.window)
    else:
        return None
    if request.window and (request.pointed or request.author):
        inside = catalog.ids_in_window(request.window)
        papers = [paper for paper in papers if inside is None or paper.paper_id in inside]
    if request.organization:
        papers = [paper for paper in papers if paper.organization in request.organizations]
    if request.with_code:
        papers = [paper for paper in papers if paper.code_url]
    return papers
