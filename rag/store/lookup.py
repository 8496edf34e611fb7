"""Papers by what a person types: an id, a link, a system's name, or part of a title."""

import re

from rag.arxiv_id import find_ids, impossible_ids
from rag.errors import QuestionError
from rag.records import Paper
from rag.store.catalog import Catalog
from rag.store.keywords import KeywordIndex
from rag.store.rows import papers_from_rows
from rag.text.clean import clean
from rag.text.names import name_key, system_names
from rag.text.words import fold, terms, words

MIN_NAME_CHARACTERS = 3
MAX_PAPERS_PER_WORD = 40  # a word in more papers than this is not taken for a name
MAX_PAPERS_LOOSE = 4  # the same for a name that looks like any word or is typed in another case
MAX_PAPERS_PER_NAME = 2  # papers that may share a name

NAME_IT = "type a part of the paper's title, its arXiv id or a link"

MAX_TYPED_WORDS = 12  # words of the typed text that are matched against titles
MIN_PREFIX_CHARACTERS = 3  # characters of a system's name before it is suggested
MAX_PREFIX_PAPERS = 200  # papers that are read for a name or title with the typed beginning

_TITLE = "fold(CAST(title AS BLOB))"  # of a damaged title, too
_JOINED_TITLE = f"replace(replace({_TITLE}, '-', ''), ' ', '')"
_HEAD_END = re.compile(r":| [-–—] ")
_REST_OF_WORD = re.compile(r"[\w-]*")
_NAMELIKE = re.compile(r".+[A-Z\d]")  # a capital or a digit after the first character
_NAMELIKE_WORD = re.compile(r"\w.*[A-Z\d]")  # the same, beginning with a letter or a digit


# -- papers by the name of their system ------------------------------------------------------


def papers_with_name(
    name: str, catalog: Catalog, keywords: KeywordIndex, *, is_said: bool = False
) -> list[Paper]:
    """Return the papers whose own system has this name; none if too many papers share it.

    `is_said` tells that a name is meant, though it may be a common word: "the Bridge paper".
    """
    key = name_key(name)
    if len(key) < MIN_NAME_CHARACTERS:
        return []
    joined = key.replace(".", "")
    counts = keywords.document_counts({joined, *terms(joined)[:1]})  # "Heron-Net", "HeronNet"
    count = sum(counts.values())
    if not 0 < count <= MAX_PAPERS_PER_WORD:
        return []
    ids = keywords.papers_with_any(counts)
    exact, any_case = [], []
    for paper in catalog.get(ids).values():
        names = system_names(paper)[:1]
        if name in names and (is_said or _NAMELIKE.match(name) or count <= MAX_PAPERS_LOOSE):
            exact.append(paper)
        elif key in map(name_key, names) and count <= MAX_PAPERS_LOOSE:
            any_case.append(paper)
    papers = exact or any_case
    return papers if len(papers) <= MAX_PAPERS_PER_NAME else []


# -- the paper that a person types ---------------------------------------------------------


def require_paper(catalog: Catalog, typed: str) -> Paper:
    """Return the paper that `find_paper` finds. Raises QuestionError if there is none."""
    paper = find_paper(catalog, typed)
    if paper is None:
        for reason in impossible_ids(typed):
            raise QuestionError(f"{reason}; check it, or type a part of the title.")
        if not name_key(typed):
            raise QuestionError(f"there is no word in that: {NAME_IT}.")
        if _is_short(typed):
            raise QuestionError(f"“{clean(typed)}” is too short for a part of a title: {NAME_IT}.")
        raise QuestionError(f"I know no paper “{typed}”: choose one that is suggested.")
    return paper


def find_paper(catalog: Catalog, typed: str) -> Paper | None:
    """Return the paper with this id, link, system name or (part of a) title; None if none fits."""
    typed = clean(typed)
    ids = [typed, *(f"arxiv:{arxiv_id}" for arxiv_id in find_ids(typed))]
    if by_id := catalog.get(ids):
        return next(iter(by_id.values()))
    named = papers_with_name(typed, catalog, KeywordIndex(catalog.database), is_said=True)
    if len(named) == 1:
        return named[0]
    limit = MAX_PREFIX_PAPERS if _is_short(typed) else 1
    suggested = suggest_papers(catalog, typed, limit=limit) if typed else []
    if _is_short(typed):
        suggested = [paper for paper in suggested if _is_head(typed, paper.title)]
    return suggested[0] if suggested and not _is_other_version(typed, suggested[0].title) else None


