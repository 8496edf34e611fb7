"""A paper's full text as records: passages with their headings, and no I/O."""

import re
from dataclasses import dataclass, field

from rag.text.sentences import split_sentences
from rag.text.shorten import shorten
from rag.text.words import fold

SECTION_SIGN = "§"
MAX_SECTION = 100  # characters of a section's name for people
# "3.2 Training", "III-B Labels", "A.1 Prompts", "Appendix B Proofs"; a lone letter is no number.
_NUMBERED = re.compile(
    r"(?:[Aa]ppendix\s+|APPENDIX\s+)(?P<appendix>[A-Z](?:\.\d+)*)[.:]?(?:\s+|$)"
    r"|(?P<number>\d+(?:\.\d+)*|[A-Z](?:\.\d+)+|[IVX]+(?:-[A-Z])?)[.:]?(?:\s+|$)"
)


@dataclass(frozen=True, slots=True)
class TextPassage:
    """A paragraph, a part of a long one, or some rows of a table.

    `passage_id` is `arxiv:2510.01234/§3.2#4`, the fourth passage of section 3.2; `headings` lead to
    it, the outermost first. A passage with a `caption` is of a table, with one row per line.
    """

    passage_id: str
    headings: tuple[str, ...]
    text: str
    caption: str = ""
    is_table: bool = False

    @property
    def section(self) -> str:
        """`§3.2 Training`, `§3.2 Training, Data.`; "" for a text without headings."""
        numbered = [n for n, heading in enumerate(self.headings) if section_number(heading)]
        named = self.headings[numbered[-1] if numbered else -1 :]
        return section_name(", ".join(named)) if named else ""

    @property
    def embedded_text(self) -> str:
        """What the embedder reads: the heading, a table's caption, and the text."""
        return "\n".join(filter(None, [*self.headings[-1:], self.caption, self.text]))

    def sentences(self) -> list[str]:
        """Return the sentences word for word, or the rows of a table."""
        return self.text.split("\n") if self.is_table else split_sentences(self.text)


@dataclass(frozen=True, slots=True)
class FullText:
    """A whole paper: its passages in order and how many paragraphs (tables too) they were cut from.

    `etag` is that of the answer it was read from. Two texts are equal if they say the same.
    """

    paper_id: str
    passages: tuple[TextPassage, ...]
    paragraphs: int
    etag: str = field(default="", compare=False)

    @property
    def sections(self) -> int:
        """How many sections have passages."""
        return len({passage.headings for passage in self.passages})


def section_name(heading: str) -> str:
    """Return `§3.2 Training` for a heading."""
    return f"{SECTION_SIGN}{shorten(heading, MAX_SECTION)}"


def section_number(heading: str) -> str:
    """Return a heading's number, `3.2`, `III-B` or `A.1`; "" if it has none."""
    match = _NUMBERED.match(heading)
    return match["appendix"] or match["number"] if match else ""


def section_key(heading: str) -> str:
    """Return a heading's part of its passages' ids: its number, or its words."""
    words = re.findall(r"[^\W_]+", fold(heading))
    return section_number(heading) or "-".join(words)[:MAX_SECTION] or "text"


def counted(number: int, noun: str) -> str:
    """Return `1 section`, `9 sections`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def describe_counts(papers: int, passages: int) -> str:
    """Return how many papers were read whole, for people."""
    if not papers:
        return "none was read; `paperboy read` reads one beyond its abstract"
    return f"{counted(papers, 'paper')}, {counted(passages, 'passage')}"
