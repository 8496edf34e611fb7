"""The text of an answer, and how Discord shows it: links, small lines and blocks of code."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from bot.render.direction import values_of
from bot.render.parts import FENCE
from bot.render.safe_text import is_code_url, is_safe_url, link, plain
from rag.links import full_text_url
from rag.records import Citation, Paper
from rag.text.brackets import brackets_of
from rag.text.shorten import shorten

INDENT = "  "  # before a line that is subordinate to the one above
SEPARATOR = " · "  # between the facts of a paper
SMALL = "-# "  # what makes a line small on Discord
MAX_TITLE = 280  # characters of a title in a list

_NAME = re.compile(r"(?:[^“”]{1,40} \()?")  # what may stand in front of a title: "HeronNet ("
_MARKER = re.compile(r"\[\d+\]")
_URL_END = r"(?=[.,;:)\"”]*(?:\s|$))"

LineKind = Literal["main", "small", "code"]


class Line(NamedTuple):
    """A line of an answer; `text` has no indentation unless it is code."""

    text: str
    kind: LineKind


def lines_of(text: str) -> Iterator[Line]:
    """Yield the lines of an answer's text, see rag.records.Answer; fences are left out."""
    is_code = False
    for line in text.splitlines():
        if line.strip() == FENCE:
            is_code = not is_code
        elif is_code:
            yield Line(line, "code")
        elif line.startswith(INDENT):
            yield Line(line.strip(), "small")
        else:
            yield Line(line, "main")


def discord_text(text: str, citations: Sequence[Citation]) -> str:
    """Return the text for Discord: escaped, with the markers and addresses of papers as links.

    If it lists its papers, each line of a paper becomes `**n.** title`, with the title as a link,
    and the fact "code" below it links the paper's repository.
    """
    entries = _entries(text, citations) if lists_papers(text, citations) else {}
    links = _Links(citations)
    shown, before, paper = [], "main", None
    for number, (line, kind) in enumerate(lines_of(text)):
        if (kind == "code") != (before == "code"):
            shown.append(FENCE)
        before = kind
        if kind == "code":
            shown.append(line.replace(FENCE, "`\u200b`\u200b`"))
        elif citation := entries.get(number):
            shown.append(_entry(line, citation, links))
            paper = citation.paper
        elif kind == "small" and line:
            shown.append(SMALL + _with_code(links.put_into(line), paper))
        else:
            shown.append(links.put_into(line))
    if before == "code":
        shown.append(FENCE)
    return "\n".join(shown)


def lists_papers(text: str, citations: Sequence[Citation]) -> bool:
    """Return whether each cited paper has a line in the text, with its title and its marker."""
    listed = {citation.n for citation in _entries(text, citations).values()}
    return bool(citations) and listed == {citation.n for citation in citations}


def _entries(text: str, citations: Sequence[Citation]) -> dict[int, Citation]:
    """Return the numbers of the lines that present a paper, each with its citation."""
    entries: dict[int, Citation] = {}
    by_marker = {f"[{citation.n}]": citation for citation in citations}
    own = brackets_of(tuple(citation.paper for citation in citations))
    for number, (line, kind) in enumerate(lines_of(text)):
        if kind != "main" or "“" in line:
            continue
        for marker in dict.fromkeys(m[0] for m in _MARKER.finditer(line) if m not in own):
            if (citation := by_marker.get(marker)) is None:
                continue
            name, title, _ = line.partition(citation.paper.title)
            if title and _NAME.fullmatch(name):
                entries[number] = citation
    return entries


def _entry(line: str, citation: Citation, links: "_Links") -> str:
    """Return the line of a paper with its title as a link, and its number first in a list."""
    paper, marker, number = citation.paper, f" [{citation.n}]", ""
    if (citation.n > 1 or len(links.markers) > 1) and line.endswith(marker):
        line, number = line.removesuffix(marker), f"**{citation.n}.** "
    name, _, rest = line.partition(paper.title)
    title = link(shorten(paper.title, MAX_TITLE), paper.url)
    return f"{number}{links.put_into(name)}{title}{links.put_into(rest)}"


def _with_code(line: str, paper: Paper | None) -> str:
    """Return the line of facts with "code" as a link: `2025-12-04 · 16 upvotes · code`."""
    if paper is None or not is_code_url(paper.code_url):
        return line
    code = link("code", str(paper.code_url))
    return SEPARATOR.join(code if fact == "code" else fact for fact in line.split(SEPARATOR))


class _Links:
    """The links of an answer: its markers `[n]` and the addresses of its papers."""

    def __init__(self, citations: Sequence[Citation]) -> None:
        papers = tuple(citation.paper for citation in citations)
        self.own, self.values = brackets_of(papers), tuple(values_of(papers))
        self.markers = {f"[{citation.n}]": _quoted_at(citation) for citation in citations}
        self.addresses = {url for citation in citations for url in _addresses(citation.paper)}
        addresses = (re.escape(url) + _URL_END for url in sorted(self.addresses, reverse=True))
        self._pattern = re.compile("|".join([_MARKER.pattern, *addresses]))

    def put_into(self, text: str) -> str:
        """Return the text escaped; each marker and each address of a cited paper is a link.

        What the papers themselves have in brackets is text.
        """
        parts, done = [], 0
        for match in self._pattern.finditer(text):
            found = match[0]
            parts.append(plain(text[done : match.start()], self.values))
            if found in self.markers and match not in self.own:
                parts.append(f"[{found}](<{self.markers[found]}>)")
            else:
                parts.append(link(found, found) if found in self.addresses else plain(found))
            done = match.end()
        return "".join([*parts, plain(text[done:], self.values)])


def _quoted_at(citation: Citation) -> str:
    """Return where a quote stands: on the paper's page or, from a section, in its full text."""
    paper = citation.paper
    is_whole = citation.section and paper.arxiv_id
    return full_text_url(str(paper.arxiv_id)) if is_whole else paper.url


def _addresses(paper: Paper) -> Iterator[str]:
    """Yield the addresses in a paper's record that are safe to link."""
    yield from paper.urls
    yield from (url for url in (paper.code_url, paper.project_url) if url and is_safe_url(url))
