"""Answers about one or a few papers: facts of the record, BibTeX, the gist, results and limits."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag.answering.comparison import ASPECTS, MIN_SCORE, Aspect
from rag.answering.draft import Draft
from rag.answering.refusal import REFUSAL
from rag.arxiv_id import year_of
from rag.config import EvidenceConfig
from rag.links import arxiv_url
from rag.query.request import Fact, Request
from rag.records import Chunk, Citation, Evidence, Hit, Paper
from rag.text.code_link import code_of
from rag.text.directives import is_directive
from rag.text.names import short_name
from rag.text.sentences import finding, gist, split_sentences, statements
from rag.text.withdrawal import withdrawal_of
from rag.text.words import STOPWORDS, fold, one_line, words

MAX_AUTHORS = 12  # names in an answer; the rest are counted
MAX_WITH_RESULT = 2  # papers whose gist is followed by their result
MAX_RESULTS = 2  # sentences
MAX_RELEASES = 3  # sentences
SECOND_SHARE = 0.8  # of the best sentence's score, for a second one
MAX_KEY_WORDS = 4  # of the title, in the key of a BibTeX entry
METHOD_SCORE = 0.8  # of the sentence that a model reads beside gist and result, which have 1

_RELEASED = re.compile(
    r"\breleas(?:e|es|ed|ing)\b|\bopen[- ]?sourc\w+|\bopen source\b"
    r"|\b(?:code|data ?sets?|models?|weights|benchmarks?|checkpoints?|demos?|projects?)\b[^.]{0,40}"
    r"\b(?:public(?:ly)?|available|online)\b|\bmade (?:public|available)\b|https?://",
    re.IGNORECASE,
)
_ASPECTS = {aspect.name: aspect for aspect in ASPECTS}
# A limit of the paper's own work; what earlier work lacks stands before the gist.
LIMITS = Aspect("Limits", before_gist=-1.5, allows_background=True, signs=(
    (re.compile(r"\blimitations?\b|\blimited to\b|\brestricted to\b|\bfuture work\b|\bcaveats?\b"
                r"|\bdrawbacks?\b|\bshortcomings?\b", re.I), 0.7),
    (re.compile(r"\b(?:we|our|this (?:paper|work|study|method|approach|model))\b", re.I), 0.2),
    (re.compile(r"\b(?:yet|however|although|though|despite|while|only|not|cannot|never)\b", re.I),
     0.3),
    (re.compile(r"\b(?:still|remains?|room for|at the cost|unsolved|unresolved)\b", re.I), 0.4),
    (re.compile(r"\b(?:fail|struggl|degrad|suffer|lag|underperform|drop|worse|difficult|challeng)"
                r"\w*|\bfalls? short\b", re.I), 0.3),
    (re.compile(r"\b(?:overcom|address|mitigat|alleviat|tackl|resolv|eliminat|without|beyond|unlike"
                r"|identif|expos|uncover|underscor|outperform|surpass|recogniz)\w*", re.I), -0.6),
    (re.compile(r"\b(?:existing|current|prior|previous|conventional|traditional|state-of-the-art"
                r"|models|agents|methods|systems|approaches|benchmarks?|\w*LMs)\b", re.I), -0.5),
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Part:
    """The answer to one fact of one paper; `found` is False if the paper does not say it.

    `silent` means that the abstract does not, which the whole paper may.
    """

    lines: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()
    found: bool = True
    silent: bool = False


class PaperDetails:
    """Answers what is asked about the papers that a request points to or names."""

    def __init__(self, config: EvidenceConfig) -> None:
        self.config = config

    def draft(self, request: Request) -> Draft | None:
        """Return each asked fact of each paper, by default the gist; None without papers.

        A model may rewrite only sentences, never facts of the record.
        """
        papers = request.subjects[: self.config.max_papers]
        return facts_of(papers, request.facts or ("gist",)) if papers else None


def facts_of(papers: Sequence[Paper], facts: Sequence[Fact]) -> Draft:
    """Return each fact of each paper; a refusal if none is known."""
    lines: list[str] = []
    parts: list[_Part] = []
    citations = []
    for n, paper in enumerate(papers, start=1):
        of_paper = [_answer(fact, paper, n, papers_asked=len(papers)) for fact in facts]
        sentences = [e.sentence for part in of_paper for e in part.evidence]
        citations.append(Citation(n, paper, sentences[0] if sentences else paper.title))
        for line in (line for part in of_paper for line in part.lines):
            quote = line.partition("“")[2]
            if not (quote and any(other.endswith(f"“{quote}") for other in lines)):
                lines.append(line)  # gist and results can share a quote
        parts += of_paper
    is_silent = any(p.silent for p in parts) and all(p.silent or not p.found for p in parts)
    may_rewrite = all(part.evidence for part in parts)
    refused = not any(part.found for part in parts)
    if refused:
        lines.insert(0, REFUSAL)
    return Draft(
        "\n".join(lines),
        tuple(citations),
        [Hit(p, Chunk(p.paper_id, 0, p.title), 1.0, 1.0, 0.0) for p in papers],
        tuple(dict.fromkeys(e for p in parts for e in p.evidence)) if may_rewrite else (),
        refused=refused,
        is_silent=is_silent,
        silent_paper=papers[0] if len(papers) == 1 and (is_silent or "results" in facts) else None,
    )


def _answer(fact: Fact, paper: Paper, n: int, *, papers_asked: int) -> _Part:
    """Return one paper's answer to one fact, cited as number n."""
    if fact == "gist":
        return _gist(paper, n, with_result=papers_asked <= MAX_WITH_RESULT)
    if fact == "results":
        return _results(paper, n)
    if fact == "limits":
        return _limits(paper, n)
    if fact == "releases":
        return _releases(paper, n)
    name = short_name(paper)
    if fact == "BibTeX":
        return _Part((f"BibTeX of {name} [{n}]:", "```", *bibtex(paper).split("\n"), "```"))
    if fact in ("code", "project page"):
        return _web_page(fact, paper, n)
    if fact == "withdrawal":  # that none is known is an answer, too
        if reason := withdrawal_of(paper):
            return _Part((f"{name} was withdrawn: “{reason}”. [{n}]",))
        return _Part((f"No withdrawal of {name} is known. [{n}]",))
    label, read = _COLUMNS[fact]
    if value := read(paper):
        lines = [f"{label} {name}: {value} [{n}]"]
        if fact == "authors" and paper.organization:
            lines.append(f"  Organization: {paper.organization}")
        return _Part(tuple(lines))
    if fact == "authors" and paper.organization:
        missing = f"The record of {name} names no authors, but their organization"
        return _Part((f"{missing}: {paper.organization} [{n}]",))
    return _Part((f"The record of {name} names no {fact}. [{n}]",), found=False)


