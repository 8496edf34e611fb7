"""Writes times as rag.query.window reads them: "last wk" → "last week", "todya" → "today"."""

import re
from collections.abc import Callable, Mapping

from rapidfuzz.distance import DamerauLevenshtein

from rag.query.dates import DAY, LONG_MONTHS, MONTH, WEEKDAY

_SHORT = {
    "wk": "week", "wks": "weeks", "wek": "week", "yr": "year", "yrs": "years", "mth": "month",
    "mths": "months", "mnth": "month", "qtr": "quarter", "wkend": "weekend", "wknd": "weekend",
    "tdy": "today", "tday": "today", "2day": "today", "yday": "yesterday", "yest": "yesterday",
    "ystd": "yesterday", "ystday": "yesterday", "ytday": "yesterday",
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
# Shorter words only behind "this" or "last".
_MISSPELT_SHORT = re.compile(rf"\b({_LAST}) ([wmy][a-z]{{2,7}})\b", re.IGNORECASE)
_SHORT_TIME_WORDS = {"week": 1, "month": 1, "year": 1, "morning": 1}
_OTHER_WORDS = {
    "weak",
    "weed",
    "weep",
    "mouth",
    "yearn",
    "warning",
    "mourning",
    "toddy",
    "todas",
    "sundry",
    "frida",
}

_SPAN = "(week|month|year|quarter)"
# "The week of 1 December", "the year 2024" and "the week before" go on.
_GOES_ON = r"(?!s? (?:of|before|after|ending|beginning|starting|that|when|in which)\b|s? \d|-)"
Rewrite = str | Callable[[re.Match[str]], str]
_WRITTEN: list[tuple[str, Rewrite]] = [
    (rf"\b({'|'.join(_SHORT)})\b", lambda m: _SHORT[m[1].lower()]),
    (rf"\b({_LAST}) mo\b", r"\1 month"),
    (r"\bprev\.?(?= (?:day|week|month|year)\b)", "previous"),
    (r"\b(\w+ (?:day|week|month)s?) back\b", r"\1 ago"),
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
    text = _MISSPELT.sub(lambda m: _corrected(m[0], _TIME_WORDS), text)
    text = _MISSPELT_SHORT.sub(lambda m: f"{m[1]} {_corrected(m[2], _SHORT_TIME_WORDS)}", text)
    for pattern, rewrite in _REWRITES:
        text = pattern.sub(rewrite, text)
    return text


def _corrected(word: str, time_words: Mapping[str, int]) -> str:
    """Return the time word of which this is a misspelling, else the word itself."""
    lower = word.lower()
    if lower.removesuffix("s") in time_words or lower in _OTHER_WORDS:
        return word
    for name, most in time_words.items():
        is_near = name[0] == lower[0] and abs(len(name) - len(lower)) <= most
        if is_near and DamerauLevenshtein.distance(lower, name, score_cutoff=most) <= most:
            return name
    return word
