"""Words around a time: "since", "until", "or later", "papers" → on which side the days lie."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from rag.query.dates import Period
from rag.query.occasions import LIST
from rag.query.periods import read_period
from rag.records import Window

Reader = Callable[[re.Match[str], date], Window | None]

SIDES = {
    "since": "since", "starting in": "since", "starting from": "since", "less than": "since",
    "after": "after", "newer than": "after", "later than": "after",
    "until": "until", "till": "until", "up to": "until", "as of": "until",
    "no later than": "until", "before": "before", "prior to": "before", "older than": "before",
    "earlier than": "before", "more than": "before", "over": "before",
}  # fmt: skip
_AMOUNT = ("less than", "more than", "over")  # only in front of "two weeks ago"
SIDE = rf"{'|'.join(side for side in SIDES if side not in _AMOUNT)}|from|in|during"
AMOUNTS = rf"(?:{'|'.join(_AMOUNT)})(?= \w+ \w+ ago\b)"
LATER = r"onwards?|since|(?:and|or) (?:later|newer|after)"
ONWARDS = rf"(?: (?P<suffix>{LATER}|(?:and|or) (?:earlier|older|before)))"
PAPERS = r"(?:papers?|publications?|preprints?|articles?|only|ones?)"
PAPERS_OR_LIST = rf"(?:{PAPERS}|{LIST})"
# A number or a name ends here; "the 3rd layer" goes on.
ENDS = (
    r"(?=\W*$|\s?[,;:.?!](?:\s|$)| (?:about|what|whats|which|only|please|pls|till|until|papers?|by"
    r"|on (?!the)|was|were|is|are|in (?:a|one) )\b)"
)
# "in 2000 steps" counts.
COUNTABLE = (
    r"(?! (?:steps|iterations|epochs|updates|tokens|samples|images|examples|param\w+|dim\w*|hours"
    r"|days|gpus?|classes|languages|frames|episodes|tasks|questions|pixels|points|words)\b)"
)


def time_pattern(text: str) -> re.Pattern[str]:
    """Compile what must stand as whole words, not in a version number or a longer name."""
    return re.compile(rf"(?<![\w./-])(?:{text})(?![\w-]|[./]\d)", re.IGNORECASE)


def read_bounded(match: re.Match[str], today: date) -> Window | None:
    """Open one end where the question says since, after, until or before."""
    found = match.groupdict()
    names = ("name", "weekday", "enumerated", "behind", "whole", "last")
    name = next(found[key] for key in names if found.get(key))
    period = read_period("the weekend" if name.casefold() == "weekend" else name, today)
    if period is None or (name.isdigit() and int(name) > today.year + 1):
        return None
    side = (found.get("cue") or "").casefold()
    if suffix := found.get("suffix"):
        side = "since" if re.fullmatch(LATER, suffix, re.IGNORECASE) else "until"
    elif side == "from" and re.search(r"start|beginning", name, re.IGNORECASE):
        side = "since"
    return open_period(period, SIDES.get(side, ""))


def open_period(period: Period, side: str) -> Window:
    """Return the days since, after, until or before a period; without a side, the period."""
    first, last, by = period
    if side == "since":
        return Window(first, None, by)
    if side == "after":
        return Window(last + timedelta(days=1), None, by)
    if side == "until":
        return Window(None, last, by)
    if side == "before":
        return Window(None, first - timedelta(days=1), by)
    return Window(first, last, by)
