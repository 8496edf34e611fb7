"""Finds the organisations or people whose papers a request wants: "Apple papers".

The names themselves come from a lookup; here the words around them are read.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.text.words import STOPWORDS, fold

MAX_NAMES = 4  # in one request: "Apple, Meta and IBM"

_WORD = re.compile(r"[^\W_]+")
_PAPERS = frozenset(
    """papers preprints publications articles works studies submissions uploads releases
    contributions""".split()
)
WORKS = _PAPERS | frozenset(
    """paper preprint publication article work study research stuff things output something
    anything everything smth sth anyting anythng ones one those them news count share number
    percentage fraction total tally""".split()
)
_PUBLISHES = frozenset(
    """publish publishes published publishing release releases released releasing put puts putting
    post posts posted posting write writes wrote written writing present presented submit submitted
    upload uploaded authored coauthor coauthored share shared come came drop dropped produce
    produced announce announced ship shipped cooking cooked got been up working appear
    appeared shown""".split()
)
_DOES = frozenset("do did done make made have has had".split())
_ASKS = frozenset(
    "did does do has have had what whatever s which that is if whether when where and or".split()
)
_TEAMS = frozenset(
    """company companies startup team teams people folks researchers guys lab labs group crew
    ppl""".split()
)
# Words of requests that are no part of a topic: "the most popular", "lately", "pls".
_REQUEST = frozenset(
    """new newest latest recent recently lately best top hot hottest trending popular upvoted voted
    liked discussed important last past today yesterday now currently week month year day quarter
    since until till maybe please pls plz thanks thx hi hey paperboy list find get search check abt
    look want need read see digest summary summarise summarize overview recap count total code
    github repo many much code only anyone know regarding concerning related w re vs mostly also
    january february march april may june july august september october november december
    lot lots bunch me us got there here interested cool good great interesting big""".split()
)
FUNCTION_WORDS = STOPWORDS | WORKS | _PUBLISHES | _REQUEST | _TEAMS
_ONLY_ENDS = frozenset("only maybe please pls plz thanks thx too".split())
_PLACEHOLDER = re.compile(r"\b(?:PERSON|TITLE)\d+\b", re.IGNORECASE)
_AND = re.compile(r"\s*(?:[,/&+]|\b(?:and|or)\b)\s*(?:(?:from|by|at|of|the)\s+)*", re.IGNORECASE)
_COMPARES = re.compile(r"\b(?:vs|versus|compar\w+|differ\w*|better|than|against)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hidden:
    """A text with a placeholder for each name of a person or title, which no rule takes for words.

    The placeholders are PERSON0, PERSON1 … or TITLE0, TITLE1 …
    """

    text: str
    names: dict[str, str]  # as they were typed, by placeholder

    def shown(self, text: str) -> str:
        """Return a text with the names in place of the placeholders."""
        return _PLACEHOLDER.sub(lambda match: self.names.get(match[0].upper(), match[0]), text)

    def has_inside(self, words: str) -> bool:
        """Return whether the words are only a part of one of the names."""
        typed = f" {words.casefold()} "
        return any(
            typed in f" {name.casefold()} " and len(name) > len(words)
            for name in self.names.values()
        )


@dataclass(frozen=True, slots=True)
class Mention:
    """Organisations or people as they were typed, and where they stand."""

    label: str
    parts: tuple[tuple[str, ...], ...]  # what each of them is called in the catalogue
    start: int  # of the matched text, which includes a preposition
    end: int
    together: bool = False  # all of them are wanted on one paper, not any: "Ada and Bo"
    alike: tuple[str, ...] = ()  # names that may be meant, if no part has any

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all of them; empty if the catalogue has no paper of theirs."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part))


# Takes the text's words and the number of one; returns how many words from there on are a name, and
# what it is called in the catalogue.
Lookup = Callable[[Sequence[str], int], tuple[int, tuple[str, ...]]]


def find_mention(text: str, lookup: Lookup, *, language: str = "en") -> Mention | None:
    """Return the organisations or people whose papers a request wants; None if it names none.

    `language` is the one from which the text was translated word by word.
    """
    spans = [match.span() for match in _WORD.finditer(text)]
    words = [fold(text[start:end]) for start, end in spans]
    first = 0
    while first < len(words):
        last, parts = _names_at(text, spans, words, first, lookup)
        if last > first:
            asked = _Request(text, spans, words, language).part_for(first, last)
            if asked:
                label = text[spans[first][0] : spans[last - 1][1]]
                together = len(parts) > 1 and not {"or", "vs", "versus"} & set(words[first:last])
                return Mention(label, tuple(parts), *asked, together)
        first = max(last, first + 1)
    return None


def _names_at(
    text: str,
    spans: Sequence[tuple[int, int]],
    words: Sequence[str],
    first: int,
    lookup: Lookup,
) -> tuple[int, list[tuple[str, ...]]]:
    """Return where the names that begin at a word end ("CMU and MIT"), and what each means."""
    parts: list[tuple[str, ...]] = []
    start, last = first, first
    for _ in range(MAX_NAMES):
        length, found = lookup(words, start)
        if not length or _is_in_word(text, spans[start][0], spans[start + length - 1][1]):
            break
        parts.append(found)
        last = start + length
        joint = _AND.match(text, spans[last - 1][1])
        following = [n for n in range(last, len(spans)) if joint and spans[n][0] == joint.end()]
        if not following:
            break
        start = following[0]
    return last, parts


# -- whether a name stands for its papers --------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Request:
    """A text in which names were found."""

    text: str
    spans: Sequence[tuple[int, int]]
    words: Sequence[str]
    language: str

    def part_for(self, first: int, last: int) -> tuple[int, int] | None:
        """Return the text from a preposition to the name's end if papers of these are wanted.

        A name inside a compound ("Apple Watch", "the Amazon reviews") stands for something else.
        """
        end = self._after_team(last)
        after = self._word(end)
        is_compound = self._touches(end) and after not in FUNCTION_WORDS and not after.isdigit()
        if is_compound and self.language == "en":
            return None
        begin = first
        while begin and self.words[begin - 1] in ("the", "our", "some"):
            begin -= 1
        if (
            begin > 1
            and self.words[begin - 1] in ("at", "of", "from", "in")
            and (self.words[begin - 2] in _TEAMS | {"authors", "someone", "anyone"})
        ):  # "by people at Meta"
            begin -= 2
            while begin and self.words[begin - 1] == "the":
                begin -= 1
        before = self._word(begin - 1) if self._touches(begin) else ""
        is_cue = before in ("from", "by", "at", "of", "with")
        if self.language != "en" and not WORKS.isdisjoint(self.words):
            # Words translated one by one do not stand in the order of English.
            if is_cue or (self.language == "zh" and not after[:1].isdigit()):
                return self.spans[begin - is_cue][0], self._end(end)
        elif is_compound:
            return None
        if is_cue and self._is_origin(begin - 1, before):
            return self.spans[begin - 1][0], self._end(end)
        wanted = (
            self._has_papers(begin, end, before)
            or self._publishes(end, before)
            or self._is_alone(begin, end)
        )
        return (self.spans[begin][0], self._end(end)) if wanted else None

    def _is_origin(self, cue: int, word: str) -> bool:
        """Return whether papers are from, by, at or of the named, not something else."""
        earlier = self.words[:cue]
        if all(other in FUNCTION_WORDS or other.isdigit() for other in earlier):
            return word != "with" or not earlier or earlier[-1] in WORKS | _REQUEST
        if word in ("of", "with"):
            return bool(earlier) and earlier[-1] in WORKS | _REQUEST and self._touches(cue)
        return word == "by" or not (WORKS | _REQUEST).isdisjoint(self.words)

    def _has_papers(self, begin: int, end: int, before: str) -> bool:
        """Return whether papers follow: "Meta papers", "the Qwen team's latest papers"."""
        if before and before not in FUNCTION_WORDS and not before.isdigit():
            return False
        while self._word(end) in _REQUEST | {"own", "s", "most", "other"}:
            end += 1
        # "the Qwen paper" is one about a model.
        return self._word(end) in _PAPERS or (
            self._word(end) in WORKS and self._word(begin) != "the"
        )

    def _publishes(self, end: int, before: str) -> bool:
        """Return whether the request asks what they did: "did Meta publish …"."""
        if before and before not in _ASKS | WORKS:
            return False
        following = list(self.words[end : end + 4])
        while following and following[0] in _REQUEST | {"also", "even", "just", "ever", "not"}:
            following.pop(0)
        if not following:
            return before in ("has", "have")
        verb = following.pop(0)
        if verb in _DOES and following and following[0] in _PUBLISHES | _DOES:
            verb = following.pop(0)
        if verb in _PUBLISHES or (before in _ASKS and not _PUBLISHES.isdisjoint(self.words[end:])):
            return True
        is_something = not following or following[0] in FUNCTION_WORDS - {"a", "an", "the"}
        return (verb in _DOES and is_something) or (before in _DOES and verb in WORKS | {"any"})

    def _is_alone(self, begin: int, end: int) -> bool:
        """Return whether the name stands alone: "and Google?", "count: Oxford, 2025"."""
        while self._word(end) in _ONLY_ENDS and self._touches(end):
            end += 1
        others = [*self.words[:begin], *self.words[end:]]
        if all(word in FUNCTION_WORDS or word.isdigit() for word in others):
            return not {"is", "are", "does", "do", "did"} & set(others)
        is_item = not self._touches(begin) and not self._touches(end)
        is_list = len(others) > 1 and not _REQUEST.isdisjoint(others)
        return is_item and is_list and not _COMPARES.search(self.text)

    def _word(self, n: int) -> str:
        return self.words[n] if 0 <= n < len(self.words) else ""

    def _touches(self, n: int) -> bool:
        """Return whether only space is between word n and the word before it."""
        if not 0 < n < len(self.words):
            return False
        between = self.text[self.spans[n - 1][1] : self.spans[n][0]]
        return not between.strip() or between in ("'", "’")

    def _after_team(self, n: int) -> int:
        """Return the number of the word after "'s" and "team", if they follow."""
        while self._touches(n) and self.words[n] in _TEAMS | {"s"}:
            n += 1
        return n

    def _end(self, n: int) -> int:
        return self.spans[n - 1][1]


def _is_in_word(text: str, start: int, end: int) -> bool:
    """Return whether a name is a part of a longer word ("meta-learning") or of a link."""
    before = re.search(r"\S*$", text[:start])
    after = re.match(r"\S*", text[end:])
    assert before
    assert after
    is_link = "/" in before[0] + after[0] and "." in before[0] + after[0]
    is_part = re.match(r"[-_.]\w", after[0]) or before[0][-1:] in ("-", "_", "@", ".")
    return is_link or bool(is_part)
