"""Reads times that lack a word in front or a year: "digest november", "since the 14th", "q3"."""

import re
from datetime import date, timedelta

from rag.query.dates import (
    DAY,
    LONE_MONTH,
    TITLED_DAY,
    WEEKDAY,
    WITHOUT_YEAR,
    YEAR,
    Period,
    day_of_month,
)
from rag.query.occasions import LIST
from rag.query.periods import ORDINALS, SEASONS, read_period
from rag.query.sides import (
    COUNTABLE,
    ENDS,
    ONWARDS,
    PAPERS,
    PAPERS_OR_LIST,
    SIDE,
    SIDES,
    Reader,
    open_period,
    read_bounded,
    time_pattern,
)
from rag.records import Window

_PLEASE = r"(?=\W*(?:(?:please|pls|plz|thx|thanks)\W*)?$)"
# A year alone only behind such a word or beside "papers" and "only".
_YEAR = time_pattern(
    rf"(?P<cue>{SIDE}|(?<=papers )of"
    rf"|(?:of|for)(?= {YEAR}(?:[,.?!]|$| (?:in|on|about|with|was|is|so)\b)))"
    rf" (?:the )?(?:year )?(?P<name>{YEAR}){ONWARDS}?{COUNTABLE}"
)
_YEAR_BESIDE = time_pattern(rf"(?P<name>{YEAR})(?:{ONWARDS}|(?='?s? (?:\w+ ){{0,2}}{PAPERS}\b))")
# Without a year: "on Dec 8", "from Jan"; but "from April Smith" names a person.
_UNDATED = time_pattern(
    rf"(?P<cue>{SIDE}|on|(?<!\d(?:st|nd|rd|th) )of) (?!next )"
    r"(?!(?-i:Jan|April|May|June|August) (?-i:[A-Z]|et\b))"
    rf"(?:the )?(?P<name>{WITHOUT_YEAR}|{LONE_MONTH}|{WEEKDAY}){ONWARDS}?"
)
_UNDATED_BESIDE = time_pattern(
    rf"(?P<name>{TITLED_DAY})(?=['’]?s? (?:\w+ )?{PAPERS_OR_LIST}\b|\W*$)"
    rf"|(?P<weekday>{WEEKDAY})['’]s"
)
# Names that mean nothing else need no word beside them; "june" and "dec 3" do, or stand at an end.
_LONG_MONTH = "January|February|July|September|October|November|December"
_SURE = time_pattern(
    rf"(?:(?P<cue>{SIDE}|on|of|for|over) )?(?<!next )(?:the )?(?:whole of |all of |all )?(?P<name>"
    rf"{DAY}(?: of)? (?:{_LONG_MONTH})|(?:{_LONG_MONTH}) (?:the )?{DAY}"
    rf"|{_LONG_MONTH}|weekend(?!s\b)"
    rf"|(?:mon|tues|wednes|thurs|fri|satur|sun)day)(?:['’]?s)?{ONWARDS}?"
)
_BESIDE_LIST = time_pattern(
    rf"(?!may (?:I|we|you|it|the|this|they)\b)"
    rf"(?P<name>{WITHOUT_YEAR}|{LONE_MONTH}|{WEEKDAY}|(?<!\w )may)"
    rf"(?=['’]?s? (?:(?:\w+ )?{LIST}|{PAPERS})\b)"
    rf"|(?<=[,:] )(?P<enumerated>{LONE_MONTH})(?=\W*$)"
    rf"|(?P<kept>{LIST} )(?:for |of )?(?P<behind>{WITHOUT_YEAR}|{LONE_MONTH}|{WEEKDAY}){ENDS}"
    rf"|^\W*(?P<whole>{WITHOUT_YEAR}){ENDS}|(?P<last>{TITLED_DAY}|(?<=, ){WITHOUT_YEAR}"
    rf"|(?<!by )(?<!with )(?:April|June|August)){_PLEASE}"
)
_QUARTER = time_pattern(
    rf"(?:(?P<cue>{SIDE}|of|for|on) )?(?:the )?(?<!\()"
    rf"(?P<name>q[1-4]|(?:{'|'.join(ORDINALS)}) quarter)(?! of \w)"
    r"(?! quant\w*| models?| weights| gguf)(?: so far)?"
)
_WEEK = time_pattern(rf"(?:(?P<cue>{SIDE}|of|for) )(?P<name>week [1-5]?\d){ENDS}")
_QUANTIZED = re.compile(
    r"quanti[sz]|gguf|llama\.cpp|vram|\brun\b|\d[bB]\b|\bbits?\b", re.IGNORECASE
)
_SEASON = time_pattern(
    rf"(?P<cue>since|in|during|after|until|before) (?:the )?(?P<name>{'|'.join(SEASONS)})"
)
# "Since the 14th", "on 12/3", "from the 3rd to the 9th".
_NTH = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)"
_DAY_OF_MONTH = time_pattern(
    rf"(?P<cue>since|until|till|after|before|on) the "
    rf"(?P<number>{_NTH}|(?<=since the )\d{{1,2}}){ENDS}"
    rf"|(?P<kept>(?:papers|{LIST}) )(?:from|of|for) the (?P<on>{_NTH}){ENDS}"
    rf"|(?:between|from) the (?P<first>{_NTH})(?: (?:and|to|until|till|through) | ?[-–] ?)(?:the )?"
    rf"(?P<last>{_NTH}){ENDS}"
)
_RELEASED = re.compile(
    r"\b(?:publish|releas|appear|feature|post|drop|happen|c[ao]me out|new)", re.I
)
# A year at the end, not behind what is named with years: "ImageNet 2012", "AIME 2025".
_LONE_YEAR = time_pattern(rf"(?P<name>{YEAR})(?:{_PLEASE}|(?=,| by | vs\b| so far\b))")
_HAS_YEAR = re.compile(
    r"\b(?:imagenet|aime|hmmt|imo|coco|voc|glue|trec|wmt|semeval|ms ?marco|neurips|nips|iclr|icml"
    r"|cvpr|iccv|eccv|acl|emnlp|naacl|aaai|ijcai|kdd|sigir|sigg?raph|interspeech|icassp|corl|icra"
    r"|size|steps?|dim\w*|length|seed|context|tokens|resolution|version|v|by|with|to|than|or|and|at"
    r"|al[.,]*)\s+$|\([^)]*$",
    re.IGNORECASE,
)
_BEFORE_YEAR = re.compile(
    rf"(?:[,:(]|\b(?:{PAPERS_OR_LIST}|(?:top|best|first) \d+))\s*$", re.IGNORECASE
)
_PAPERS_OF = re.compile(rf"\b{PAPERS_OR_LIST} (?:of|by|from) [^,;.?!]+$", re.IGNORECASE)
_NAME_BEFORE = re.compile(r"(?:\S*[A-Z\d]\S*|\bon \S+)\s+$")
# "The weekly digest", unless another time is named.
_REGULAR = time_pattern(rf"(?P<every>weekly|monthly)(?= (?:\w+ )?{LIST}\b)")


