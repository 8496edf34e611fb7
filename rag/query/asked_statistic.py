"""Reads which number a request of kind "count" asks for: a measure, groups, conditions, sides.

"How many papers per week", "which lab has the highest median upvotes", "what share has code", "did
Qwen or DeepSeek publish more": each is a measure of papers (how many, the average upvotes …), of
all papers or group by group, of which some conditions must hold.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from rag.query.mentions import FUNCTION_WORDS
from rag.query.organization_names import typed_names
from rag.query.request import Request
from rag.query.window import find_window
from rag.records import DayKind, Paper, Window
from rag.text.code_link import code_of
from rag.text.words import fold, terms

Measure = Literal["count", "share", "average", "median", "total", "highest", "trend", "overview"]
Quantity = Literal["upvotes", "comments", "authors"]
Grouping = Literal["organization", "author", "topic", "weekday", "day", "week", "month", "year"]


@dataclass(frozen=True, slots=True)
class Condition:
    """What some of the papers have: "have code"."""

    words: str  # said of several papers
    holds: Callable[[Paper], bool]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the things compared: its name, and the request for its papers."""

    name: str
    request: Request


@dataclass(frozen=True, kw_only=True)
class AskedStatistic:
    """The number that is asked for, of the papers that `whole` describes.

    `part` is what a share is of: its words, "are on robots", and the request for its papers.
    """

    measure: Measure
    whole: Request
    quantity: Quantity = "upvotes"  # that is averaged, added up …
    groupings: tuple[Grouping, ...] = ()
    distinct: bool = False  # how many groups there are
    superlative: Literal["", "most", "fewest"] = ""
    conditions: tuple[Condition, ...] = ()
    part: tuple[str, Request] | None = None
    sides: tuple[Side, ...] = ()
    compares: bool = False  # which side has more, not how many they have together
    number_only: bool = False

    @property
    def by(self) -> DayKind:
        """Which day of a paper counts."""
        return self.whole.window.by if self.whole.window else "day"

    @property
    def that(self) -> str:
        """The conditions, to be said behind "papers": " that have code and have no comments"."""
        words = " and ".join(condition.words for condition in self.conditions)
        return f" that {words}" if words and self.measure != "share" else ""


def _words(text: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{text})\b", re.IGNORECASE)


_SHARE = re.compile(
    r"\b(?:shares?|per ?cent(?:ages?)?|fractions?|proportions?|ratio)\b|%", re.IGNORECASE
)
_MEASURES: list[tuple[Measure, re.Pattern[str]]] = [
    ("median", _words(r"medians?")),
    ("average", _words(r"averages?|mean|avg|typical|on average|distribution|histogram")),
    ("highest", _words(r"highest|max(?:imum)?|biggest|record|most (?:up ?)?votes ever")),
    ("total", _words(r"how many|how much|total|sum|number of|most|altogether|overall|count")),
]  # fmt: skip
_QUANTITIES: list[tuple[Quantity, re.Pattern[str]]] = [
    ("upvotes", _words(r"up ?votes?|votes?|likes|upvoted")),
    ("comments", _words(r"comments?|discussion")),
    ("authors", _words(r"(?:number of|how many|average|mean|median|avg) (?:co-?)?authors?"
                       r"|authors? (?:per|count|number)")),
]  # fmt: skip
_ORGANIZATION = _words(
    r"org(?:ani[sz]ation)?s?|labs?|compan(?:y|ies)|universit(?:y|ies)|institut(?:e|ion)s?|unis?"
    r"|affiliations?|groups?|teams?"
)
_AUTHOR = _words(r"who|whos|authors?|researchers?|people|persons?|scientists?|writers?")
_TOPIC = _words(r"topics?|themes?|subjects?|areas?|fields?|keywords?")
_WEEKDAY = _words(r"weekdays?|day of the week|days of the week")
_TIME = _words(
    r"(?:per|each|every|by|an?|which|what|busiest|quietest|slowest|fullest|single|one|over the|best"
    r"|top(?: \d+)?) (days?|weeks?|months?|years?)|(daily|weekly|monthly|yearly)(?! papers?)"
)
_PERIOD = _words(r"days?|weeks?|months?|years?")
_COUNTED = re.compile(
    r"\b(?:how many|number of|count(?: of)?) (?:new |different |distinct )?([a-z][\w-]+s)\b",
    re.IGNORECASE,
)
_UNITS: dict[str, Grouping] = {"d": "day", "w": "week", "m": "month", "y": "year"}
_MOST = _words(
    r"most|top|busiest|prolific|highest|biggest|largest|best|leading|often|productive|active|max"
    r"|fullest|more"
)
_FEWEST = _words(r"fewest|least|lowest|quietest|slowest|smallest|fewer|less")
_DISTINCT = _words(r"different|distinct|unique|how many (?:\w+ )?(?:authors|organi[sz]ations|labs)")
_TREND = _words(
    r"going (?:up|down)|gr[eo]w(?:n|th|s|ing)?|increas\w*|decreas\w*|declin\w*|ris(?:e|es|ing)"
    r"|rose|falling|fell|sinking|shrink\w*|trend\w*|getting (?:more|fewer|less)|more and more"
    r"|up or down|over time|develop\w*"
)
_OVERVIEW = _words(r"stats?|statistics?|numbers|figures")
_PUBLISHED = _words(r"publish\w*|released?|submitted|c[ao]me out|preprints?|ar ?xiv")
_NUMBER_ONLY = _words(r"(?:only|just) (?:\w+ ){0,3}?(?:number|count|figure)s?|no list")

