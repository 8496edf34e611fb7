"""Time in a question: "last week", "since March 2025", "in 2024" → the days that are meant.

The patterns here find what names a time, and the word in front of it that says on which side of
it the days lie. What the name means is read by rag.query.periods and rag.query.dates.
"""

import math
import re
from collections.abc import Callable
from datetime import date, timedelta

from rag.query.dates import (
    DAY,
    LONE_MONTH,
    MONTH,
    TITLED_DAY,
    WEEKDAY,
    WITHOUT_YEAR,
    YEAR,
    Period,
    day_of_month,
    day_without_year,
    lacks_year,
)
from rag.query.occasions import AWAY, LIST, is_occasion
from rag.query.periods import ORDINALS, PERIOD, SEASONS, read_period
from rag.query.time_words import spell_out
from rag.records import Window

DayOf = Callable[[str], date | None]  # the day of a paper by name

_SIDES = {
    "since": "since", "starting in": "since", "starting from": "since", "less than": "since",
    "after": "after", "newer than": "after", "later than": "after",
    "until": "until", "till": "until", "up to": "until", "as of": "until",
    "no later than": "until", "before": "before", "prior to": "before", "older than": "before",
    "earlier than": "before", "more than": "before", "over": "before",
}  # fmt: skip
_AMOUNT = ("less than", "more than", "over")  # only in front of "two weeks ago"
_SIDE = rf"{'|'.join(side for side in _SIDES if side not in _AMOUNT)}|from|in|during"
_AMOUNTS = rf"(?:{'|'.join(_AMOUNT)})(?= \w+ \w+ ago\b)"
_LATER = r"onwards?|since|(?:and|or) (?:later|newer|after)"
_ONWARDS = rf"(?: (?P<suffix>{_LATER}|(?:and|or) (?:earlier|older|before)))"
_PAPERS = rf"(?:papers?|publications?|preprints?|articles?|only|ones?|{LIST})"
_PLEASE = r"(?=\W*(?:(?:please|pls|plz|thx|thanks)\W*)?$)"
# A number or a name ends here; "the 3rd layer" goes on.
_ENDS = (
    r"(?=\W*$|\s?[,;:.?!](?:\s|$)| (?:about|what|whats|which|only|please|pls|till|until|papers?|by"
    r"|on (?!the)|was|were|is|are|in (?:a|one) )\b)"
)
# "in 2000 steps" counts.
_COUNTABLE = (
    r"(?! (?:steps|iterations|epochs|updates|tokens|samples|images|examples|param\w+|dim\w*|hours"
    r"|days|gpus?|classes|languages|frames|episodes|tasks|questions|pixels|points|words)\b)"
)
_NUMBERS = {word: n for n, word in enumerate(
    "two three four five six seven eight nine ten eleven twelve".split(), 2
)} | {"couple": 2, "couple of": 2, "few": 3, "several": 3}  # fmt: skip
_DIGITS_OR_WORD = rf"\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))}"
_NUMBER = f"({_DIGITS_OR_WORD})"
_A_NUMBER = f"(?:{_DIGITS_OR_WORD}|an?|one)"
_UNITS = "hour|day|week|month|year|fortnight"
_UNIT = f"({_UNITS})s?"
_DAYS = {"hour": 1 / 24, "day": 1, "week": 7, "fortnight": 14, "month": 30, "year": 365}
_FEW_DAYS = 7
_SOME_DAYS = {"day": _FEW_DAYS, "week": 21, "month": 90}  # "the last weeks"
_NOW = r"now|today|(?:the )?present"
_WORD = r"[\w+&'’.-]*[\w+]"


def _pattern(text: str) -> re.Pattern[str]:
    """Compile what must stand as whole words, not in a version number or a longer name."""
    return re.compile(rf"(?<![\w./-])(?:{text})(?![\w-]|[./]\d)", re.IGNORECASE)


