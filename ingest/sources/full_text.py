"""A paper's full text as Hugging Face gives it: markdown made from arXiv's HTML.

https://huggingface.co/papers/{id}.md begins with `Title: …`, `URL Source: …`, perhaps `Published
Time: …` and `Markdown Content:`. What follows is not quite markdown: headings are underlined or
have `#`, or are bare lines like `2.1Games` under arXiv's own banner. Where arXiv has no HTML, the
source is Hugging Face's page, which has the abstract alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from langchain_text_splitters import RecursiveCharacterTextSplitter
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingest.sources.formulae import formulae_once
from ingest.untrusted import decode
from rag.arxiv_id import find_ids
from rag.full_text.records import FullText, TextPassage, section_key, section_number
from rag.text.clean import clean, clean_characters
from rag.text.words import terms

MAX_BYTES = 5_000_000  # of an answer; the longest papers have 210,000
MAX_CHARACTERS = 1_000_000  # of the text; what follows is left out
MAX_PASSAGES = 2_000
MAX_PARAGRAPH = 20_000  # characters
MAX_ROWS = 300  # of a table
MAX_WORDS = 150  # of a passage: the encoder reads 256 word pieces
MIN_WORDS = 4  # of a paragraph: "(a)" and "• " are none
SAME_SHARE = 0.9  # of a paragraph's terms in the abstract: it is the abstract once more

_HEAD = re.compile(r"\A(.{0,5000}?)^Markdown Content:[ \t]*$", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"^(Title|URL Source):[ \t]*(.+)$", re.MULTILINE)
_HTML = re.compile(r"\s*<(?:!doctype|html|head|\?xml)\b", re.IGNORECASE)
_HAS_HEADINGS = re.compile(r"^#{1,6}[ \t]+\S", re.MULTILINE)
_UNDERLINED = re.compile(r"^(?![|#\s])([^\n]{1,300})\n(=|-)(?:\2){2,}[ \t]*$", re.MULTILINE)
# A bare heading, with an empty line behind it: "2.1Games", "Abstract", "Appendix AProofs".
_BARE_HEADING = re.compile(
    r"^[ \t]*((?:\d+(?:\.\d+)*|Appendix [A-Z]|[A-Z](?:\.\d+)+)[ \t]*[A-Z][^\n]{1,100}[^\n.:;,]"
    r"|Abstract|References|Acknowledge?ments?|Limitations|Appendix)[ \t]*\n(?=[ \t]*\n)",
    re.MULTILINE,
)
_ABSTRACT = re.compile(r"\W*abstract\W*", re.IGNORECASE)
_REFERENCES = re.compile(r"(?:[\d.]+\s*)?(?:references|bibliography|works cited)\W*", re.IGNORECASE)
# arXiv's own words around a paper.
_BANNER = re.compile(
    r"(?:report issue(?: for preceding element)?|html conversions? sometimes display|back to arxiv"
    r"|this is experimental html|failed:|authors: achieve the best html|license:|why html\?"
    r"|instructions for reporting errors|we are continuing to improve html|generated\s+(?:on|by)\b"
    r"|arxiv:\d{4}\.\d{4,5}v\d)",
    re.IGNORECASE,
)
_TABLE_CAPTION = re.compile(r"tab(?:le|\.)\s+[\w.]+\s*[:.]", re.IGNORECASE)
_IMAGE = re.compile(r"!\[[^\[\]]{0,500}\]\([^()\s]{0,1000}(?:\s+\"[^\"\n]{0,1000}\")?\)")
_LINK = re.compile(
    r"\[((?:[^\[\]]|\[[^\[\]]{0,200}\]){0,500})\]\(([^()\s]{0,1000})(?:\s+\"[^\"\n]{0,1000}\")?\)"
)
_NO_REFERENCES = re.compile(r"\s*\[[\s,;–-]*\]")
_TAG = re.compile(r"</?[a-z][^<>]{0,200}>", re.IGNORECASE)
_STRONG = re.compile(r"\*\*|(?<![\w\\])__(?=\S)|(?<=\S)__(?!\w)|`+")
_EMPHASIS = re.compile(r"(?<![\w\\*])([*_])(?=\S)([^*_\n]{1,300}?)(?<=\S)\1(?![\w*{])")
_ESCAPED = re.compile(r"\\([\[\]*_#~<>!])")
_BULLET = re.compile(
    r"[•◦▪‣–]\s*|\d+[.)]\s*(?=[^\W\d])"
)  # "•First", "1.First": beside a list's own
_ONLY_COMMANDS = re.compile(r"(?:\\[a-zA-Z@]+(?:\[[^\]]{0,100}\])?(?:\{[^{}]{0,100}\})?\s*)+")

# A "=" of a formula on a line of its own underlines nothing.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("lheading")
_markdown.core.ruler.enableOnly(["normalize", "block"])  # spans are read here, in linear time
_splitter = RecursiveCharacterTextSplitter(
    separators=[r"(?<=[.!?])\s+", r"(?<=[,;:])\s+", r"\s+"],
    is_separator_regex=True,
    keep_separator=True,
    chunk_size=MAX_WORDS,
    chunk_overlap=0,
    length_function=lambda text: len(text.split()),
)


class NotFullTextError(ValueError):
    """An answer is not the markdown of a paper; the message says what it is, for a sentence."""


class NoHtmlError(NotFullTextError):
    """arXiv has no HTML of the paper, so that there is only its abstract."""


def parse_full_text(body: bytes, arxiv_id: str, *, abstract: str = "") -> FullText:
    """Return the passages of a paper without its abstract, references and arXiv's banners.

    Raises NotFullTextError if the answer is something else, and NoHtmlError if it has no text.
    """
    text = decode(body[:MAX_BYTES])[:MAX_CHARACTERS]
    if _HTML.match(text):
        raise NotFullTextError("a web page in place of the paper's text")
    head = _HEAD.match(text)
    fields = dict(_FIELD.findall(head[1])) if head else {}
    if head is None or "URL Source" not in fields:
        raise NotFullTextError("something else than a paper's text")
    source = fields["URL Source"]
    if arxiv_id not in find_ids(source):
        raise NotFullTextError(f"the text of another paper ({source[:100]})")
    passages, paragraphs = [], 0
    if "arxiv.org/" in source:
        known = set(terms(abstract))
        blocks = [b for b in _blocks(text[head.end() :]) if not b.repeats(known)]
        passages = list(islice(_passages(blocks, f"arxiv:{arxiv_id}"), MAX_PASSAGES))
        paragraphs = len(blocks)
    if not passages:
        raise NoHtmlError("arXiv has no HTML of it")
    return FullText(f"arxiv:{arxiv_id}", tuple(passages), paragraphs)


@dataclass(slots=True)
class _Block:
    """A paragraph, or a table with a row per line, below its headings."""

    headings: tuple[str, ...]
    text: str
    is_table: bool = False
    caption: str = ""

    def repeats(self, known: set[str]) -> bool:
        """Return whether the text is the abstract, whose terms are known, or a part of it."""
        if self.headings and _ABSTRACT.fullmatch(self.headings[-1]):
            return True
        found = set(terms(self.text)) if known and not self.is_table else set()
        return len(found) >= 20 and len(found & known) >= SAME_SHARE * len(found)


def _passages(blocks: Sequence[_Block], paper_id: str) -> Iterator[TextPassage]:
    """Cut blocks into passages of at most MAX_WORDS words, with ids by section."""
    counts: dict[str, int] = {}
    keys: dict[tuple[str, ...], str] = {}
    for block in blocks:
        if block.headings not in keys:
            key = section_key(block.headings[-1]) if block.headings else "text"
            again = sum(known.partition("~")[0] == key for known in keys.values())
            keys[block.headings] = f"{key}~{again + 1}" if again else key
        key = keys[block.headings]
        parts = _row_groups(block.text) if block.is_table else _splitter.split_text(block.text)
        for part in parts:
            counts[key] = counts.get(key, 0) + 1
            yield TextPassage(
                f"{paper_id}/§{key}#{counts[key]}",
                block.headings,
                part.strip(),
                caption=block.caption,
                is_table=block.is_table,
            )


def _row_groups(table: str) -> list[str]:
    """Return a table's rows in groups of at most MAX_WORDS words, at least one row each."""
    groups: list[list[str]] = []
    room = 0
    for row in table.split("\n"):
        room -= len(row.split())
        if room < 0:
            groups.append([])
            room = MAX_WORDS - len(row.split())
        groups[-1].append(row)
    return ["\n".join(rows) for rows in groups]