_BOUND = re.compile(
    r"\b(?:(more than|over|above|at least|min(?:imum)?|fewer than|less than|under|below|at most"
    r"|up to|exactly)\s+)?(\d+|zero|no|without(?: any)?)(\+| or (?:more|fewer|less))?\s+"
    r"(?:up ?)?(votes?|likes|comments?)\b",
    re.IGNORECASE,
)
_NO_CODE = _words(r"(?:no|without|lack\w*|missing) (?:any |public )?(?:code|github|repo\w*)")
_CODE = _words(r"code\w*|github|git|repo\w*|implement\w+|open[- ]?sourced?")
_PROJECT = _words(r"project (?:page|site|website)s?|home ?pages?|websites?|demos?")
_IN_TITLE = _words(r"(?:in|in the|their|paper) titles?|titles? (?:with|contain\w*|that)")
_MENTIONED = _words(r"appear\w*|mention\w*|occurs?|occur\w+|comes? up|named|used in|contain\w*")
_QUOTED = re.compile(r"[\"“”„«]([^\"“”„«»]+)[\"“”»]|(?<!\w)['‘]([^'’]+)['’](?!\w)")

_AGAINST = re.compile(r"\b(?:or|vs\.?|versus|than|compared? (?:to|with)|against)\b", re.IGNORECASE)
_THAN_LAST = re.compile(
    rf"{_AGAINST.pattern} (?:in |during |the )*(?:last|previous)\b", re.IGNORECASE
)
_COMPARES = _words(r"vs|versus|than|compar\w+|against|more|most|fewer|fewest|less")
_AND = re.compile(r"\s*(?:[,/&+]|\b(?:and|or|vs\.?|versus)\b)\s*", re.IGNORECASE)
_NO_TOPIC = frozenset(terms("compared count number share percentage statistics papers"))


def read_statistic(request: Request, text: str, today: date) -> AskedStatistic | None:
    """Return what is asked for; None if it is no number over papers.

    `text` is the question in English, of which the request is made.
    """
    found = find_window(text, today) if request.window else None
    rest = found[1] if found else text
    bound = _BOUND.search(rest)  # "at least 7 upvotes"
    no_topic = f"{bound[0] if bound else ''} {_first(_MENTIONED, rest)}"
    topic = _without(request.topic, no_topic) or _counted_things(rest)
    mention, request = _mention(replace(request, topic=topic), rest)
    rest = _without_names(rest, request)
    bound = _BOUND.search(rest)
    words = f"{rest[: bound.start()]} {rest[bound.end() :]}" if bound else rest
    conditions = [*_bound(bound), *_features(request, words), *mention]
    groupings = _groupings(request, words)
    measure, quantity = _measure(words, groupings)
    sides, compares = _sides(request, text, today)
    if sides:
        groupings = ()
    by_date = bool(_PUBLISHED.search(rest)) and not groupings and not sides
    whole = _by(request, "published" if by_date else "day")
    part = None
    if measure == "share" and not conditions:
        narrowed = _narrowed(whole, text)
        if narrowed is None and not sides:
            return None
        if narrowed:
            part, whole = (narrowed[0], whole), narrowed[1]
    fewest = bool(_FEWEST.search(words))
    return AskedStatistic(
        measure=measure,
        whole=whole,
        quantity=quantity,
        groupings=groupings,
        distinct=bool(groupings and measure == "count" and _DISTINCT.search(words)),
        superlative="fewest" if fewest else "most" if _MOST.search(words) or request.order else "",
        conditions=tuple(conditions),
        part=part,
        sides=tuple(Side(side.name, _by(side.request, "day")) for side in sides),
        compares=compares,
        number_only=bool(_NUMBER_ONLY.search(text)),
    )


