"""Papers that a question names: by arXiv id, by link, or by what their system is called."""

import re

from rag.catalog import Catalog
from rag.keywords import KeywordIndex
from rag.links import ARXIV_ID
from rag.names import system_names
from rag.records import Paper
from rag.words import terms

_WORD = re.compile(r"[\w$^{}\\+-]+(?: \d(?:\.\d)?)?")
_NAMELIKE = re.compile(r".+[A-Z\d]")  # a capital behind the first letter, or a digit
MIN_LENGTH = 3  # characters of a name
MANY = 40  # a word that stands in more papers than this is no name
RARE = 4  # a name that looks like any word, or is typed in other letters, stands in no more
OWNERS = 2  # papers that may share a name


def mentioned(question: str, catalog: Catalog, keywords: KeywordIndex) -> list[Paper]:
    """Return the papers in the order in which the question names them.

    A name counts as it is written in the paper, or in any case where hardly a paper holds it:
    among thousands of papers a looser match would find "bridge" and "forget" everywhere.
    """
    found: dict[str, Paper] = {}
    ids = [f"arxiv:{arxiv_id}" for arxiv_id in ARXIV_ID.findall(question)]
    found.update(catalog.get(ids))
    for match in _WORD.finditer(question):
        for name in dict.fromkeys([match[0], match[0].split()[0]]):
            papers = called(name.strip("-"), catalog, keywords)
            found.update((paper.paper_id, paper) for paper in papers)
            if papers:
                break
    return list(found.values())


def called(name: str, catalog: Catalog, keywords: KeywordIndex) -> list[Paper]:
    """Return the papers whose own system has this name; none where many have."""
    words = terms(name)[:1]  # the whole of a joined word comes first
    if not words or len(name) < MIN_LENGTH:
        return []
    count = keywords.counts(words)[words[0]]
    if not 0 < count <= MANY:
        return []
    ids = [paper_id for paper_id, _ in keywords.search(words[0], count)]
    exact, folded = [], []
    for paper in catalog.get(ids).values():
        names = system_names(paper)[:1]
        if name in names and (_NAMELIKE.match(name) or count <= RARE):
            exact.append(paper)
        elif name.casefold() in [own.casefold() for own in names] and count <= RARE:
            folded.append(paper)
    papers = exact or folded
    return papers if len(papers) <= OWNERS else []
