"""Reads what a request leaves out: "papers without code", "not about video", "except surveys".

"Without" and "not" mostly belong to a topic ("learning without labels"). They leave papers out only
if the question asks for papers, and if code follows or a word like "about".
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import takewhile
from typing import Any

from rag.query.mentions import FUNCTION_WORDS
from rag.query.positions import find_choices
from rag.query.request import Kind, Request
from rag.query.window import find_window
from rag.text.words import STOPWORDS

KEPT_IN = "I can leave out topics and papers with code, but not {}: such papers are included."
MAX_TOPICS = 6  # that one request leaves out
SURE = 0.9  # probability of a kind that is taken as it is
_KINDS: tuple[Kind, ...] = (
    "list", "advice", "summary", "trending", "count", "similar", "follow-up",
)  # fmt: skip

_NOUN = (
    r"(?:papers?|articles?|preprints?|publications?|works|studies|ones?"
    r"|(?<!for )(?:anything|everything)|something|those|stuff)"
)
_PAPERS = re.compile(rf"\b{_NOUN}\b|\ball\s*$", re.IGNORECASE)
_SEVERAL = re.compile(
    r"\b(?:papers|articles|preprints|publications|works|studies)\b", re.IGNORECASE
)
_BEGINS = re.compile(
    r"\W*(?:(?:and|ok|okay|which|but|now|only|just|please|the|same|of|them|these)\W+)*",
    re.IGNORECASE,
)
_EXPLAINS = re.compile(r"\W*(?:how|why|when|where)\b(?! many| much)", re.IGNORECASE)

_CODE = (
    r"(?:(?:any|an?|their|its|the|public(?:ly)?|published|released|available|open|official|source"
    r"|open[- ]sourced?|github|git)\s+)*"
    r"(?:code|codebase|github|git|repos?|repositor(?:y|ies)|implementations?)(?![\w-])"
    r"(?:\s+(?:available|released|published|public|yet|online))*"
)
_NOT = r"(?:\s+not|n['’]t)"
_THOSE = r"(?:(?:for\s+)?(?:the|those|papers|ones|any|articles)\s+)*"
_WITH = r"(?:with|having|that\s+(?:have|come\s+with|release)|which\s+have)"
_SKIP = r"(?:skip|drop|ignore|hide|remove|leave\s+out)"
_BUT = rf"(?:except(?:ing)?|excluding|but\s+not|not|{_SKIP})"
_ONLY_CODE = re.compile(
    rf"\b{_BUT}\s+{_THOSE}(?:without|(?:{_WITH}\s+)no)\s+{_CODE}", re.IGNORECASE
)
_NO_CODE = re.compile(
    rf"(?<![\w-])(?:(?:that|which)\s+)?(?:(?:and|but|come|comes|are|is)\s+)?(?:"
    rf"(?:without|lack(?:s|ing)?|missing|(?:(?:{_WITH}|have|has|got|provides?|releases?)\s+)?no)"
    rf"\s+{_CODE}"
    rf"|(?:do|does|did|have|has){_NOT}\s+(?:yet\s+)?(?:have|come\s+with|ship(?:ped)?|releas(?:e|ed)"
    rf"|publish(?:ed)?|provided?|shared?|offer(?:ed)?|included?)\s+{_CODE}"
    rf"|{_BUT}\s+{_THOSE}{_WITH}\s+{_CODE}"
    rf"|(?:are|is){_NOT}\s+(?:yet\s+)?open[-\s]?sourced?(?![\w-])"
    rf"|whose\s+{_CODE}\s+(?:is|was|has|are){_NOT}(?:\s+(?:yet|been))*"
    rf"(?:\s+(?:available|released|public|published|open|online|out|shared))+)",
    re.IGNORECASE,
)

_ABOUT = r"(?:about|on|regarding|concerning|related\s+to|dealing\s+with|covering|mentioning)"
_MENTION = (
    r"(?:mention|discuss|cover|concern|involve|deal\s+with|talk\s+about|address|focus\s+on|treat)"
)
_OUT = rf"(?:\s+{_THOSE}|\s+)(?:{_ABOUT}\s+)?"
_CUE = re.compile(
    rf"(?<![\w-])(?:(?:that|which|and|but|just|only)\s+)*(?:"
    rf"(?:(?:are|is|were)\s+)?(?P<bare>not)\s+(?:really\s+|at\s+all\s+)?{_ABOUT}\s+"
    rf"|(?:are|is|were)n['’]t\s+{_ABOUT}\s+"
    rf"|{_SKIP}\s+{_THOSE}{_ABOUT}\s+"
    rf"|(?:do|does){_NOT}\s+{_MENTION}\s+"
    rf"|(?:except(?:ing)?|excluding|other\s+than|apart\s+from|aside\s+from|leaving\s+out"
    rf"|but\s+(?:not|nothing|no|none))(?!\s+(?:only|just|merely|yet|one|longer|idea)\b){_OUT}"
    rf"|(?<=anything )but{_OUT}|(?<=everything )but{_OUT}|(?<=all )but{_OUT}"
    rf"|(?:^|(?<=[,;.]\s)|(?<=please\s))nothing\s+{_ABOUT}\s+"
    r"|(?:(?:are|is|were)\s+)?not\s+(?=(?:from|by)\s)"
    r"|(?P<beside>(?:(?:or|nor)\s+)?(?:without|with\s+no)\s+(?:any\s+)?|nor\s+))",
    re.IGNORECASE,
)  # fmt: skip
# What "without video" may follow: "papers", "papers with code", or another exclusion.
_BESIDE = re.compile(rf"(?:\b{_NOUN}|\bwith\s+{_CODE})[\s,]*$", re.IGNORECASE)
_NEITHER = re.compile(r"\b(?:with|have|has)\s+neither\s+(\S+(?:\s\S+)?)\s+nor\s+", re.IGNORECASE)
# "Models that depend not on labels" leave out nothing.
_VERB = re.compile(
    r"\b(?:depend|rel(?:y|ie)|focus|work|run|train|act|operate|based|trained|tested|evaluated"
    r"|built|conditioned)(?:e?s)?\s+$",
    re.IGNORECASE,
)
_SKIPS_ALL = re.compile(rf"\b{_SKIP}\s+(?:anything|everything|all)\s+$", re.IGNORECASE)
_END = re.compile(
    r"[;:?!()]|(?<!\b(?-i:[A-Z]))\.(?!\d)|,(?!\s+(?:[\w-]+\s+){1,3}?(?:and|or)\s)"
    r"|\s(?:but|please|pls|plz|thanks|published|featured|released|posted"
    r"|(?:and\s+)?(?:sort|order|rank)(?:ed)?\s|with\s+(?:\w+\s+){0,2}"
    r"(?:code|github|votes|upvotes|authors)|(?:from|by)\s(?=(?-i:[A-Z\d])))",
    re.IGNORECASE,
)
_JOINED = re.compile(r"\s*(?:,|\b(?:and|or|nor)\b)\s*", re.IGNORECASE)
_SOURCE = re.compile(r"(?:from|by)\b", re.IGNORECASE)
# "Papers that are not on arXiv" names a place.
_PLACES = re.compile(r"(?:hugging ?face|hf|ar ?xiv|github|twitter)", re.IGNORECASE)
_REFERS = re.compile(r"(?:it|that|this|these|those|them)", re.IGNORECASE)
_AROUND = STOPWORDS | set("papers paper articles article ones those please".split())


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What a question leaves out; `text` is the question without the words that say so.

    `positive` is the question as if it asked for that: its kind is the same, and better known.
    `impossible` are names and days, which cannot be left out: "from NVIDIA".
    """

    text: str
    positive: str
    topics: tuple[str, ...] = ()
    without_code: bool = False
    impossible: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.topics or self.without_code or self.impossible)

    @property
    def slots(self) -> dict[str, Any]:
        """The fields of a Request."""
        kept_in = " and ".join(f"“{words}”" for words in self.impossible)
        return {
            "without_code": self.without_code,
            "excluded": self.topics,
            "kept_in": KEPT_IN.format(kept_in) if kept_in else "",
        }

    def settle(self, request: Request, *, follows: bool) -> Request:
        """Return the request as one for several papers, since those alone leave some out."""
        if self.without_code and self._is_follow_up(follows=follows):
            request = replace(request, facts=(*request.facts, "code"))  # "no code?", of one paper
        if not self or (request.kind in _KINDS and request.certainty >= SURE):
            return request
        kind: Kind = "follow-up" if self._is_follow_up(follows=follows) else "list"
        return replace(request, kind=kind, certainty=1.0)

    def _is_follow_up(self, *, follows: bool) -> bool:
        return follows and not _PAPERS.search(self.text)