_ANY = rf"{PERIOD}|{WITHOUT_YEAR}|{LONE_MONTH}|{WEEKDAY}|{YEAR}"
_RANGE = _pattern(
    rf"(?:(?P<cue>between|from|in|during|on|of|for) )?(?:the )?(?P<first>{_ANY}|{MONTH}|{DAY})"
    rf"(?: (?P<link>and|to|until|till|through) (?:the )?| ?[-–] ?)"
    rf"(?P<last>{_NOW}|{_ANY}|{MONTH}|{DAY},? {YEAR}|{DAY}){_COUNTABLE}"
)
_ONE_DAY = re.compile(
    rf"{WEEKDAY}|today|yesterday|(?:the )?day before yesterday|(?:\w+) days? ago", re.IGNORECASE
)
_COUNTED = _pattern(
    rf"(?:(?:in|over|during|within|for|from|of|since) )?(?:the )?"
    rf"(?:(?:these )?(?:last|past|previous|recent) (?:{_NUMBER} {_UNIT}|(fortnight))"
    # "The past week", "the last weeks", but "last weeks papers" are those of last week.
    r"|past (?P<one>day|week|month|year)(?! (?:before|after)\b)"
    r"|(?:last|past|recent) (?P<some>day|week|month)s(?! \w+\W*$))"
)
# "Since two weeks", "older than a month".
_SINCE = _pattern(
    rf"(?P<cue>since|(?:newer|older|younger) than) (?:the )?(?P<number>{_A_NUMBER}) "
    rf"(?P<unit>{_UNITS})s?(?! ago\b)"
)
# "I was on holiday for ten days"
_ABSENCE = _pattern(rf"(?:for |after )?(?P<number>{_A_NUMBER}) (?P<unit>day|week|month)s?")
_VAGUE = _pattern(rf"(?:since )?(?:an? )?(few|couple of|several) {_UNIT} ago")
_NAMED = _pattern(
    rf"(?:(?P<cue>{_SIDE}|{_AMOUNTS}|of|on|for) )?(?:the )?(?P<name>{PERIOD})(?:['’]?s)?{_ONWARDS}?"
)
# Every name of a time has one of these words in it, most questions none: a quick look saves the
# rest, which begins not far in front of it.
_TIMELY = re.compile(
    rf"(?<!\d){YEAR}s?(?![\dx])|\b(?:(?:{MONTH}|{WEEKDAY}|hour|day|week|fortnight|month|quarter|year|"
    rf"weekend|today|yesterday|q[1-4])s?|ytd|weekly|monthly|{'|'.join(SEASONS)})\b"
    r"|\b[0-3]?\d(?:st|nd|rd|th|[./][0-3]?\d)\b|\bthe [0-3]?\d\b",
    re.IGNORECASE,
)
_FAR = 80  # characters
# A year alone only behind such a word or beside "papers" and "only".
_YEAR = _pattern(
    rf"(?P<cue>{_SIDE}|(?<=papers )of"
    rf"|(?:of|for)(?= {YEAR}(?:[,.?!]|$| (?:in|on|about|with|was|is|so)\b)))"
    rf" (?:the )?(?:year )?(?P<name>{YEAR}){_ONWARDS}?{_COUNTABLE}"
)
_YEAR_BESIDE = _pattern(rf"(?P<name>{YEAR})(?:{_ONWARDS}|(?='?s? (?:\w+ ){{0,2}}{_PAPERS}\b))")
# Without a year: "on Dec 8", "from Jan"; but "from April Smith" names a person.
_UNDATED = _pattern(
    rf"(?P<cue>{_SIDE}|on|of) (?!(?-i:Jan|April|May|June|August) (?-i:[A-Z]|et\b))"
    rf"(?:the )?(?P<name>{WITHOUT_YEAR}|{LONE_MONTH}|{WEEKDAY}){_ONWARDS}?"
)
_UNDATED_BESIDE = _pattern(
    rf"(?P<name>{TITLED_DAY})(?=['’]?s? (?:\w+ )?{_PAPERS}\b|\W*$)|(?P<weekday>{WEEKDAY})['’]s"
)
# Names that mean nothing else need no word beside them; "june" and "dec 3" do, or stand at an end.
_SURE = _pattern(
    rf"(?:(?P<cue>{_SIDE}|on|of|for|over) )?(?:the )?(?:whole of |all of |all )?(?P<name>"
    r"January|February|July|September|October|November|December|weekend(?!s\b)"
    rf"|(?:mon|tues|wednes|thurs|fri|satur|sun)day)(?:['’]?s)?{_ONWARDS}?"
)
_BESIDE_LIST = _pattern(
    rf"(?P<name>{LONE_MONTH})(?=['’]?s? (?:\w+ )?{LIST}\b)"
    rf"|(?<=[,:] )(?P<enumerated>{LONE_MONTH})(?=\W*$|,)"
    rf"|(?P<kept>{LIST} )(?:for |of )?(?P<behind>{LONE_MONTH}){_ENDS}"
    rf"|^\W*(?P<whole>{WITHOUT_YEAR}){_ENDS}|(?P<last>{TITLED_DAY}|(?<=, ){WITHOUT_YEAR}){_PLEASE}"
)
_QUARTER = _pattern(
    rf"(?:(?P<cue>{_SIDE}|of|for|on) )?(?:the )?"
    rf"(?P<name>q[1-4]|(?:{'|'.join(ORDINALS)}) quarter)(?! of \w)(?! quant\w*| models?| weights| gguf)(?: so far)?"
)
_QUANTIZED = re.compile(r"quanti[sz]|gguf|llama\.cpp|vram|\bbits?\b", re.IGNORECASE)
_SEASON = _pattern(
    rf"(?P<cue>since|in|during|after|until|before) (?:the )?(?P<name>{'|'.join(SEASONS)})"
)
# "Since the 14th", "on 12/3", "from the 3rd to the 9th".
_NTH = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)"
_DAY_OF_MONTH = _pattern(
    rf"(?P<cue>since|until|till|after|before|on) the "
    rf"(?P<number>{_NTH}|(?<=since the )\d{{1,2}}){_ENDS}"
    rf"|(?:between|from) the (?P<first>{_NTH})(?: (?:and|to|until|till|through) | ?[-–] ?)(?:the )?"
    rf"(?P<last>{_NTH}){_ENDS}"
)
_WITHOUT_YEAR = re.compile(
    rf"(?<![\w./-])(?:(?P<cue>{_SIDE}|on|of) (?:the )?|(?P<kept>{_PAPERS} )(?:\w+ )?|^)"
    rf"(?P<name>\d{{1,2}}(?:\.\d{{1,2}}\.(?!\d)|/\d{{1,2}})){_ENDS}",
    re.IGNORECASE,
)
_RELEASED = re.compile(
    r"\b(?:publish|releas|appear|feature|post|drop|happen|c[ao]me out|new)", re.I
)
# A year at the end, not behind what is named with years: "ImageNet 2012", "AIME 2025".
_LONE_YEAR = _pattern(rf"(?P<name>{YEAR})(?:{_PLEASE}|(?=,| by | vs\b| so far\b))")
_HAS_YEAR = re.compile(
    r"\b(?:imagenet|aime|hmmt|imo|coco|voc|glue|trec|wmt|semeval|ms ?marco|neurips|nips|iclr|icml|cvpr"
    r"|iccv|eccv|acl|emnlp|naacl|aaai|ijcai|kdd|sigir|sigg?raph|interspeech|icassp|corl|icra|size|steps?"
    r"|dim\w*|length|seed|context|tokens|resolution|version|v|by|with|to|than|or|and|at)\s+$",
    re.IGNORECASE,
)
_BEFORE_YEAR = re.compile(rf"(?:[,:(]|\b{_PAPERS})\s*$", re.IGNORECASE)
_PAPERS_OF = re.compile(rf"\b{_PAPERS} (?:of|by|from) [^,;.?!]+$", re.IGNORECASE)
_NAME_BEFORE = re.compile(r"(?:\S*[A-Z\d]\S*|\bon \S+)\s+$")
# "The weekly digest", unless another time is named.
_REGULAR = _pattern(rf"(?P<every>weekly|monthly)(?= (?:\w+ )?{LIST}\b)")
_NAME = re.compile(rf"\b(since|after|before) (?:the )?({_WORD}(?: {_WORD}){{0,3}})", re.IGNORECASE)
# "what did methods before LXMERT rely on?" asks for what LXMERT's paper says of them.
_OF_PAPERS = re.compile(rf"\b(?:{_PAPERS}|came|come|publish\w*|releas\w*|appear\w*|new)\b", re.I)
_CAME_OUT = re.compile(
    r"(?: (?:paper|model))?(?: (?:came out|appeared|was (?:published|released|introduced)))?\b"
)


