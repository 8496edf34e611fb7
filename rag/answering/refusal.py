"""Refusals: the answer to a question that no paper answers."""

import re
from collections.abc import Sequence

from rag.full_text.records import counted
from rag.grounding.polarity import negated
from rag.query.request import Request
from rag.records import Citation, Coverage, Hit, Paper
from rag.text.brackets import MARKER
from rag.text.sentences import split_sentences
from rag.text.words import words

# Every refusal begins with this sentence, which is also in the prompt.
REFUSAL = "I found no paper that answers this."
MAX_NEAREST = 3  # papers named as the nearest ones
MAX_ALIKE = 5  # authors named who may be meant
MIN_COSINE = 0.3  # of a paper that is worth naming
_REFUSED = re.compile(rf"\W*{re.escape(REFUSAL[:-1])}\b(.*)", re.DOTALL | re.IGNORECASE)
# What a model may add to the sentence, and what an answer begins with that comes after it.
_SCOPE = frozenset("question in from the given provided passages abstracts papers".split())
# "The passages do not say what it costs, but …" and "Although no abstract mentions the price, …".
_DISCLAIMED = re.compile(
    r"(?:(?:although|though|while|whereas) (?P<although>[^,;]+), (?=\w)"
    r"|(?P<before>.+?)[,;]? (?:but|yet|however|nevertheless),? (?=\w))",
    re.IGNORECASE | re.DOTALL,
)
_SAID = (
    "say|state|mention|specif|give|report|tell|name|describe|discuss|explain|answer|address|cover"
)
_SOURCE = r"\b(?:abstracts?|passages?|papers?|sentences?|excerpts?|texts?|sources?|context)\b"
_UNSAID = re.compile(
    rf"{_SOURCE}[^,;]*(?:\b(?:not|never|nowhere)|n['’]t)\b[^,;]*\b(?:{_SAID})"
    rf"|\b(?:no|none|neither)\b[^,;]*{_SOURCE}[^,;]*\b(?:{_SAID})",
    re.IGNORECASE,
)
_TURN = re.compile(
    r"\b(?:but|however|yet|although|though|while|whereas|except|instead|nevertheless)\b",
    re.IGNORECASE,
)


def refuse(
    coverage: Coverage,
    hits: Sequence[Hit],
    *,
    filters: str = "",
    unread: str = "",
    silent_paper: Paper | None = None,
) -> tuple[str, tuple[Citation, ...]]:
    """Return the text of a refusal and its citations, the nearest papers.

    `filters` describes the papers that were searched; `unread` says which arXiv ids or names in the
    question are unknown; `silent_paper` is the paper whose abstract does not answer it.
    """
    if silent_paper:
        text = f"{REFUSAL} The abstract of {silent_paper.title} [1] does not say it."
        return text, cite_by_title([silent_paper])
    scope = f" I looked among the papers {filters}." if filters else ""
    if unread:
        scope = f" {unread}"
    text = f"{REFUSAL}{scope} I have read {coverage}."
    if not coverage.papers:
        text += " Bring some in: `paperboy ingest starter`."
    citations = cite_by_title([hit.paper for hit in hits if hit.cosine >= MIN_COSINE][:MAX_NEAREST])
    if citations:
        text += " The nearest: " + "; ".join(f"{c.paper.title} [{c.n}]" for c in citations) + "."
    return text, citations


def is_refusal(text: str) -> bool:
    """Return whether what a model wrote is a refusal as a whole, not an answer that contains one.

    More may follow the sentence that only says what is not there.
    """
    match = _REFUSED.fullmatch(MARKER.sub("", text))
    return match is not None and all(
        _SCOPE.issuperset(words(more)) or (negated(more) and not _TURN.search(more))
        for more in split_sentences(match[1])
    )


def without_disclaimers(text: str) -> str:
    """Return what a model wrote without clauses that say what the abstracts do not say.

    No abstract can support "The abstracts do not name a price, but HeronNet counts herons [1]."; it
    can support the rest.
    """
    for sentence in split_sentences(text) if _TURN.search(text) else ():
        match = _DISCLAIMED.match(sentence)
        if match and _says_nothing(match["before"] or match["although"]):
            rest = sentence[match.end() :]
            text = text.replace(sentence, f"{rest[:1].upper()}{rest[1:]}")
    return text


def _says_nothing(clause: str) -> bool:
    return bool(_UNSAID.search(clause) or _REFUSED.search(clause))


def unknown_author(request: Request) -> str:
    """Return why a request for the papers of somebody cannot be answered."""
    if request.author_names:
        return f"{REFUSAL} No paper that I have read is by both {request.author}."
    several = sorted(dict.fromkeys(request.alike))
    named = ", ".join(several[:MAX_ALIKE]) + (" …" if len(several) > MAX_ALIKE else "")
    if len(several) > MAX_ALIKE:
        return (
            f"{REFUSAL} {len(several):,} authors may be meant by “{request.author}” ({named}): "
            "write the full name."
        )
    near = f" Similar names: {named}." if named else ""
    return f"{REFUSAL} I know no author or organisation called “{request.author}”.{near}"


def cite_by_title(papers: Sequence[Paper]) -> tuple[Citation, ...]:
    """Return citations of papers that are named, not quoted."""
    return tuple(Citation(n, paper, paper.title) for n, paper in enumerate(papers, start=1))


def refuse_whole(paper: Paper, sections: int, paragraphs: int) -> tuple[str, tuple[Citation, ...]]:
    """Return the text of a refusal after the whole paper was read, and its citation."""
    read = f"read: {counted(sections, 'section')}, {counted(paragraphs, 'paragraph')}"
    text = (
        f"{REFUSAL} The abstract of {paper.title} [1] does not say it, and the paper does not say "
        f"it either ({read})."
    )
    return text, cite_by_title([paper])