def find_exclusions(
    text: str,
    today: date,
    *,
    is_name: Callable[[str], bool],
    follows: bool = False,
    names_paper: bool = False,
) -> Exclusions:
    """Return what a question in English leaves out.

    `is_name` tells whether words name an organisation or a person. A follow-up need not say
    "papers"; what names a paper must, since "the X paper has no code" is about that one.
    """
    if _EXPLAINS.match(text) or (names_paper and not _SEVERAL.search(text)):
        return Exclusions(text, text)
    text = _NEITHER.sub(r"without \1 and without ", text)
    text = positive = _ONLY_CODE.sub("with code", text)
    without_code, cut = False, -1
    match = _NO_CODE.search(text)
    if match and _is_whole(text, match.end()) and _is_about_papers(text, match.start(), follows):
        without_code = True
        positive = f"{text[: match.start()]}with code{text[match.end() :]}"
        text, cut = _cut(text, match.start(), match.end()), match.start()
    topics: list[str] = []
    impossible: list[str] = []
    start = 0
    while match := _CUE.search(text, start):
        start = match.end()
        if match["beside"] and not _is_beside(text, match.start(), cut):
            continue
        end = _end_of_topic(text, match.end(), today)
        named = text[match.end() : end].strip()
        is_source = _SOURCE.match(named)
        parts = [named] if is_source else [*_topics(_JOINED.split(named))]
        if not parts or not _leaves_out(text, match, follows):
            continue
        for part in parts:
            is_other = is_source or is_name(part) or _is_time_or_place(part, today)
            (impossible if is_other or len(topics) == MAX_TOPICS else topics).append(part)
        positive = positive.replace(match[0], " about ")
        text, start = _cut(text, match.start(), end), match.start()
        cut = start
    return Exclusions(
        text, " ".join(positive.split()), tuple(topics), without_code, tuple(impossible)
    )