# -- the record ----------------------------------------------------------------------------


def _days(paper: Paper) -> str:
    days = (("published", paper.published_on), ("featured", paper.featured_on))
    known = ", ".join(f"{verb} {day}" for verb, day in days if day)
    is_half = paper.featured_on and not paper.published_on
    return f"{known}; the day of publication is not in the record" if is_half else known


def _author_count(paper: Paper) -> str:
    return str(paper.author_count or len(paper.authors) or "")


def _authors(paper: Paper) -> str:
    """Return the names, after MAX_AUTHORS of them how many there are besides."""
    named = paper.authors[:MAX_AUTHORS]
    more = max(len(paper.authors), paper.author_count or 0) - len(named)
    if not named:
        return f"{more}, whose names are not in the record" if more else ""
    return ", ".join(named) + (f" and {more} more" if more else "")


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _links(paper: Paper) -> str:
    return " · ".join(paper.urls)


_COLUMNS: dict[Fact, tuple[str, Callable[[Paper], str]]] = {
    "date": ("Date of", _days),
    "author count": ("Number of authors of", _author_count),
    "authors": ("Authors of", _authors),
    "organization": ("Organization of", lambda paper: paper.organization or ""),
    "upvotes": ("Upvotes of", lambda paper: _number(paper.upvotes)),
    "comments": ("Comments on", lambda paper: _number(paper.comment_count)),
    "link": ("Links to", _links),
}