def _is_short(typed: str) -> bool:
    """Return whether the typed letters are in too many titles; one sign of Chinese is a word."""
    return len(name_key(typed).encode()) < MIN_NAME_CHARACTERS


def _is_head(typed: str, title: str) -> bool:
    """Return whether a title is the typed text, or is so up to its colon."""
    return name_key(typed) == name_key(_HEAD_END.split(title)[0]) != ""


def _is_other_version(typed: str, title: str) -> bool:
    """Return whether the typed text ends inside of a number of the title: "Pi 0" of "π0.5"."""
    key = re.escape(name_key(typed))
    title = name_key(title)
    return bool(re.search(rf"{key}\.?\d", title)) and not re.search(rf"{key}(?!\.?\d)", title)


def suggest_papers(catalog: Catalog, typed: str, *, limit: int) -> list[Paper]:
    """Return papers whose title contains every typed word, those that begin with the text first.

    Papers whose system's name begins with the text follow, since the name is often in the abstract
    alone. Without any text, the newest papers.
    """
    typed = clean(typed)
    if not typed:
        return catalog.latest_papers(limit)
    found = {paper.paper_id: paper for paper in _by_title(catalog, typed, limit)}
    if len(found) < limit:
        found.update((paper.paper_id, paper) for paper in _by_name_prefix(catalog, typed))
    return list(found.values())[:limit]


def _by_title(catalog: Catalog, typed: str, limit: int) -> list[Paper]:
    """Return papers with the typed words in their titles, or with a name that is spelled so."""
    folded = fold(typed)
    words_typed = folded.split()[:MAX_TYPED_WORDS]
    key = name_key(typed)
    condition = " AND ".join([f"{_TITLE} LIKE ? ESCAPE '\\'"] * len(words_typed))
    if len(key) >= MIN_NAME_CHARACTERS:
        condition = f"({condition}) OR {_JOINED_TITLE} LIKE ?"
    rows = catalog.database.connection.execute(
        f"SELECT * FROM papers WHERE {condition} "
        f"ORDER BY {_TITLE} NOT LIKE ? ESCAPE '\\', upvotes DESC NULLS LAST, id LIMIT ?",
        [
            *(f"%{_escape_like(word)}%" for word in words_typed),
            *([f"{key}%"] if len(key) >= MIN_NAME_CHARACTERS else []),
            f"{_escape_like(folded)}%",
            limit,
        ],
    )
    return papers_from_rows(rows)


def _escape_like(text: str) -> str:
    """Return the text with LIKE's wildcards escaped."""
    return re.sub(r"[\\%_]", r"\\\g<0>", text)


def _by_name_prefix(catalog: Catalog, typed: str) -> list[Paper]:
    """Return papers whose abstract has a name that begins with the text, its own paper first."""
    prefix = "".join(filter(str.isalnum, next(iter(words(typed)), "")))
    if len(prefix) < MIN_PREFIX_CHARACTERS:
        return []
    ids = KeywordIndex(catalog.database).papers_with_prefix(prefix, MAX_PREFIX_PAPERS)
    name = re.compile(rf"(?<!\w){re.escape(typed)}", re.IGNORECASE)
    papers = [
        paper
        for paper in catalog.get(ids).values()
        if any(
            _NAMELIKE_WORD.match(_complete_word(match)) for match in name.finditer(paper.abstract)
        )
        or (name.search(paper.abstract) and any(map(name.match, system_names(paper)[:1])))
    ]
    return sorted(papers, key=lambda paper: _rank(paper, name))


def _complete_word(beginning: re.Match[str]) -> str:
    """Return the complete word that a match begins."""
    rest = _REST_OF_WORD.match(beginning.string, beginning.end())
    return beginning[0] + (rest[0] if rest else "")


def _rank(paper: Paper, name: re.Pattern[str]) -> tuple[bool, int]:
    """Return a sort key: the system's own paper first, then by how often the name occurs."""
    is_own = any(name.match(own) for own in system_names(paper)[:1])
    return not is_own, -len(name.findall(paper.abstract))