def _leaves_out(text: str, match: re.Match[str], follows: bool) -> bool:
    """Return whether a word like "not about" leaves papers out, and no verb goes with it."""
    before = text[: match.start()]
    if (match["bare"] and _VERB.search(before)) or _SKIPS_ALL.search(before):
        return False
    is_first = "nothing" in match[0].casefold()  # "nothing on birds, papers of today"
    return _is_about_papers(text if is_first else before, match.start(), follows)


def _is_beside(text: str, start: int, cut: int) -> bool:
    """Return whether "without …" there is about papers, or goes on from what was cut out."""
    follows_cut = 0 <= cut <= start + 1 and not text[max(cut - 1, 0) : start].strip(" ,")
    return follows_cut or bool(_BESIDE.search(text[:start]))


def _is_about_papers(text: str, start: int, follows: bool) -> bool:
    """Return whether a text asks for papers, or a follow-up begins with what starts there."""
    return bool(_PAPERS.search(text) or (follows and _BEGINS.fullmatch(text[:start])))


def _is_whole(text: str, end: int) -> bool:
    """Return whether code ends there: "without code execution" goes on."""
    behind = re.match(r"\s+([\w-]+)", text[end:])
    return not behind or behind[1].casefold() in FUNCTION_WORDS or behind[1][0].isdigit()


def _end_of_topic(text: str, start: int, today: date) -> int:
    """Return where the topic that starts there ends: at a time, a name or the sentence's end."""
    behind = _END.search(text, start)
    end = behind.start() if behind else len(text)
    tail = text[start:end]
    if found := find_window(tail, today):
        same = takewhile(lambda pair: pair[0] == pair[1], zip(tail, found[1], strict=False))
        before = sum(1 for _ in same)
        return start + before if tail[:before].strip() else end
    return end


def _is_time_or_place(words: str, today: date) -> bool:
    if _PLACES.fullmatch(words):
        return True
    found = find_window(f"in {words}", today)
    return found is not None and not found[1].strip()


def _topics(parts: Iterable[str]) -> Iterable[str]:
    """Yield the topics among the parts of what is left out, without the words around them."""
    for part in parts:
        words = part.split()
        while words and words[-1].casefold() in _AROUND:
            words.pop()
        while words and words[0].casefold() in _AROUND:
            words.pop(0)
        refers = find_choices(part) or _REFERS.fullmatch(part.strip())
        if words and not refers:  # "all but the first"
            yield " ".join(words)


def _cut(text: str, start: int, end: int) -> str:
    return f"{text[:start].rstrip(' ,')} {text[end:].lstrip()}".strip()