def _web_page(fact: Fact, paper: Paper, n: int) -> _Part:
    """Return the code's or the project's address; if the record has none, what else it has.

    That a record names no code is an answer to "is there code?", not a refusal.
    """
    name = short_name(paper)
    pages = {"code": paper.code_url, "project page": paper.project_url}
    if url := pages[fact]:
        return _Part((f"{fact.capitalize()} of {name}: {url} [{n}]",))
    if fact == "code" and (url := code_of(paper)):
        return _Part((f"Code of {name}, from its abstract: {url} [{n}]",))
    lines = [f"The record of {name} names no {fact}. [{n}]"]
    pointers = _best(paper, _ASPECTS["Code"], 1) if fact == "code" else []
    lines += [quoted(pointer, n) for pointer in pointers]
    lines += [f"  {other.capitalize()}: {url}" for other, url in pages.items() if url]
    return _Part((*lines, f"  Paper: {paper.url}"), silent=not pointers)


def _releases(paper: Paper, n: int) -> _Part:
    """Return what the paper gives to others: what its abstract and its record say of it."""
    name = short_name(paper)
    pages = {"code": paper.code_url, "project page": paper.project_url}
    lines = [f"{fact.capitalize()} of {name}: {url} [{n}]" for fact, url in pages.items() if url]
    said = [
        Evidence(paper, sentence, i, 1.0)
        for i, sentence in enumerate(split_sentences(paper.abstract), start=1)
        if _RELEASED.search(sentence) and not is_directive(sentence)
    ]
    if said:
        named = _named(paper, said[:MAX_RELEASES], n)
        return replace(named, lines=(*named.lines, *lines))
    if lines:
        return _Part(tuple(lines))
    line = f"The record and the abstract of {name} name nothing that it releases. [{n}]"
    return _Part((line, f"  Paper: {paper.url}"), silent=True)


# -- BibTeX --------------------------------------------------------------------------------