# -- markdown → blocks ---------------------------------------------------------------------


def _blocks(body: str) -> list[_Block]:
    """Return the paper's paragraphs and tables, from its abstract on, without its references."""
    body = _UNDERLINED.sub(lambda m: f"\n{'#' if m[2] == '=' else '##'} {m[1]}\n", body)
    if not _HAS_HEADINGS.search(body):
        body = _BARE_HEADING.sub(lambda m: f"\n## {m[1]}\n", body)
    reader = _Reader()
    tokens = _markdown.parse(body)
    at = 0
    while at < len(tokens):
        kind = tokens[at].type
        if kind == "heading_open":
            reader.heading(_plain(tokens[at + 1].content), int(tokens[at].tag[1:]))
        elif kind == "paragraph_open":
            is_item = tokens[at - 1].type == "list_item_open"
            reader.paragraph(tokens[at + 1].content, is_item=is_item)
        elif kind == "table_open":
            end = next(n for n in range(at, len(tokens)) if tokens[n].type == "table_close")
            reader.table(tokens[at:end])
            at = end
        at += 1
    return reader.finished()


class _Heading(NamedTuple):
    """A heading: how deep it is by its number, and by its markdown."""

    depth: int
    level: int
    text: str


@dataclass(slots=True)
class _Reader:
    """Collects blocks below their headings."""

    blocks: list[_Block] = field(default_factory=list)
    _path: list["_Heading"] = field(default_factory=list)
    _in_references: int = 0  # the level of their heading
    _begins_at: int | None = None  # the block behind the first heading that counts

    def heading(self, text: str, level: int) -> None:
        """Enter a section; a number like 3.2 says how deep it is, whatever its markdown says."""
        text = re.sub(r"^((?:Appendix )?[A-Z]?[\d.]*\d|Appendix [A-Z])(?=[A-Z])", r"\1 ", text)
        if not text or _BANNER.match(text):
            return
        if self._in_references and level > self._in_references and not section_number(text):
            return
        self._in_references = level if _REFERENCES.fullmatch(text) else 0
        if self._begins_at is None and (_ABSTRACT.fullmatch(text) or section_number(text)):
            self._begins_at = len(self.blocks)
            self._path = []
        number = section_number(text)
        if number or _ABSTRACT.fullmatch(text):
            depth = len(re.findall(r"[.-]", number)) + 1
            outer = [heading for heading in self._path if heading.depth < depth]
        else:
            outer = [heading for heading in self._path if heading.level < level]
            depth = outer[-1].depth + 1 if outer else 1
        self._path = [*outer, _Heading(depth, level, text)]

    def paragraph(self, content: str, *, is_item: bool = False) -> None:
        """Add a paragraph, which may be the item of a list."""
        if self._in_references:
            return
        lines = content[:MAX_PARAGRAPH].split("\n")
        if len(lines) > 1 and all("\t" in line for line in lines):
            self._add_table([[_plain(cell) for cell in line.split("\t")] for line in lines])
            return
        text = _plain(content[:MAX_PARAGRAPH])
        text = _BULLET.sub("", text, count=1) if is_item and _BULLET.match(text) else text
        if len(text.split()) >= MIN_WORDS:
            self.blocks.append(_Block(self._headings, text))

    def table(self, tokens: Sequence[Token]) -> None:
        """Add a table with a row per line, each cell behind its column's name."""
        if self._in_references:
            return
        rows: list[list[str]] = []
        for token in tokens:
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline" and rows and len(rows) <= MAX_ROWS:
                rows[-1].append(_plain(token.content[:MAX_PARAGRAPH]))
        self._add_table(rows)

    def _add_table(self, rows: Sequence[Sequence[str]]) -> None:
        head, *body = rows[: MAX_ROWS + 1] or [[]]
        lines = [line for row in body if (line := _row(head, row))]
        if lines:
            self.blocks.append(_Block(self._headings, "\n".join(lines), is_table=True))

    def finished(self) -> list[_Block]:
        """Return the blocks, each table with the caption that stands beside it."""
        blocks = self.blocks[self._begins_at or 0 :]
        for n, block in enumerate(blocks):
            beside = [blocks[i] for i in (n - 1, n + 1) if 0 <= i < len(blocks)]
            captions = [b.text for b in beside if _TABLE_CAPTION.match(b.text) and not b.is_table]
            if block.is_table and captions:
                block.caption = captions[0]
        return blocks

    @property
    def _headings(self) -> tuple[str, ...]:
        return tuple(heading.text for heading in self._path)


