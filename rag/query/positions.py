"""Finds which papers of a list a text chooses: "number 3", "the last two", "all but the first".

Each word becomes the letter of its role (position_words.py), and the grammar is patterns over these
letters. So one grammar reads five languages, and phrases that mix them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rag.query.position_words import ORDINALS, Word, position_words
from rag.records import Paper
from rag.text.language import strip_accents

MAX_ITEMS = 30  # numbers and places in a text; one with more is about something else
_PUNCTUATION = dict.fromkeys("?!;:¿¡。？.", ".") | {"，": ","} | {c: c for c in ",()[]"}

# The grammar, over the letters of ROLES; ? is any other word.
_THE, _NUMBER, _NOUN = "[dDg]", "[n1]", "[sPQOm1]{0,2}"
_ITEM = re.compile(
    rf"{_THE}{{0,2}}(?:"
    r"(?P<step>(?:[1PQsm]w?|(?<=D)j?)[yz][dDv]{0,2}[1PQs]?|[yz]s"
    rf"|K(?![rm]|{_THE}?[noFptl<>])d?[1PQsmv]?)"
    rf"|(?P<few>[Ftl]{_THE}?n|n[Fl])(?:R|{_NOUN})"
    rf"|(?P<back>(?<![fg])(?<![fg]{_THE})or?{_THE}?l|[oF]{_NOUN}[rfijgdD]{{1,5}}[EB]|qh?{_NUMBER}){_NOUN}"
    rf"|(?P<number>\[n\]|(?:m\.?|P|R|h){_NUMBER}s?|N\.?n|(?<![<>])n(?![sPRQOmX1])|1)"
    rf"|(?P<place>[oFptlB]|[<>](?!n)){_NOUN})"
)
_SEPARATOR = re.compile(r",?c?a{1,2}|,|c?a?r|c")
_OF_THE_LIST = re.compile(rf"[fijkS]{_THE}*L")
_EXCEPT = re.compile(rf"(?:A(?:{_THE}|[PRLif1])*[be]|e)[fij]?$")
_NOT = re.compile(r"x,?$")
_BARE = re.compile(rf"{_THE}*{_NUMBER}")
# What may follow a position that no noun ends; other words it belongs to, as in "last week".
_END = re.compile(rf"$|[.,()\[\]bwvWAcex]|a(?!{_THE}?[oFlptB])|[kSyz](?:\.|$)|i[dD1n]*M")
_OF_SOMETHING = re.compile(r"[ij](?![dD1n]*M)|P?[dD]*l?T")  # "number 3 in ImageNet", "#1 yesterday"
_DESCRIBED = re.compile(r"[ijufgr](?![dD1n]*M)|[kSyz](?!\.|$)")  # "the first paper on robots"
# If all other words have these roles, a bare number is a position.
_NOTHING_ELSE = re.compile(r"(?:[wvW.,()\[\]aAebxNfgkcrdDLM]|Kr|X(?=[kS])|[ij](?=[dDM1n]|$))*")
_NOUN_BESIDE = re.compile(rf"{_THE}+[1PQsm]w?[yz]")  # "the paper after"
_POLITE = re.compile(r"[w.,()a]*")


class Place(NamedTuple):
    """Positions `first` to `last` of a list, from 1; negative ones count from its end.

    `is_number`: as the list numbers its papers, over all pages; then no paper has a negative one.
    `step` is 1 for the paper after the one that was talked about, -1 for the one before it.
    """

    first: int
    last: int
    is_number: bool = False
    step: int = 0

    def beside(self, step: int) -> "Place":
        """Return the place after this one, or before it if `step` is -1."""
        position = self.first + step
        is_number = self.is_number or position == 0 or position > len(ORDINALS[0].split())
        return Place(position, position, is_number)

    def __str__(self) -> str:
        """Return the place in plain English, which reads as the same place."""
        if self.step:
            return "the next one" if self.step > 0 else "the previous one"
        if self.first == self.last:
            return self._one(self.first)
        if self.first == 1 and not self.is_number and self.last > 0:
            return f"the first {self.last}"
        if self.last == -1 and self.first < 0 and not self.is_number:
            return f"the last {-self.first}"
        return f"{self._one(self.first)} to {self._one(self.last)}"

    def _one(self, position: int) -> str:
        if self.is_number:
            return f"number {position}"
        nth = ORDINALS[0].split()[abs(position) - 1]
        if position > 0:
            return f"the {nth} one"
        return "the last one" if position == -1 else f"the {nth} to last one"


@dataclass(frozen=True, slots=True)
class Choice:
    """A part of a text, text[start:end], that chooses papers; with `others`, all but these."""

    start: int
    end: int
    places: tuple[Place, ...]
    others: bool = False
    may_be_new: bool = False  # "the top 10" may ask for a new list, "next" for a further page

    def __str__(self) -> str:
        """Return the choice in plain English, which reads as the same choice."""
        places = " and ".join(map(str, self.places))
        return f"all but {places}" if self.others else places


class _Token(NamedTuple):
    word: Word
    start: int
    end: int


class _Item(NamedTuple):
    """A place that is named at roles[start:end]; `kind` is the group of _ITEM."""

    start: int
    end: int
    kind: str
    roles: str
    place: Place
    is_digit: bool


def find_choices(text: str) -> list[Choice]:
    """Return what a text chooses from a list by positions, in order; often nothing."""
    tokens = _tokens(strip_accents(text))
    roles = "".join(token.word.role for token in tokens)
    items = [
        _Item(
            *match.span(),
            kind=match.lastgroup or "",
            roles=match[0],
            place=_place(match, tokens),
            is_digit=tokens[match.end() - 1].word.is_digit,
        )
        for match in _ITEM.finditer(roles)
        if not _is_count(match, tokens)
    ]
    if len(items) > MAX_ITEMS:
        return []
    rest, end = "", 0
    for item in items:
        rest, end = rest + roles[end : item.start], item.end
    rest += roles[end:]
    groups = [kept for group in _groups(items, roles) if (kept := _accepted(group, roles, rest))]
    asserted = [group for group in groups if not _is_negated(group, roles)]
    found = []
    for group in asserted or groups:
        start, end = group[0].start, group[-1].end
        excluded = _EXCEPT.search(roles, 0, start) or _NOT.search(roles, 0, start)
        tail = _OF_THE_LIST.match(roles, end)
        first = tokens[excluded.start() if excluded else start]
        last = tokens[(tail.end() if tail else end) - 1]
        is_top = any(item.kind == "few" and "t" in item.roles for item in group)
        may_be_new = is_top or group[0].roles in ("<", ">")
        places = _ranges(group, roles)
        found.append(Choice(first.start, last.end, places, bool(excluded), may_be_new))
    return found


def only_chooses(text: str) -> bool:
    """Return whether a text names no subject beside its choices; "top 3" may ask for a new list."""
    found = find_choices(text)
    if not found or any(choice.may_be_new for choice in found):
        return False
    tokens = _tokens(strip_accents(without_choices(text)))
    return bool(_NOTHING_ELSE.fullmatch("".join(token.word.role for token in tokens)))


def in_english(text: str) -> str:
    """Return the text with its choices in plain English: "el penúltimo" → "the second to last"."""
    for choice in reversed(find_choices(text)):
        if choice.may_be_new:
            continue
        text = f"{text[: choice.start]}{choice}{text[choice.end :]}"
    return text


def without_choices(text: str) -> str:
    """Return the text without its choices."""
    for choice in reversed(find_choices(text)):
        text = f"{text[: choice.start]} {text[choice.end :]}"
    return text


def select(
    found: Sequence[Choice],
    page: Sequence[Paper],
    numbered: Mapping[int, Paper],
    current: Paper | None,
) -> tuple[tuple[Paper, ...], int | None]:
    """Return the papers that the choices select, and the first position that the list lacks.

    `page` is what was shown last; `numbered` are all pages by their numbers. `current` is the paper
    that was last talked about: the one after it is the next one.
    """
    selected: list[Paper] = []
    missing = None
    for choice in found:
        chosen: list[Paper] = []
        for position, is_number in _positions(choice, page, numbered, current):
            paper = numbered.get(position) if is_number else None
            if paper is None and 0 < position <= len(page) and not (is_number and numbered):
                paper = page[position - 1]
            if paper:
                chosen.append(paper)
            elif missing is None:
                missing = position
        selected += [paper for paper in page if paper not in chosen] if choice.others else chosen
    return tuple(dict.fromkeys(selected)), missing


def _positions(
    choice: Choice,
    page: Sequence[Paper],
    numbered: Mapping[int, Paper],
    current: Paper | None,
) -> Iterator[tuple[int, bool]]:
    """Yield the positions of a choice from the start, and whether each is a number of the list."""
    for place in choice.places:
        if place.step:
            numbers = numbered or dict(enumerate(page, start=1))
            now = next((n for n, paper in numbers.items() if paper == current), None)
            yield (1, False) if now is None else (now + place.step, True)
            continue
        first, last = (
            position + len(page) + 1 if position < 0 and not place.is_number else position
            for position in (place.first, place.last)
        )
        if place.first == 1 and not place.is_number and last > len(page):
            continue  # "the top 10" are hardly those of a shorter list
        step = 1 if first <= last else -1
        for position in range(first, last + step, step):
            yield position, place.is_number


def _groups(items: Sequence[_Item], roles: str) -> list[list[_Item]]:
    """Return the items in groups: those that "and", "to" or a comma joins."""
    groups: list[list[_Item]] = []
    for item in items:
        if groups:
            group = groups[-1]
            between = roles[group[-1].end : item.start]
            is_corrected = between == "," and _is_negated(group, roles)
            is_beside = not between and group[-1].kind == "step"  # "the one after number 3"
            if is_beside or (_SEPARATOR.fullmatch(between) and not is_corrected):
                group.append(item)
                continue
        groups.append([item])
    return groups


def _is_negated(group: Sequence[_Item], roles: str) -> bool:
    """Return whether a group is what is not meant: "not 3 but 4", "no el 3, sino el 4"."""
    start, end = group[0].start, group[-1].end
    is_corrected = roles[end:].lstrip(",").startswith("b")
    says_no = roles[start] == "N" or roles[:start].endswith("N")
    return bool(_NOT.search(roles, 0, start)) or (says_no and is_corrected)


def _accepted(group: Sequence[_Item], roles: str, rest: str) -> Sequence[_Item]:
    """Return the items of a group, from its first on, that are positions in a list.

    `rest` are the roles of all words outside items.
    """
    kinds = [_kind(item) for item in group]
    if "one" in kinds:  # "eins", but not "which one"
        return group if _POLITE.fullmatch(rest) and group[0].roles == "1" else ()
    if _NOTHING_ELSE.fullmatch(rest) and "new" not in kinds:
        return group
    before = roles[: group[0].start]
    for count in range(len(group), 0, -1):
        after = roles[group[count - 1].end :]
        if tail := _OF_THE_LIST.match(after):
            after = after[tail.end() :]
        is_last = bool(_POLITE.fullmatch(after))
        is_open = kinds[0] in ("marked", "named", "definite") or (
            kinds[0] == "bare"
            and (count > 1 or (is_last and group[0].is_digit))
            and bool(re.search(r"[jk]$" if count == 1 else r"(?:^|[jkcvW])$", before))
        )
        is_day = (
            before.endswith(("S", "y", "z")) and group[0].place.is_number and kinds[0] == "definite"
        )
        if is_day:  # "since the 3rd"
            return ()
        if (is_open or _EXCEPT.search(before)) and _may_end(group[count - 1], after):
            return group[:count]
    return ()


def _kind(item: _Item) -> str:
    """Return how an item is named, which decides what may stand around it."""
    if item.kind == "step":
        return "definite" if _NOUN_BESIDE.match(item.roles) else "indefinite"
    if item.kind == "number":
        if not _BARE.fullmatch(item.roles):
            return "marked"
        return "one" if item.roles.endswith("1") else "bare"
    has_determiner = item.roles[0] in "dDg"
    is_lone = item.roles == "t" or (item.kind == "few" and "t" in item.roles)
    is_page = item.roles[-1] == "O" and not {"<", ">"}.isdisjoint(item.roles)
    if is_page or (not has_determiner and (is_lone or item.roles[-1] == "R")):
        return "new"  # "next", "top 3" and "last 3 papers" are no part of the list before
    if item.roles[-1] in ("sPQOm1" if has_determiner else "sO1") and item.kind != "few":
        return "named"  # but "previous model versions"
    if item.roles[-1] in "<>":  # "from one stage to the next"
        return "indefinite"
    return "definite" if has_determiner or item.kind == "back" else "indefinite"


def _may_end(item: _Item, after: str) -> bool:
    """Return whether an item may stand in front of these roles."""
    kind = _kind(item)
    is_particle = item.roles.startswith("h") and not item.roles.endswith("s")  # "第三季度"
    if kind == "marked" and not is_particle and item.roles[-1] != "1":  # "the number one cause"
        return not _OF_SOMETHING.match(after)
    if kind == "named" or item.roles[-1] in "PRQ":
        is_described = item.roles[-1] in "PRQm" and _DESCRIBED.match(after)
        return not is_described and not _OF_SOMETHING.match(after)
    return bool(_END.match(after))


def _ranges(group: Sequence[_Item], roles: str) -> tuple[Place, ...]:
    """Return the places of a group, with "2 to 4" and "the one after number 3" as one."""
    places: list[Place] = []
    is_compared = bool(re.search(r"c[dDg]*$", roles[: group[0].start]))  # "compare 1 to 4"
    end = 0
    for item in group:
        is_single = item.place.first == item.place.last and not item.place.step
        if places and places[-1].step and end == item.start and is_single:
            places[-1] = item.place.beside(places[-1].step)
        elif places and "r" in roles[end : item.start] and not is_compared:
            places[-1] = places[-1]._replace(last=item.place.last)
        else:
            places.append(item.place)
        end = item.end
    return tuple(places)


def _is_count(match: re.Match[str], tokens: Sequence[_Token]) -> bool:
    """Return whether an item is a number of papers: "the two", but not "el 2"."""
    if not _BARE.fullmatch(match[0]) or len(match[0]) == 1:
        return False
    return "d" in match[0] or not tokens[match.end() - 1].word.is_digit


def _place(match: re.Match[str], tokens: Sequence[_Token]) -> Place:
    """Return the place that an item names."""
    within = tokens[match.start() : match.end()]
    numbers = [word.value for word, *_ in within if word.role in "n1"]
    nth = [word for word, *_ in within if word.role in "oFp"]
    match match.lastgroup:
        case "few":
            return Place(-numbers[0], -1) if "l" in match[0] else Place(1, numbers[0])
        case "back":
            count = nth[0].value if nth else numbers[0]
            return Place(-count, -count)
        case "number":
            return Place(numbers[0], numbers[0], is_number=True)
        case "step":
            return Place(0, 0, step=-1 if "z" in match[0] else 1)
    if nth:
        return Place(nth[0].value, nth[0].value, is_number=nth[0].is_digit)
    step = (">" in match[0]) - ("<" in match[0])
    return Place(0, 0, step=step) if step else (Place(1, 1) if "t" in match[0] else Place(-1, -1))


def _tokens(plain: str) -> list[_Token]:
    """Return the words and signs of a text in small letters without accents."""
    words = position_words()
    found = []
    for match in _token_pattern().finditer(plain):
        text = match[0]
        if match["joint"]:
            continue
        if match["nth"]:
            number = int(match["nth"])
            word = Word("F" if number == 1 else "o", number, is_digit=True)
        elif match["digits"] or match["minus"]:
            word = Word("n", int(text), is_digit=True)
        else:
            word = words.get(text) or Word(_PUNCTUATION.get(text, "?"))
        found.append(_Token(word, *match.span()))
    return found


@lru_cache(maxsize=1)
def _token_pattern() -> re.Pattern[str]:
    """Return what matches one word, number or sign; a name with digits is one word."""
    keys = sorted(position_words(), key=len, reverse=True)
    phrases = [key for key in keys if not key.isalnum() and len(key) > 1]
    han = [key for key in keys if "\u4e00" <= key[0] <= "\u9fff"]
    return re.compile(
        rf"(?<!\w)(?:{'|'.join(map(re.escape, phrases))})(?:(?<=\W)|(?!\w))"
        rf"|{'|'.join(han)}"
        r"|(?<![\w.])(?P<nth>\d{1,2})(?:st|nd|rd|th|e|er|re|eme|ere|[oa])(?![a-z\d-])"
        r"|(?P<minus>(?<![\w.)\]-])(?<!\d\s)-\d{1,2}(?![\w.:/-]))"  # no number of a list
        r"|[a-z]+\d[\w.-]*|\d+[a-z][\w-]*|[a-z]+-\d[\w.-]*"
        r"|\d{3,}(?:[.:/-]\d+)*|\d+(?:[.:/]\d+)+|\d+(?:-\d+){2,}"
        r"|(?P<digits>\d{1,2})|[^\W\d_\u4e00-\u9fff]+|(?P<joint>(?<=[a-z])-(?=[a-z]))|\S"
    )