def find_window(
    question: str, today: date, *, day_of: DayOf | None = None
) -> tuple[Window, str] | None:
    """Return the days that a question speaks of, and the question without that part.

    A year or a month by name is about publication; everything else is about the day on which
    a paper was featured. None where the question names no time. `day_of` gives the day of a
    paper by name, for "since LXMERT".
    """
    question = spell_out(" ".join(question.split()))
    if timely := _TIMELY.search(question):
        for pattern, read in _READERS:
            for match in pattern.finditer(question, max(0, timely.start() - _FAR)):
                window = read(match, today)
                if window and not is_occasion(question, match):
                    start = match.end("kept") if match.groupdict().get("kept") else match.start()
                    return window, f"{question[:start]} {question[match.end() :]}"
    return _beside_name(question, day_of) if day_of else None


def _range(match: re.Match[str], today: date) -> Window | None:
    """Read "from March to June 2024", "Dec 1-7", "between 1 and 7 December": each end lends."""
    cue, first, link, last = match.group("cue", "first", "link", "last")
    if not cue and link == "and" and not (_ONE_DAY.fullmatch(first) and _ONE_DAY.fullmatch(last)):
        return None
    names = re.findall(rf"\b(?:{MONTH}|{WEEKDAY})", match[0], re.IGNORECASE)
    if (
        not cue
        and link != "and"
        and len(names) < 2
        and not re.search(rf"{YEAR}|[A-Z][a-z]", match[0])
    ):
        return None
    if number := re.fullmatch(rf"({DAY})(?:,? ({YEAR}))?", last):
        if not re.search(r"[A-Za-z]{3}", first):  # 2025-03-01 is one day
            return None
        last = f"{_with_day(first, number[1])} {number[2] or ''}"
    if re.fullmatch(DAY, first):
        first = _with_day(last, first)
    if re.fullmatch(_NOW, last, re.IGNORECASE):
        begin = read_period(first, today)
        return Window(begin.first, today, begin.by) if begin else None
    if lacks_year(last) and re.search(YEAR, first):
        begin = read_period(first, today)
        end = begin and read_period(last, _year_later(begin.first))
    else:
        end = read_period(last, today)
        begin = end and read_period(first, end.last if lacks_year(first) else today)
    if not begin or not end or max(begin.last, end.last).year > today.year + 1:
        return None
    return Window(min(begin.first, end.first), max(begin.last, end.last), end.by)