def _by(request: Request, kind: DayKind) -> Request:
    """Return the request without code as a filter, and with this day of a paper for its window.

    The window of a month by name counts published days, but people mean the Daily Papers of it.
    """
    window = request.window
    if window and window.by == "published":
        window = Window(window.since, window.until, kind)
    return replace(request, with_code=False, without_code=False, window=window)


def _without(topic: str, other: str) -> str:
    """Return the topic without words that stand for something else."""
    no_topic = {*_NO_TOPIC, *fold(other).split()}
    return " ".join(
        w for w in topic.split() if fold(w) not in no_topic and not set(terms(w)) & _NO_TOPIC
    )


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[0] if match else ""


def _counted_things(text: str) -> str:
    """Return "surveys" of "how many surveys"; nothing if papers, authors and so on are counted."""
    match = _COUNTED.search(text)
    word = match[1] if match else ""
    known = (_ORGANIZATION, _AUTHOR, _TOPIC, *(pattern for _, pattern in _QUANTITIES))
    is_other = fold(word) not in FUNCTION_WORDS and not any(p.search(word) for p in known)
    return word if word and is_other and not _PERIOD.fullmatch(word) else ""


def _without_names(text: str, request: Request) -> str:
    """Return the text without the names and the topic, whose words ask for nothing."""
    for name in (request.topic, request.organization, request.author):
        if name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "X", text, flags=re.IGNORECASE)
    return text


def _measure(words: str, groupings: Sequence[Grouping]) -> tuple[Measure, Quantity]:
    if _SHARE.search(words):
        return "share", "upvotes"
    quantity = next((name for name, pattern in _QUANTITIES if pattern.search(words)), None)
    if quantity == "authors" and "author" in groupings:
        quantity = None
    if quantity:
        measure = next((name for name, pattern in _MEASURES if pattern.search(words)), None)
        return measure or ("total" if groupings else "average"), quantity
    if _TREND.search(words):
        return "trend", "upvotes"
    if _OVERVIEW.search(words) and not groupings:
        return "overview", "upvotes"
    return "count", "upvotes"


def _groupings(request: Request, words: str) -> tuple[Grouping, ...]:
    """Return by what the papers are grouped: each kind that the words name beside names."""
    found: list[Grouping] = []
    of_one_paper = any(pattern.search(words) for name, pattern in _QUANTITIES if name == "authors")
    if _ORGANIZATION.search(words) and not request.organization:
        found.append("organization")
    elif request.prolific or (_AUTHOR.search(words) and not request.author and not of_one_paper):
        found.append("author")
    elif _TOPIC.search(words) and not request.topic:
        found.append("topic")
    if _WEEKDAY.search(words):
        found.append("weekday")
    elif time := _TIME.search(words):
        found.append(_UNITS[(time[1] or time[2])[0].lower()])
    return tuple(found)


# -- conditions --------------------------------------------------------------------------------


def _bound(match: re.Match[str] | None) -> list[Condition]:
    """Return "have more than 100 upvotes" as a condition."""
    if not match:
        return []
    number = int(match[2]) if match[2].isdigit() else 0
    cue = f"{match[1] or ''}{match[3] or ''}".casefold()
    field = "comment_count" if match[4].casefold().startswith("comment") else "upvotes"
    noun = "comments" if field == "comment_count" else "upvotes"
    low, high, words = number, float(number), f"{number:,}"
    if re.search(r"more than|over|above", cue):
        low, high, words = number + 1, float("inf"), f"more than {number:,}"
    elif re.search(r"fewer than|less than|under|below", cue):
        low, high, words = 0, number - 1, f"fewer than {number:,}"
    elif re.search(r"at least|min|\+|or more", cue):
        high, words = float("inf"), f"at least {number:,}"
    elif re.search(r"at most|up to|or (?:fewer|less)", cue):
        low, words = 0, f"at most {number:,}"

    def holds(paper: Paper) -> bool:
        value = getattr(paper, field)
        return value is not None and low <= value <= high

    return [Condition(f"have {words} {noun}", holds)]