def _row(head: Sequence[str], cells: Sequence[str]) -> str:
    """Return a row as text: `Learning rate: 3e-4`, or `Ours; Size: 7B; Accuracy: 58.0`."""
    first, *others = cells or [""]
    if len(others) == 1 and others[0]:
        return f"{first}: {others[0]}" if first else others[0]
    named = [
        f"{head[n]}: {cell}" if n < len(head) and head[n] else cell
        for n, cell in enumerate(others, start=1)
        if cell
    ]
    return "; ".join(filter(None, [first, *named]))


def _plain(markdown: str) -> str:
    """Return a paragraph's words on one line; "" for what arXiv or a conversion added."""
    text = clean_characters(markdown)
    text = _IMAGE.sub(" ", text)
    for _ in range(2):  # "[[1](…)]" and links around links
        text = _LINK.sub(_words_of_link, text)
    text = _NO_REFERENCES.sub("", text)
    text = _TAG.sub(" ", text).strip()
    if _BANNER.match(text) or _ONLY_COMMANDS.fullmatch(text):
        return ""
    text = _ESCAPED.sub(r"\1", _EMPHASIS.sub(r"\2", _STRONG.sub("", text)))
    return clean(formulae_once(text))


def _words_of_link(link: re.Match[str]) -> str:
    """Return a link's words; nothing for the number of a reference, which readers do not have."""
    return "" if "#bib" in link[2] and link[1].strip().isdigit() else link[1]