def _of_latest_year(match: re.Match[str], today: date) -> Window | None:
    """Read "in Q3", "the third quarter" or "week 49": the latest that has begun."""
    if _QUANTIZED.search(match.string):  # Q4 is also a number format
        return None
    for year in (today.year, today.year - 1):
        period = read_period(f"{match['name']} of {year}", today)
        if period and period.first <= today:
            return open_period(period, SIDES.get((match["cue"] or "").casefold(), ""))
    return None


def _season(match: re.Match[str], today: date) -> Window | None:
    period = read_period(f"current {match['name']}", today)
    return open_period(period, SIDES.get(match["cue"].casefold(), "")) if period else None


def _day_of_month(match: re.Match[str], today: date) -> Window | None:
    """Read "since the 14th" and "from the 3rd to the 9th"."""
    if match["number"]:
        cue = match["cue"].casefold()
        if cue == "on" and not _RELEASED.search(match.string):
            return None  # the second paper of a list
        # "Since the 12th" does not mean today.
        until = today if cue == "on" else today - timedelta(days=1)
        day = day_of_month(_digits(match["number"]), until)
        return open_period(Period(day, day, "day"), SIDES.get(cue, "")) if day else None
    if match["on"]:
        day = day_of_month(_digits(match["on"]), today)
        return Window(day, day) if day else None
    last = day_of_month(_digits(match["last"]), today)
    first = last and day_of_month(_digits(match["first"]), last)
    return Window(first, last) if first else None


def _digits(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _lone_year(match: re.Match[str], today: date) -> Window | None:
    before = match.string[: match.start()]
    is_listed = _BEFORE_YEAR.search(before) or _PAPERS_OF.search(before)
    if not is_listed and _NAME_BEFORE.search(before):
        return None
    return None if _HAS_YEAR.search(before) else read_bounded(match, today)


def _regular(match: re.Match[str], today: date) -> Window | None:
    name = {"weekly": "this week", "monthly": "this month"}[match["every"].casefold()]
    period = read_period(name, today)
    return Window(*period) if period else None


UNDATED_READERS: list[tuple[re.Pattern[str], Reader]] = [
    (_YEAR, read_bounded),
    (_YEAR_BESIDE, read_bounded),
    (_UNDATED, read_bounded),
    (_UNDATED_BESIDE, read_bounded),
    (_DAY_OF_MONTH, _day_of_month),
    (_BESIDE_LIST, read_bounded),
    (_SURE, read_bounded),
    (_QUARTER, _of_latest_year),
    (_WEEK, _of_latest_year),
    (_SEASON, _season),
    (_LONE_YEAR, _lone_year),
    (_REGULAR, _regular),
]