def _features(request: Request, words: str) -> list[Condition]:
    found = []
    if request.without_code or (_NO_CODE.search(words) and not _SHARE.search(words)):
        found.append(Condition("have no code", lambda paper: not code_of(paper)))
    elif request.with_code and (_CODE.search(words) or not _PROJECT.search(words)):
        found.append(Condition("have code", lambda paper: bool(code_of(paper))))
    if _PROJECT.search(words):
        found.append(Condition("have a project page", lambda paper: bool(paper.project_url)))
    return found


def _mention(request: Request, text: str) -> tuple[list[Condition], Request]:
    """Return the word that papers must mention, and the request without it as its topic."""
    in_title = bool(_IN_TITLE.search(text))
    if not in_title and not _MENTIONED.search(text):
        return [], request
    quoted = _QUOTED.search(text)
    phrase = (quoted[1] or quoted[2]) if quoted else request.topic
    others = set(request.topic_terms) - set(terms(phrase))
    wanted = " ".join(terms(phrase))
    if not wanted:
        return [], request

    def holds(paper: Paper) -> bool:
        read = paper.title if in_title else f"{paper.title} {paper.abstract}"
        return f" {wanted} " in f" {' '.join(terms(read))} "

    words = f"have “{phrase}” in the title" if in_title else f"mention “{phrase}”"
    topic = " ".join(word for word in request.topic.split() if set(terms(word)) & others)
    return [Condition(words, holds)], replace(request, topic=topic, parts=())


def _narrowed(request: Request, text: str) -> tuple[str, Request] | None:
    """Return what a share is of, and the request without it: the narrowing that is said last."""
    no_organization = replace(request, organization=None, organizations=())
    no_author = replace(request, author=None, author_names=(), coauthors=())
    ways = [
        (request.topic, "are on", replace(request, topic="")),
        (request.organization, "are from", no_organization),
        (request.author, "are by", no_author),
    ]
    found = [
        (text.casefold().rfind(name.casefold()), f"{verb} {name}", whole)
        for name, verb, whole in ways
        if name
    ]
    _, words, whole = max(found, key=lambda way: way[0], default=(0, "", request))
    return (words, whole) if words else None


# -- sides of a comparison ---------------------------------------------------------------------


def _sides(request: Request, text: str, today: date) -> tuple[list[Side], bool]:
    """Return the organisations, days or topics that are counted one by one; whether to compare."""
    compares = bool(_COMPARES.search(text))
    if (sides := _organizations(request)) and len(sides) > 1:
        return sides, compares
    parts = [part.strip() for part in _AGAINST.split(text)]
    if compares and len(sides := _windows(request, parts, today)) > 1:
        return sides, True
    if len(parts) > 1 and not compares:  # "on agents, robots or video"
        parts = [part for alternative in parts for part in alternative.split(", ")]
    sides = _topics(request, parts)
    return (sides, compares) if len(sides) > 1 else ([], False)


def _organizations(request: Request) -> list[Side]:
    if not request.organization or len(request.organizations) < 2:
        return []
    typed = typed_names(request.organizations, lambda _: False)
    sides = []
    for label in _AND.split(request.organization):
        key = "".join(re.findall(r"\w+", fold(label)))
        names = typed.get(key, ())
        sides.append(Side(label, replace(request, organization=label, organizations=tuple(names))))
    return sides


def _windows(request: Request, parts: Sequence[str], today: date) -> list[Side]:
    """Return the days that are compared; "more than last year" compares with this year."""
    if not request.window:
        return []
    read = [find_window(part, today) or find_window(f"in {part}", today) for part in parts]
    found = [window[0] for window in read if window]
    if len(found) == 1 and _THAN_LAST.search(" than ".join(parts)):
        current = re.sub(r"\blast\b", "this", " ".join(parts), flags=re.IGNORECASE)
        this = find_window(current, today)
        found = [this[0], *found] if this and this[0] != found[0] else []
    windows = list(dict.fromkeys(found))
    return [Side("", replace(request, window=window)) for window in windows]


def _topics(request: Request, parts: Sequence[str]) -> list[Side]:
    known = set(request.topic_terms)
    topics = [
        " ".join(word for word in re.findall(r"[\w'’./+-]*[\w+]", part) if set(terms(word)) & known)
        for part in parts
    ]
    return [Side(topic, replace(request, topic=topic, parts=())) for topic in topics if topic]
