"""Writes times as rag.query.window reads them: "last wk" → "last week", "todya" → "today"."""

import re
from collections.abc import Callable

from rapidfuzz.distance import DamerauLevenshtein

from rag.query.dates import DAY, LONG_MONTHS, MONTH, WEEKDAY

_SHORT = {
    "wk": "week", "wks": "weeks", "wek": "week", "yr": "year", "yrs": "years", "mth": "month",
    "mths": "months", "mnth": "month", "qtr": "quarter", "wkend": "weekend", "wknd": "weekend",
    "tdy": "today", "tday": "today", "2day": "today", "yday": "yesterday", "yest": "yesterday",
    "ystd": "yesterday", "ytday": "yesterday",
}  # fmt: skip
_UNITS = {"h": "hours", "hr": "hours", "hrs": "hours", "d": "days", "w": "weeks", "mo": "months",
          "mos": "months", "y": "years"}  # fmt: skip
_LAST = r"(?:last|past|previous|this)"
_HOLIDAYS = {"halloween": "October 31", "christmas eve": "December 24", "christmas": "December 25",
             "new year": "January 1"}  # fmt: skip

_MISSPELT = re.compile(r"(?<![\w'’-])[tymwfsjond][a-z]{3,9}(?![\w-])", re.IGNORECASE)
_TIME_WORDS = {
    word: 2 if len(word) >= 8 else 1  # letters that may be wrong
    for word in [
        *("today", "yesterday", "weekend"),
        *(f"{day}day" for day in ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")),
        *(month.lower() for month in LONG_MONTHS if len(month) >= 7),
    ]
}
_OTHER_WORDS = {"toddy", "todas", "sundry", "frida"}

_SPAN = "(week|month|year|quarter)"
# "The week of 1 December", "the year 2024" and "the week before" go on.
_GOES_ON = r"(?!s? (?:of|before|after|ending|beginning|starting|that|when|in which)\b|s? \d|-)"
Rewrite = str | Callable[[re.Match[str]], str]
_WRITTEN: list[tuple[str, Rewrite]] = [
    (rf"\b({'|'.join(_SHORT)})\b", lambda m: _SHORT[m[1].lower()]),
    (rf"\b({_LAST}) mo\b", r"\1 month"),
    # "Last 3d papers" are about 3D.
    (rf"\b({_LAST} (?:[1-9]\d|[4-9])) ?({'|'.join(_UNITS)})\b",
     lambda m: f"{m[1]} {_UNITS[m[2].lower()]}"),
    (rf"\b({_LAST} \d+) ?(hr?s?|w|mos?|y)\b", lambda m: f"{m[1]} {_UNITS[m[2].lower()]}"),
    (r"\b(?:this|today) (?:morning|afternoon|evening)(?=s?\b)", "today"),
    (r"\byesterday (?:morning|afternoon|evening|night)\b", "yesterday"),
    (r"\b(?:since )?last night\b|\bovernight\b", "since yesterday"),
    (r"(?<!end )(?<!time )\bof (?:the )?day\b(?! \d)", "of today"),
    (rf"\b(?:all|(?:the )?(?:whole|entire|full)) {_SPAN}\b{_GOES_ON}", r"this \1"),
    (rf"(?:\bthe |^){_SPAN} so far\b", r"this \1"),
    (rf"\b(of|for|in) the month (?:of )?(?={MONTH})", r"\1 "),
    (rf"(?<!time )\b(of|for|in|during|over|since) the {_SPAN}\b{_GOES_ON}", r"\1 this \2"),
    (r"\bthe (week|month|year) before last\b", r"two \1s ago"),
    (rf"(?<!end )\bof {_SPAN}\b{_GOES_ON}", r"of this \1"),
    (rf"\bthe week\b{_GOES_ON}", "this week"),
    (r"\b(?:no(?:thing|t|ne)?|never)(?: [\w'’]+)? older than\b", "since"),
    (r"\b((?:leave out|exclud\w+|without|skip|ignor\w+|drop)(?: [\w'’]+){0,4}) older than\b",
     r"\1, since"),
    # "Since I left on Friday"
    (rf"\bsince (?:I|we|my|our)(?: [\w'’]+){{1,4}}? (?:on|in) "
     rf"(?=(?:the )?(?:{MONTH}|{WEEKDAY}|{DAY}\b))", "since "),
    (rf"\b(since|after|before|until|till|on) ({'|'.join(_HOLIDAYS)})\b(?:['’]s)?(?: day)?"
     r"(?! trees?\b)",
     lambda m: f"{m[1]} {_HOLIDAYS[m[2].lower()]}"),
    # "Top 20 October" counts papers.
    (rf"\b((?:top|best|first|only|just) \d{{1,2}})(?= {MONTH})", r"\1,"),
]  # fmt: skip
_REWRITES = [(re.compile(pattern, re.IGNORECASE), rewrite) for pattern, rewrite in _WRITTEN]


def spell_out(text: str) -> str:
    """Return the text with short, misspelt and colloquial names of times as the usual ones."""
    text = _MISSPELT.sub(_corrected, text)
    for pattern, rewrite in _REWRITES:
        text = pattern.sub(rewrite, text)
    return text


def _corrected(match: re.Match[str]) -> str:
    """Return the day or month of which this is a misspelling, else the word itself."""
    word = match[0].lower()
    if word.removesuffix("s") in _TIME_WORDS or word in _OTHER_WORDS:
        return match[0]
    for name, most in _TIME_WORDS.items():
        if name[0] == word[0] and abs(len(name) - len(word)) <= most:
            distance = DamerauLevenshtein.distance(word, name, score_cutoff=most)
            if distance <= most:
                return name
    return match[0]