def bibtex(paper: Paper) -> str:
    """Return the paper's entry as arXiv writes it, with the fields that are known."""
    year = _year(paper)
    fields = {
        "title": escape_latex(paper.title),
        "author": " and ".join(map(escape_latex, paper.authors)),
        "year": year,
        "eprint": paper.arxiv_id,
        "archivePrefix": "arXiv" if paper.arxiv_id else "",
        "url": arxiv_url(paper.arxiv_id) if paper.arxiv_id else "",
    }
    surname = paper.authors[0].split()[-1] if paper.authors else ""
    of_title = [word for word in words(paper.title) if word not in STOPWORDS][:MAX_KEY_WORDS]
    key = f"{_letters(surname)}{year}{_letters(''.join(of_title))}"
    lines = [f"      {field}={{{value}}}," for field, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def _letters(text: str) -> str:
    """Return the letters and digits in lower case, without accents."""
    return "".join(filter(str.isalnum, fold(text)))


def _year(paper: Paper) -> str:
    """Return the year of publication; an arXiv id contains it."""
    if paper.published_on:
        return str(paper.published_on.year)
    return str(year_of(paper.arxiv_id)) if paper.arxiv_id else ""


_FORMULA = re.compile(r"(\$[^$]*[\\^_{][^$]*\$)")  # "$\pi_0$", but not "$1 million"


def escape_latex(text: str) -> str:
    """Return the text with LaTeX's special characters escaped; formulas and commands stay."""
    special = r"(?<!\\)[&%#]" if "\\" in text else r"[&%#_{}$]"
    parts = _FORMULA.split(one_line(text))
    parts[::2] = [re.sub(special, r"\\\g<0>", part) for part in parts[::2]]
    return "".join(parts)


# -- what the abstract says ----------------------------------------------------------------


def _gist(paper: Paper, n: int, *, with_result: bool) -> _Part:
    """Return what the paper is, in the record's TL;DR or the abstract's words, and its result."""
    summary = next(iter(statements(one_line(paper.tldr or ""))), "")
    summary = re.sub(r";$", ".", summary)  # sentences are also split at semicolons
    opening = gist(paper.abstract)
    name = short_name(paper)
    if not summary and not opening:
        return _Part((f"The record of {name} has no abstract. [{n}]",), found=False)
    sentences = [_evidence(paper, opening)] if opening else []
    lines = [f"{summary} [{n}]" if summary else quoted(sentences[0], n)]
    if name.casefold() not in lines[0].casefold():
        lines[0] = f"{name}: {lines[0]}"
    if with_result:
        results = _best(paper, _ASPECTS["Results"], 1) or _last(paper)
        lines += [quoted(r, n) for r in results if summary or r.sentence != opening]
        sentences += results
        sentences += _best(paper, _ASPECTS["How it works"], 1, score=METHOD_SCORE)
    by_index = {e.index: e for e in reversed(sentences)}  # the highest score of each sentence
    return _Part(tuple(lines), tuple(sorted(by_index.values(), key=lambda e: -e.score)))


def _results(paper: Paper, n: int) -> _Part:
    """Return the sentences that state figures or findings."""
    results = _best(paper, _ASPECTS["Results"], MAX_RESULTS) or _last(paper)
    if not results:
        gist_part = _gist(paper, n, with_result=False)
        line = f"The abstract of {short_name(paper)} states no results. [{n}]"
        return _Part((line, *gist_part.lines), found=False, silent=True)
    return _named(paper, results, n)


def _limits(paper: Paper, n: int) -> _Part:
    """Return the sentence that states a limit of the paper's own work, or that none does."""
    if limits := _best(paper, LIMITS, 1):
        return _named(paper, limits, n)
    line = f"The abstract of {short_name(paper)} names no limits of its own. [{n}]"
    return _Part((line, *_gist(paper, n, with_result=False).lines), silent=True)


def _named(paper: Paper, sentences: list[Evidence], n: int) -> _Part:
    """Return quotes with the paper's name in front if none of them contains it."""
    lines = [quoted(evidence, n) for evidence in sentences]
    name = short_name(paper)
    if not any(name.casefold() in line.casefold() for line in lines):
        lines[0] = f"{name}: {lines[0]}"
    return _Part(tuple(lines), tuple(sentences))


def _best(paper: Paper, aspect: Aspect, count: int, *, score: float = 1.0) -> list[Evidence]:
    """Return the sentences that state an aspect most clearly, in the abstract's order."""
    sentences = split_sentences(paper.abstract)
    presenting = gist(paper.abstract)
    center = sentences.index(presenting) if presenting else 0
    scores = [aspect.score(sentence, i - center) for i, sentence in enumerate(sentences)]
    least = max(MIN_SCORE, SECOND_SHARE * max(scores, default=0.0))
    fitting = [i for i in range(len(sentences)) if scores[i] >= least]
    chosen = sorted(sorted(fitting, key=lambda i: -scores[i])[:count])
    return [Evidence(paper, sentences[i], i + 1, score) for i in chosen]


def _last(paper: Paper) -> list[Evidence]:
    sentence = finding(paper.abstract)
    return [_evidence(paper, sentence)] if sentence else []


def _evidence(paper: Paper, sentence: str) -> Evidence:
    return Evidence(paper, sentence, split_sentences(paper.abstract).index(sentence) + 1, 1.0)


def quoted(evidence: Evidence, n: int) -> str:
    """Return a sentence in quotation marks with its marker."""
    whose = "Paperboy's summary: " if evidence.paper.abstract_source == "summary" else ""
    return f"{whose}“{evidence.sentence}” [{n}]"
