"""arXiv ids: the one grammar for whatever people type, paste, link or store.

https://info.arxiv.org/help/arxiv_identifier.html. The canonical form has neither a version nor a
subject class: `2510.01234`, `hep-th/9711200`, and `math/0309136` for math.GT/0309136v2.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

ARCHIVES = frozenset(  # of the ids before April 2007
    """acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas
    cond-mat cs dg-ga funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin nucl-ex
    nucl-th patt-sol physics plasm-ph q-alg q-bio quant-ph solv-int supr-con""".split()
)
CANONICAL = r"(?:[0-9]{4}\.[0-9]{4,5}|[a-z-]+/[0-9]{7})"  # a pattern, for ids stored elsewhere
FIRST_MONTH = (1991, 8)  # of arXiv
NEW_FORM_SINCE = (2007, 4)  # YYMM.NNNN in place of archive/YYMMNNN …
FIVE_DIGITS_SINCE = (2015, 1)  # … and YYMM.NNNNN
YEARS_AHEAD = 1  # of an id: the clock of this machine may be wrong
MAX_BEFORE = 100  # characters before an id that say that it is one

_ID = re.compile(
    r"""
    (?:(?<=arxiv)|(?<=%2f)|(?<![a-z0-9]))
    (?:
        (?<![0-9]\.) (?P<month>[0-9]{4}) \. (?P<number>[0-9]{1,9})
        | (?:(?<=arxiv\.)|(?<![.-])) (?P<archive>(?!arxiv)[a-z]+(?:-[a-z]+)?) (?:\.[a-z-]{2,})?
          (?:/|%2f) (?P<old>[0-9]{7})
    )
    (?:v[0-9]{1,3})?
    (?![a-z0-9]|\.[0-9])
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_LINK_BEFORE = re.compile(
    r"""(?<![\w.-])
    (?:
        (?:[\w-]+\.)*arxiv\.org/(?:abs|pdf|html|ps|format|e-print|src)
        | (?:www\.)?ar5iv\.org/(?:abs|pdf|html)
        | (?:www\.)?alphaxiv\.org(?:/[a-z-]+){1,2}
        | (?:www\.)?(?:huggingface\.co|hf\.co)(?:/api)?/papers
        | (?:(?:dx\.|www\.)?doi\.org/)?10\.48550/arxiv\.
    )/?$""".replace("/", "(?:/|%2f)"),
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_NAMED_BEFORE = re.compile(r"arxiv\s?[:.]\s?$", re.IGNORECASE)
_IN_LINKS = "A-Za-z0-9._~:/?#@!$&'*+,;=%-"  # RFC 3986, without brackets
# The host of a link, and hosts that merely have the name of a site in them: arxiv.org.example.com.
_HOST_BEFORE = re.compile(
    rf"(?:https?://|(?<![\w.@:/-]))(?P<host>[\w.@:-]+)/[{_IN_LINKS}]*$", re.IGNORECASE
)
_SITE = r"(?:arxiv\.org|ar5iv\.org|alphaxiv\.org|huggingface\.co)"
_IMITATION = re.compile(rf"(?!(?:[\w-]+\.)*{_SITE}(?::\d+)?$).*{_SITE}", re.IGNORECASE)
_LINK_AFTER = re.compile(rf"(?:\.pdf|\.md)?(?:[/?#&][{_IN_LINKS}]*)?")
_LINK_CHARACTER = re.compile(rf"[{_IN_LINKS}]")


@dataclass(frozen=True, slots=True)
class Mention:
    """An arXiv id in a text, with the link around it or "arXiv:" from `start` to `end`.

    `arxiv_id` is canonical; it is "" for an id that no paper can have, and `problem` says why.
    """

    start: int
    end: int
    typed: str
    arxiv_id: str
    problem: str
    in_link: bool  # of a site that has a page for each paper


def find_mentions(text: str) -> Iterator[Mention]:
    """Yield the ids in a text, alone or in links, in order.

    A number that merely looks like an id ("0.9512", "2048.1024") is none, nor is one in a link of
    a host that imitates arXiv's, nor are words and a number with a slash between, unless the word
    is an archive.
    """
    floor = 0
    for match in _ID.finditer(text):
        before = text[max(floor, match.start() - MAX_BEFORE) : match.start()]
        in_link = bool(_LINK_BEFORE.search(before))
        arxiv_id, problem = _judge(match)
        named = _NAMED_BEFORE.search(before)
        if not in_link and not named:
            link = _HOST_BEFORE.search(before)
            if link and _IMITATION.match(link["host"]):
                continue
            if match["old"] and (before.endswith("/") or match["archive"].lower() not in ARCHIVES):
                continue
            if match["month"] and not _looks_like_an_id(match):
                continue
        start, end = match.span()
        if named:
            start -= len(named[0])
        if before.endswith("/") or in_link:
            start, end = _link_around(text, start, end, floor)
        floor = end
        yield Mention(start, end, match[0], arxiv_id, problem, in_link)


def find_ids(text: str) -> list[str]:
    """Return the ids that papers can have, in the text's order."""
    return list(dict.fromkeys(m.arxiv_id for m in find_mentions(text) if m.arxiv_id))


def impossible_ids(text: str) -> list[str]:
    """Return a sentence without a full stop for each id that no paper can have."""
    return list(dict.fromkeys(_sentence(m) for m in find_mentions(text) if m.problem))


def blank_ids(text: str) -> str:
    """Return the text with spaces in place of ids and their links."""
    for mention in find_mentions(text):
        length = mention.end - mention.start
        text = f"{text[: mention.start]}{' ' * length}{text[mention.end :]}"
    return text


def read_arxiv_id(text: str) -> str:
    """Return the canonical form of a text that is an id, or a link to a paper, and nothing else.

    Raises ValueError if it is not, or if no paper can have this id.
    """
    typed = text.strip()
    match = _ID.fullmatch(typed)
    if match:
        arxiv_id, problem = _judge(match)
        if problem:
            raise ValueError(f"{typed} cannot be an arXiv id: {problem}")
        return arxiv_id
    mentions = list(find_mentions(typed))
    if len(mentions) != 1 or (mentions[0].start, mentions[0].end) != (0, len(typed)):
        raise ValueError(f"{typed!r} is not an arXiv id")
    if mentions[0].problem:
        raise ValueError(_sentence(mentions[0]))
    return mentions[0].arxiv_id


def year_of(arxiv_id: str) -> int:
    """Return the year in which a paper came to arXiv, by its canonical id."""
    _, slash, number = arxiv_id.rpartition("/")
    return _month(number, is_old=bool(slash))[0]


def _sentence(mention: Mention) -> str:
    return f"{mention.typed} cannot be an arXiv id: {mention.problem}"


def _judge(match: re.Match[str]) -> tuple[str, str]:
    """Return the canonical id and "", or "" and why no paper can have it."""
    is_old = bool(match["old"])
    problem = _problem_of_old(match) if is_old else _problem_of_new(match)
    if problem:
        return "", problem
    archive = f"{match['archive'].lower()}/" if is_old else ""
    return archive + (match["old"] or f"{match['month']}.{match['number']}"), ""


def _problem_of_new(match: re.Match[str]) -> str:
    year, month = _month(match["month"], is_old=False)
    if problem := _problem_of_month(year, month):
        return problem
    if (year, month) < NEW_FORM_SINCE:
        return "ids of this form begin in April 2007"
    digits = 4 if (year, month) < FIVE_DIGITS_SINCE else 5
    if len(match["number"]) != digits:
        return f"ids of {year} have {'four' if digits == 4 else 'five'} digits after the dot"
    return "" if int(match["number"]) else "papers are numbered from 1"


def _problem_of_old(match: re.Match[str]) -> str:
    if match["archive"].lower() not in ARCHIVES:
        return f"arXiv had no archive {match['archive']}"
    year, month = _month(match["old"], is_old=True)
    if problem := _problem_of_month(year, month):
        return problem
    if not FIRST_MONTH <= (year, month) < NEW_FORM_SINCE:
        return "ids of this form are of August 1991 to March 2007"
    return "" if int(match["old"][4:]) else "papers are numbered from 1"


def _problem_of_month(year: int, month: int) -> str:
    if not 1 <= month <= 12:
        return f"there is no month {month}"
    return f"it would be of {year}" if year > datetime.now(UTC).year + YEARS_AHEAD else ""


def _month(digits: str, *, is_old: bool) -> tuple[int, int]:
    """Return the year and the month with which the digits of an id begin."""
    year, month = int(digits[:2]), int(digits[2:4])
    return (1900 if is_old and year > 90 else 2000) + year, month


def _looks_like_an_id(match: re.Match[str]) -> bool:
    """Return whether a number in plain text is meant as an id.

    Its first half is a month of arXiv's; with five digits after the dot, as few other numbers have,
    the year is enough.
    """
    year, month = _month(match["month"], is_old=False)
    is_month = not _problem_of_month(year, month) and (year, month) >= NEW_FORM_SINCE
    is_year = NEW_FORM_SINCE[0] <= year <= datetime.now(UTC).year + YEARS_AHEAD
    digits = len(match["number"])
    return (is_month and digits in (4, 5)) or (is_year and digits == 5)


def _link_around(text: str, start: int, end: int, floor: int) -> tuple[int, int]:
    """Return where the link around an id begins and ends."""
    while start > floor and _LINK_CHARACTER.match(text[start - 1]):
        start -= 1
    after = _LINK_AFTER.match(text, end)
    return start, after.end() if after else end
