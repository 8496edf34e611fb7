"""Parses a question for days, authors, organisations, orders, counts and facts.

These are answered from the catalogue's columns, never from abstracts; the rest of the question is
its topic.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from rag.query.mentions import Hidden, Mention
from rag.query.request import AuthorCount, Fact, Order, Request
from rag.query.window import DayOf, find_window

_NUMBERS = {word: n for n, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty".split()
)} | {"single": 1, "sole": 1}  # fmt: skip
_NUMBER = rf"(\d{{1,4}}|{'|'.join(_NUMBERS)})"
_MORE = r"more than|over|at least|fewer than|less than|under|at most|up to|exactly|only|just"
_AUTHORS = r"(?:co-?)?authors?"
_PEOPLE = r"(?:people|persons?|researchers?|scientists?|writers?)"
_COUNTED = re.compile(
    rf"\b(?:(?:with|by|of|from|has|have|having)\s+)?(?:({_MORE})\s+)?{_NUMBER}"
    rf"(\s+or\s+(?:more|fewer|less)|\+)?[\s-]+{_AUTHORS}\b",
    re.IGNORECASE,
)
_BY_PEOPLE = re.compile(
    rf"\b(?:by|from)\s+(?:({_MORE})\s+)?{_NUMBER}(\s+or\s+(?:more|fewer|less)|\+)?\s+{_PEOPLE}\b",
    re.IGNORECASE,
)
_UNCOUNTED = re.compile(
    r"\b(?:no|without|(?:do|does)(?:n['’]t| not) (?:show|have|list|give|state|say|tell)|lack\w*|"
    r"missing|unknown)\s+(?:an?\s+|any\s+|their\s+|its\s+|the\s+)?"
    r"(?:number of authors|author[s'’]* (?:count|number)s?|authors)\b",
    re.IGNORECASE,
)
# What "newest" or "most popular" has to be said of before it orders papers: "the newest VLA paper",
# "the latest on robots", "which is the oldest?". "The latest token" orders nothing.
_WORKS = (
    r"(?:papers?|works?|models?|methods?|approach(?:es)?|benchmarks?|datasets?|stud(?:y|ies)"
    r"|ones?|systems?|articles?|preprints?|publications?|submissions?|research|results?|findings?"
    r"|progress|advances?|developments?|news|updates?|stuff|things?|trends?)"
)
_ORDERED = (
    rf"(?=\s+(?:[\w+-]+\s+){{0,4}}?{_WORKS}\b|\W*$|\s*[,;:.?!](?:\s|$)"
    r"|\s+(?:on|about|in|of|from|by|at|for|with|that|which|to|among|here|this|last|and|or|first"
    r"|published|posted|featured|released|submitted|you|we|there|so|ever)\b)"
)
# "The first paper on robots"; "the first paper" alone may be the first of a list.
_FIRST_EVER = (
    r"\bfirst(?: ever)? (?:paper|article|preprint|work|publication)s?"
    r"(?=\s+(?:ever\s+)?(?:on|about|you|we|in your|in the (?:catalogue|collection|database))\b)"
)
# "Better than the latest models" compares, "which optimizer is the most popular" asks for another
# thing.
_COMPARES = re.compile(
    r"\b(?:than|against|beats?|over|outperforms?|surpass(?:es)?|versus|vs\.?|to|with|like)\s+$",
    re.IGNORECASE,
)
_OF_OTHERS = re.compile(
    rf"\b(?:which|what)\s+(?!{_WORKS}\b|of\b)(?:(?!{_WORKS}\b|is\b|are\b|was\b|were\b)[\w-]+\s+){{1,4}}"
    r"(?:is|are|was|were)\s+$",
    re.IGNORECASE,
)
_ORDERS: list[tuple[Order, re.Pattern[str]]] = [
    ("most authors", re.compile(r"\b(?:the )?(?:most|highest number of) (?:co-?)?authors\b"
                                r"|\b(?:largest|biggest) (?:author )?team\b", re.IGNORECASE)),
    ("fewest authors", re.compile(r"\b(?:the )?(?:fewest|least|lowest number of) (?:co-?)?authors\b"
                                  r"|\bsmallest (?:author )?team\b", re.IGNORECASE)),
    ("most upvotes", re.compile(r"\b(?:the )?(?:most|highest|top)[- ](?:up)?vote[sd]?\b"
                                rf"|\b(?:the )?(?:most (?:popular|liked)|top[- ]rated)\b{_ORDERED}",
                                re.IGNORECASE)),
    ("most comments", re.compile(r"\b(?:the )?most comments\b"
                                 rf"|\b(?:the )?most (?:discussed|commented)\b{_ORDERED}",
                                 re.IGNORECASE)),
    ("newest", re.compile(rf"\b(?:the )?(?:newest|latest|most recent)\b{_ORDERED}",
                          re.IGNORECASE)),
    ("oldest", re.compile(rf"\b(?:the )?(?:(?:very )?oldest|(?:very )?earliest)\b{_ORDERED}"
                          rf"|\b(?:the )?(?:very )?(?={_FIRST_EVER})first(?: ever)?\b",
                          re.IGNORECASE)),
]  # fmt: skip
_COMPARED: list[tuple[Order, re.Pattern[str]]] = [  # only if something else narrows the papers
    ("newest", re.compile(r"\b(?:the )?(?:newer|more recent|later)(?: one)?\b", re.IGNORECASE)),
    ("oldest", re.compile(r"\b(?:the )?(?:older|earlier)(?: one)?\b", re.IGNORECASE)),
]
_HOW_MANY = re.compile(
    r"\bhow many (?:\w+ ){0,3}?(?:papers|articles|preprints|publications|of (?:them|these)"
    r"|came out|were (?:published|featured))\b|\bhow many are there\b|\bnumber of papers\b",
    re.IGNORECASE,
)
_PUBLISHED = r"(?:publish\w*|releas\w*|appear\w*|c[ao]me out|featured|posted|submitted|out)"
# What has authors: "the HeronNet paper", "it", "HeronNet", "heronnet?". "The attention sink" has
# none.
_WRITTEN = (
    rf"(?=\s+(?:(?:the|this|that|these|those|all|both|a|an)\s+)?(?:[\w'’-]+\s+){{0,3}}?{_WORKS}\b"
    r"|\s+(?:it|this|that|them|these|those|both|about|on)\b|\s+(?:the\s+)?(?-i:[A-Z])"
    r"|\s+[\w-]+\W*$|\s+[\w-]+\s+and\b|\W*$|\s+and\b)"
)
_FACTS: list[tuple[Fact, re.Pattern[str]]] = [
    ("author count", re.compile(rf"\bhow many (?:{_AUTHORS}\b|{_PEOPLE} (?:wrote|worked|made))",
                                re.IGNORECASE)),
    ("authors", re.compile(rf"\bwho (?:\w+ )?(?:wrote|published|authored|released)\b{_WRITTEN}"
                           rf"|\bwho(?:['’]s| is| are| was| were) behind\b{_WRITTEN}"
                           r"|\bwho(?:['’]s| is| are| was| were) the authors?\b|\bby whom\b"
                           r"|\b(?:what|list) (?:is|are)? ?the authors\b"
                           r"|(?<!\bdo )(?<!\bdid )(?<!\bdo the )(?<!\bdid the )(?<!\bto )"
                           r"(?<!\bto the )\bauthors of\b",
                           re.IGNORECASE)),
    ("organization", re.compile(r"\b(?:which|what) (?:organi[sz]ation|institution|institute|lab|"
                                r"company|university)\b", re.IGNORECASE)),
    ("upvotes", re.compile(r"\bhow many (?:up)?votes\b|\bupvote count\b", re.IGNORECASE)),
    ("comments", re.compile(r"\bhow many comments\b", re.IGNORECASE)),
    ("date", re.compile(
        rf"\bwhen (?:was|were|is|did)\b(?=.*\b{_PUBLISHED}\b)"
        rf"|\b(?:which|what) (?:day|date|month|year)\b(?=.*\b{_PUBLISHED}\b)"
        r"|\b(?:its|their|the|publication|release) date\b|\band when\b(?=\W*$)",
        re.IGNORECASE)),
    ("withdrawal", re.compile(r"\b(?:withdr[ae]wn?|retracted)\b", re.IGNORECASE)),
]  # fmt: skip
_PROLIFIC = re.compile(
    r"\bwho (?:has |have )?(?:wrote|written|published|authored) (?:the )?most\b(?: papers)?"
    r"|\b(?:the )?most prolific authors?\b",
    re.IGNORECASE,
)
# More than one paper is wanted: "which models …", "who trains …", "anything on …".
_PLURAL = (
    r"(?:papers|works|models|methods|approaches|benchmarks|datasets|studies|ones|systems"
    r"|frameworks|techniques|strategies|algorithms|architectures)"
)
_SEVERAL = re.compile(
    rf"\b(?:which|what|(?<!t )any|list|all|two|three|four|several|different|other|some)\s+"
    rf"(?:[\w-]+\s+){{0,3}}?{_PLURAL}\b"
    rf"|\b{_PLURAL} (?:that|which|who|on|about|for|in|with|using|to)\b"
    rf"|\b(?:(?:how|what|why|where) (?:do|did|have)|compare|between) (?:[\w-]+ ){{0,2}}?"
    rf"{_PLURAL}\b"
    r"|\b(?:of|for|by|to|does|did|in|do) each\b(?! other)|\beach\W*$"
    r"|(?:^|[.,:;?!])\W*(?:who|anyone|anybody|anything)\b"
    r"|\b(?:list them|anything (?:that|on|about))\b"
    r"|\bwhat(?:'s|’s| is| has) (?:been )?(?:done|out there|tried)\b"
    r"|\bhow (?:do|did|are|have) (?:people|researchers|others|folks|labs|teams|we)\b"
    r"|^\W*(?:[\w-]+\s+){0,3}\w+s that\b"
    r"|\b(?:quel(?:le)?s|welche)\s+(?:articles|papiers|arbeiten|papers|modelle|modèles)\b",
    re.IGNORECASE,
)
# How many of them: "two papers blame attention".
_LIMITED = re.compile(
    rf"\b(two|three|four|five|six|seven|eight|nine|ten|[2-9]|10)\s+(?:[\w-]+\s+){{0,2}}?"
    rf"{_PLURAL}\b",
    re.IGNORECASE,
)


def _any_of(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


_CODE = (
    r"code|codebase|github|git|repo(?:s|sitory)?|implementation|weights|checkpoints?"
    r"|open[- ]?sourced?|download"
)
# "What does it release?" asks for what; "was it released?" and "when did they release it?" do not.
_NOT_WHAT = rf"(?!.*\b(?:{_CODE}|when|dates?|days?|years?|months?|been|who|whose)\b)"
_RELEASES = (
    r".*(?:\b(?:do|does|did|will|has|have)(?:n['’]t)?\b.*\breleas(?:e|es|ed|ing)\b"
    r"|\bwhat(?:['’]s|\s+is|\s+are|\s+was|\s+were)\b.*\breleased\b)"
)
# What of one paper a request asks for, if it is about one paper.
_PAPER_FACTS: dict[Fact, re.Pattern[str]] = {
    "code": _any_of(_CODE),
    "releases": re.compile(rf"^{_NOT_WHAT}{_RELEASES}", re.IGNORECASE | re.DOTALL),
    "project page": _any_of(r"project (?:page|site|website)|home ?page|website|web page|demos?"),
    "BibTeX": _any_of(r"bib ?tex|bib|citation|cite|reference"),
    "link": _any_of(r"links?|urls?|pdf|arxiv (?:id|page|number)|where can i (?:read|find)"),
    "authors": _any_of(r"who|by whom|authors?|written by"),
    "organization": _any_of(r"labs?|compan(?:y|ies)|organi[sz]ations?|institut\w+|affiliations?"
                            r"|universit(?:y|ies)|from which"),
    "upvotes": _any_of(r"up ?votes?|votes?|likes|popular"),
    "comments": _any_of(r"comments?"),
    # "When does it fail?" asks for no day.
    "date": re.compile(
        rf"\bwhen\b(?! (?:do|does|should|can|could|would|to)\b(?!.*\b{_PUBLISHED}\b))"
        r"|\b(?:dates?|day|how old|published|came out|year)\b"
        rf"|^(?!.*\b(?:{_CODE})\b).*\b(?:is|was|been|are|were)\b.*\breleased\b",
        re.IGNORECASE | re.DOTALL,
    ),
    "results": _any_of(r"results?|findings?|numbers|scores?|performance|how (?:well|good)"),
    "gist": _any_of(r"about|tl;?dr|summar\w+|sum up|explain\w*|gist|overview"),
    "limits": _any_of(r"limits?|limitations?|weakness\w*|drawbacks?|downsides?|caveats?"
                      r"|shortcomings?|catch|problems? (?:with|of)|fail\w*"),
    "withdrawal": _any_of(r"withdr[ae]w\w*|retract\w*"),
}  # fmt: skip
_ORDER_WORDS: dict[Order, re.Pattern[str]] = {
    "most comments": _any_of(r"discussed|comments?|commented|talked"),
    "most upvotes": _any_of(r"up ?vote[ds]?|votes?|popular|liked|likes|top|best|hot|hottest"
                            r"|trending|stars?|starred|important|biggest|favou?rites?|viral"),
    "oldest": _any_of(r"oldest|earliest|seminal|original"),
    "newest": _any_of(r"newest|latest|recent|recently|new|fresh|newer"),
}  # fmt: skip


def paper_facts(text: str) -> tuple[Fact, ...]:
    """Return what a request about one paper asks of it, from its words; often nothing."""
    facts = tuple(fact for fact, pattern in _PAPER_FACTS.items() if pattern.search(text))
    return tuple(fact for fact in facts if fact != "date" or "releases" not in facts)


def order_of(text: str) -> Order | None:
    """Return the order that words like "newest" or "most upvoted" name."""
    return next((order for order, pattern in _ORDER_WORDS.items() if pattern.search(text)), None)


def number_of(word: str) -> int | None:
    """Return the number that a word or digits name; None for others."""
    if word.isascii() and word.isdigit():
        return int(word)
    return _NUMBERS.get(word.casefold())


def parse(
    question: str,
    today: date,
    *,
    find_organizations: Callable[[str], Mention | None] | None = None,
    find_people: Callable[[str], Mention | None] | None = None,
    hide: Callable[[str], Hidden] | None = None,
    day_of: DayOf | None = None,
) -> Request:
    """Return the Request of a question in English.

    The functions look up organisations, authors and days of papers in the catalogue; `hide` puts
    placeholders for people's names, in which no time is looked for.
    """
    window = None
    hidden = hide(question) if hide else Hidden(question, {})
    text = hidden.text
    if found := find_window(text, today, day_of=day_of):
        window, text = found
    text = hidden.shown(text)
    authors, text = author_count(text)
    organization = find_organizations(text) if find_organizations else None
    if organization and hidden.has_inside(organization.label):  # "Oxford" of "Jo Oxford"
        organization = None
    if organization:
        text = f"{text[: organization.start]} {text[organization.end :]}"
    person = find_people(text) if find_people else None
    if person:
        text = f"{text[: person.start]} {text[person.end :]}"
    if prolific := _PROLIFIC.search(text):
        text = _without(text, prolific)
    order, text = _first(_ORDERS, text)
    if order is None and (window or authors or organization or person):
        order, text = _first(_COMPARED, text)
    count = _HOW_MANY.search(text)
    if count:
        text = _without(text, count)
    facts, text = _facts(text)
    return Request(
        topic=" ".join(text.split()),
        window=window,
        authors=authors,
        organization=organization.label if organization else None,
        organizations=organization.names if organization else (),
        **written_by(person),
        prolific=bool(prolific),
        order=order,
        several=bool(_SEVERAL.search(text)),
        limit=number_of(limited[1]) if (limited := _LIMITED.search(text)) else None,
        count=bool(count),
        facts=facts,
    )


def written_by(person: Mention | None) -> dict[str, Any]:
    """Return the fields of a Request for the people who are mentioned."""
    if person is None:
        return {}
    names, *others = person.parts if person.together else (person.names,)
    return {
        "author": person.label,
        "author_names": names,
        "coauthors": tuple(others),
        "alike": person.alike,
    }


def author_count(text: str) -> tuple[AuthorCount | None, str]:
    """Return how many authors a text asks for, if it does, and the text without that part."""
    if match := _UNCOUNTED.search(text):
        return AuthorCount(unknown=True), _without(text, match)
    match = _COUNTED.search(text) or _BY_PEOPLE.search(text)
    if not match:
        return None, text
    word = match[2].casefold()
    number = _NUMBERS.get(word) if word in _NUMBERS else int(word)
    assert number is not None
    bound = (match[1] or "").casefold()
    suffix = (match[3] or "").casefold()
    low: int = number
    high: int | None = number
    if bound in ("more than", "over"):
        low, high = number + 1, None
    elif bound == "at least" or "more" in suffix or "+" in suffix:
        high = None
    elif bound in ("fewer than", "less than", "under"):
        low, high = 0, number - 1
    elif bound in ("at most", "up to") or suffix:
        low = 0
    return AuthorCount(low, high), _without(text, match)


def _first(patterns: list[tuple[Order, re.Pattern[str]]], text: str) -> tuple[Order | None, str]:
    """Return the order that is asked for, and the text without it."""
    for order, pattern in patterns:
        if match := pattern.search(text):
            before = text[: match.start()]
            if not _COMPARES.search(before) and not _OF_OTHERS.search(before):
                return order, _without(text, match)
    return None, text


def _facts(text: str) -> tuple[tuple[Fact, ...], str]:
    facts = []
    for fact, pattern in _FACTS:
        if match := pattern.search(text):
            facts.append(fact)
            text = _without(text, match)
    return tuple(facts), text


def _without(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"