def _with_day(named: str, number: str) -> str:
    """Put another day of the month into a name, "7 December 2025"."""
    return re.sub(rf"\b{DAY}\b", number, named, count=1)


def _year_later(day: date) -> date:
    return day + timedelta(days=364)


def _counted(match: re.Match[str], today: date) -> Window:
    found = match.groupdict()
    if one := found.get("one"):
        return Window(today - timedelta(days=_DAYS[one.casefold()]), today)
    if some := found.get("some"):
        return Window(today - timedelta(days=_SOME_DAYS[some.casefold()]), today)
    number, unit, *_ = match.groups()
    if not unit:
        return Window(today - timedelta(days=_DAYS["fortnight"]), today)
    number, unit = number.casefold(), unit.casefold()
    if unit == "day" and number in ("few", "several"):
        return Window(today - timedelta(days=_FEW_DAYS), today)
    count = _NUMBERS.get(number) or int(number)
    return Window(today - timedelta(days=math.ceil(count * _DAYS[unit])), today)


def _since(match: re.Match[str], today: date) -> Window:
    """Read "since two weeks" and "older than a month"."""
    number = match["number"].casefold()
    count = _NUMBERS.get(number) or (int(number) if number.isdigit() else 1)
    first = today - timedelta(days=math.ceil(count * _DAYS[match["unit"].casefold()]))
    if match["cue"].casefold() == "older than":
        return Window(None, first - timedelta(days=1))
    return Window(first, today)


def _absence(match: re.Match[str], today: date) -> Window | None:
    """Read "I was on holiday for ten days", which asks for what somebody missed."""
    if not AWAY.search(match.string):
        return None
    number = match["number"].casefold()
    count = _NUMBERS.get(number) or (int(number) if number.isdigit() else 1)
    return Window(today - timedelta(days=count * _DAYS[match["unit"].casefold()]), today)


