"""Papers by what a person types: a part of the title, the system's name, an id, or a link."""

import re

from rag.errors import QuestionError
from rag.links import ARXIV_ID
from rag.records import Paper
from rag.store.catalog import Catalog
from rag.store.keywords import KeywordIndex
from rag.store.rows import paper_of
from rag.text.names import system_names
from rag.text.words import terms, words

_WORD = re.compile(r"[\w$^{}\\+-]+(?: \d(?:\.\d)?)?")
_MAY_BE_A_NAME = re.compile(r".+[A-Z\d]")  # a capital behind the first letter, or a digit
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
        if name in names and (_MAY_BE_A_NAME.match(name) or count <= RARE):
            exact.append(paper)
        elif name.casefold() in [own.casefold() for own in names] and count <= RARE:
            folded.append(paper)
    papers = exact or folded
    return papers if len(papers) <= OWNERS else []


MAX_WORDS = 12  # of what was typed that are looked for
LEAST_TYPED = 3  # characters of a system's name before it is looked for
READ_FOR_NAMES = 200  # papers with a word that begins like it

_REST = re.compile(r"[\w-]*")
_NAMELIKE = re.compile(r"\w.*[A-Z\d]")  # a capital behind the first letter, or a digit


def suggest(catalog: Catalog, typed: str, *, limit: int) -> list[Paper]:
    """Return papers whose title holds every word, those beginning with the text first.

    Behind them come those whose system's name begins with the text: it often stands in the
    abstract alone. With nothing typed, the newest papers.
    """
    if not typed.strip():
        return catalog.papers_by_day(limit)
    found = {paper.paper_id: paper for paper in _titled(catalog, typed, limit)}
    if len(found) < limit:
        found.update((paper.paper_id, paper) for paper in _named(catalog, typed.strip()))
    return list(found.values())[:limit]


def find(catalog: Catalog, typed: str) -> Paper | None:
    """Return the paper with this id, link, system's name or title (or likeliest part of one)."""
    typed = typed.strip()
    ids = [typed, *(f"arxiv:{arxiv_id}" for arxiv_id in ARXIV_ID.findall(typed))]
    if found := catalog.get(ids):
        return next(iter(found.values()))
    named = called(typed, catalog, KeywordIndex(catalog.database))
    if len(named) == 1:
        return named[0]
    suggested = suggest(catalog, typed, limit=1) if typed else []
    return suggested[0] if suggested else None


def found(catalog: Catalog, typed: str) -> Paper:
    """Return the same, or raise QuestionError where there is none."""
    paper = find(catalog, typed)
    if paper is None:
        raise QuestionError(f"I know no paper “{typed}”: choose one that is suggested.")
    return paper


def _titled(catalog: Catalog, typed: str, limit: int) -> list[Paper]:
    parts = typed.split()[:MAX_WORDS]
    condition = " AND ".join(["title LIKE ? ESCAPE '\\'"] * len(parts))
    rows = catalog.database.connection.execute(
        f"SELECT * FROM papers WHERE {condition} "
        "ORDER BY title NOT LIKE ? ESCAPE '\\', upvotes DESC NULLS LAST, id LIMIT ?",
        [*(f"%{_literal(part)}%" for part in parts), f"{_literal(typed.strip())}%", limit],
    )
    return [paper_of(row) for row in rows]


def _named(catalog: Catalog, typed: str) -> list[Paper]:
    """Return papers whose abstract has a name that begins with what was typed, their own first."""
    begun = "".join(filter(str.isalnum, next(iter(words(typed)), "")))
    if len(begun) < LEAST_TYPED:
        return []
    ids = KeywordIndex(catalog.database).beginning(begun, READ_FOR_NAMES)
    name = re.compile(rf"(?<!\w){re.escape(typed)}", re.IGNORECASE)
    papers = [
        paper
        for paper in catalog.get(ids).values()
        if any(_NAMELIKE.match(_whole(found)) for found in name.finditer(paper.abstract))
        or (name.search(paper.abstract) and any(map(name.match, system_names(paper)[:1])))
    ]
    return sorted(papers, key=lambda paper: _rank(paper, name))


def _whole(found: re.Match[str]) -> str:
    """Return the whole word of which a beginning was found."""
    return found[0] + _REST.match(found.string, found.end())[0]  # type: ignore[index]


def _rank(paper: Paper, name: re.Pattern[str]) -> tuple[bool, int]:
    """Return a key that puts the system's own paper first, then those that speak of it most."""
    is_own = any(name.match(own) for own in system_names(paper)[:1])
    return not is_own, -len(name.findall(paper.abstract))


def _literal(text: str) -> str:
    """Return the text with LIKE's wildcards escaped."""
    return re.sub(r"[\\%_]", r"\\\g<0>", text)