def _bounded(match: re.Match[str], today: date) -> Window | None:
    """Open one end where the question says since, after, until or before."""
    found = match.groupdict()
    names = ("name", "weekday", "enumerated", "behind", "whole", "last")
    name = next(found[key] for key in names if found.get(key))
    period = read_period("the weekend" if name.casefold() == "weekend" else name, today)
    if period is None or (name.isdigit() and int(name) > today.year + 1):
        return None
    side = (found.get("cue") or "").casefold()
    if suffix := found.get("suffix"):
        side = "since" if re.fullmatch(_LATER, suffix, re.IGNORECASE) else "until"
    elif side == "from" and re.search(r"start|beginning", name, re.IGNORECASE):
        side = "since"
    return _open(period, _SIDES.get(side, ""))


def _quarter(match: re.Match[str], today: date) -> Window | None:
    """Read "in Q3" or "the third quarter": the latest that has begun."""
    if _QUANTIZED.search(match.string):
        return None
    for year in (today.year, today.year - 1):
        period = read_period(f"{match['name']} {year}".replace("quarter", "quarter of"), today)
        if period and period.first <= today:
            return _open(period, _SIDES.get((match["cue"] or "").casefold(), ""))
    return None


def _season(match: re.Match[str], today: date) -> Window | None:
    period = read_period(f"current {match['name']}", today)
    return _open(period, _SIDES.get(match["cue"].casefold(), "")) if period else None


def _day_of_month(match: re.Match[str], today: date) -> Window | None:
    """Read "since the 14th" and "from the 3rd to the 9th"."""
    if match["number"]:
        if match["cue"].casefold() == "on" and not _RELEASED.search(match.string):
            return None  # the second paper of a list
        # "Since the 12th" does not mean today.
        until = today if match["cue"].casefold() == "on" else today - timedelta(days=1)
        day = day_of_month(_digits(match["number"]), until)
        return (
            _open(Period(day, day, "day"), _SIDES.get(match["cue"].casefold(), "")) if day else None
        )
    last = day_of_month(_digits(match["last"]), today)
    first = last and day_of_month(_digits(match["first"]), last)
    return Window(first, last) if first else None


def _digits(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _without_year(match: re.Match[str], today: date) -> Window | None:
    """Read "3.12." and "12/3"."""
    day = day_without_year(match["name"], today)
    side = _SIDES.get((match["cue"] or "").casefold(), "")
    return _open(Period(day, day, "day"), side) if day else None


def _lone_year(match: re.Match[str], today: date) -> Window | None:
    before = match.string[: match.start()]
    is_listed = _BEFORE_YEAR.search(before) or _PAPERS_OF.search(before)
    if not is_listed and (not before or _NAME_BEFORE.search(before)):
        return None
    return None if _HAS_YEAR.search(before) else _bounded(match, today)


def _regular(match: re.Match[str], today: date) -> Window | None:
    name = {"weekly": "this week", "monthly": "this month"}[match["every"].casefold()]
    period = read_period(name, today)
    return Window(*period) if period else None


def _open(period: Period, side: str) -> Window:
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


def _beside_name(question: str, day_of: DayOf) -> tuple[Window, str] | None:
    """Read "since LXMERT": the longest run of up to four words that names a paper."""
    for match in _NAME.finditer(question):
        if match[1].casefold() != "since" and not _OF_PAPERS.search(question):
            continue
        words = match[2].split()
        for count in range(len(words), 0, -1):
            name = " ".join(words[:count])
            if day := day_of(name):
                end = match.start(2) + len(name)
                if after := _CAME_OUT.match(question, end):
                    end = after.end()
                window = _open(Period(day, day, "day"), match[1].casefold())
                return window, f"{question[: match.start()]} {question[end:]}"
    return None


_READERS: list[tuple[re.Pattern[str], Callable[[re.Match[str], date], Window | None]]] = [
    (_RANGE, _range),
    (_COUNTED, _counted),
    (_VAGUE, _counted),
    (_SINCE, _since),
    (_NAMED, _bounded),
    (_YEAR, _bounded),
    (_YEAR_BESIDE, _bounded),
    (_UNDATED, _bounded),
    (_UNDATED_BESIDE, _bounded),
    (_DAY_OF_MONTH, _day_of_month),
    (_WITHOUT_YEAR, _without_year),
    (_BESIDE_LIST, _bounded),
    (_SURE, _bounded),
    (_QUARTER, _quarter),
    (_SEASON, _season),
    (_LONE_YEAR, _lone_year),
    (_ABSENCE, _absence),
    (_REGULAR, _regular),
]
