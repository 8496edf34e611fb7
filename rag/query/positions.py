"""Finds which papers of a list a text chooses: "number 3", "the last two", "all but the first".

Each word becomes the letter of its role (position_words.py), and the grammar is patterns over these
letters. So one grammar reads five languages, and phrases that mix them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from rag.query.position_words import ORDINALS, Token, tokens_of
from rag.text.language import strip_accents

MAX_ITEMS = 30  # numbers and places in a text; one with more is about something else

# The grammar, over the letters of ROLES; ? is any other word.
_THE, _NUMBER, _NOUN = "[dDg]", "[n1]", "[sPQOm1]{0,2}"
_ITEM = re.compile(
    rf"{_THE}{{0,2}}(?:"
    r"(?P<step>(?:[1PQsm]w?|(?<=D)j?)[yz][dDv]{0,2}[1PQs]?|[yz]s"
    rf"|K(?![rm]|{_THE}?[noFptl<>])d?[1PQsmv]?)"
    rf"|(?P<few>[Ftl]{_THE}?n|n[Fl])(?:R|{_NOUN})"
    rf"|(?P<back>(?<![fg])(?<![fg]{_THE})or?{_THE}?l|[oF]{_NOUN}[rfijgdD]{{1,5}}[EB]|qh?{_NUMBER}"
    rf"|l{_NOUN}b{_NUMBER}(?!{_NUMBER})){_NOUN}"
    rf"|(?P<number>\[n\]|(?:m\.?|P|R|h){_NUMBER}s?|N\.?n|(?<![<>])n(?![sPRQOmX1])|1)"
    rf"|(?P<place>[oFptlB]|[<>](?!n)){_NOUN})"
)
_SEPARATOR = re.compile(r",?c?a{1,2}|,|c?a?r|c")
_OF_THE_LIST = re.compile(rf"[fijkS]{_THE}*L")
_EXCEPT = re.compile(rf"(?:A(?:{_THE}|[PRLif1])*[be]|e)[fij]?$")
_WITHOUT = re.compile(r",?a?(?:b?e[fij]?|b?[xN]|b)")  # between "the first four" and "the third"
_SIDE = re.compile(rf"A(?:{_THE}|[PRLOij1])*(?P<side>[yz])j?$")  # "everything after"
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
    """A part of a text, text[start:end], that chooses papers; with `others`, all but these.

    With a `side` it chooses all papers after these (1) or before them (-1); never `without`.
    """

    start: int
    end: int
    places: tuple[Place, ...]
    others: bool = False
    may_be_new: bool = False  # "the top 10" may ask for a new list, "next" for a further page
    side: int = 0
    without: tuple[Place, ...] = ()

    def __str__(self) -> str:
        """Return the choice in plain English, which reads as the same choice."""
        places = " and ".join(map(str, self.places))
        if self.side:
            places = f"everything {'after' if self.side > 0 else 'before'} {places}"
        elif self.others:
            places = f"all but {places}"
        return f"{places} except {' and '.join(map(str, self.without))}" if self.without else places


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
    tokens = tokens_of(strip_accents(text))
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
    found: list[Choice] = []
    before: Sequence[_Item] = ()
    for group in groups:
        is_asserted = group in asserted or not asserted
        if found and _is_left_out(group, before, roles):
            end, without = tokens[group[-1].end - 1].end, _ranges(group, roles)
            found[-1] = replace(found[-1], end=end, without=found[-1].without + without)
        elif is_asserted:
            found.append(_choice(group, roles, tokens))
            before = group
    return found


def _choice(group: Sequence[_Item], roles: str, tokens: Sequence[Token]) -> Choice:
    """Return what a group of items chooses, together with the words that belong to it."""
    start, end = group[0].start, group[-1].end
    excluded = _EXCEPT.search(roles, 0, start) or _NOT.search(roles, 0, start)
    beyond = _SIDE.search(roles, 0, start)
    side = (1 if beyond["side"] == "y" else -1) if beyond else 0
    opening = excluded or beyond
    tail = _OF_THE_LIST.match(roles, end)
    first = tokens[opening.start() if opening else start]
    last = tokens[(tail.end() if tail else end) - 1]
    is_top = any(item.kind == "few" and "t" in item.roles for item in group)
    may_be_new = is_top or group[0].roles in ("<", ">")
    places = _ranges(group, roles)
    return Choice(first.start, last.end, places, bool(excluded), may_be_new, side)


def _is_left_out(group: Sequence[_Item], before: Sequence[_Item], roles: str) -> bool:
    """Return whether a group is taken from the one before: "the first four but not the third"."""
    between = roles[before[-1].end : group[0].start]
    if group[0].roles.startswith("N"):
        between += "N"  # "pero no 3"
    is_plain = between.lstrip(",a") == "b"  # "the first four but the third"
    if is_plain and len(before) == 1 and before[0].kind != "few":
        return False
    return bool(_WITHOUT.fullmatch(between))


def only_chooses(text: str) -> bool:
    """Return whether a text names no subject beside its choices; "top 3" may ask for a new list."""
    found = find_choices(text)
    if not found or any(choice.may_be_new for choice in found):
        return False
    tokens = tokens_of(strip_accents(without_choices(text)))
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
    is_named = item.kind != "few" and "b" not in item.roles
    if is_named and item.roles[-1] in ("sPQOm1" if has_determiner else "sO1"):
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


def _is_count(match: re.Match[str], tokens: Sequence[Token]) -> bool:
    """Return whether an item is a number of papers: "the two", but not "el 2"."""
    if not _BARE.fullmatch(match[0]) or len(match[0]) == 1:
        return False
    article, number = (token.word for token in tokens[match.end() - 2 : match.end()])
    return "d" in match[0] or not (number.is_digit or article.value)


def _place(match: re.Match[str], tokens: Sequence[Token]) -> Place:
    """Return the place that an item names."""
    within = tokens[match.start() : match.end()]
    numbers = [word.value for word, *_ in within if word.role in "n1"]
    nth = [word for word, *_ in within if word.role in "oFp"]
    match match.lastgroup:
        case "few":
            return Place(-numbers[0], -1) if "l" in match[0] else Place(1, numbers[0])
        case "back":
            is_but = "b" in match[0]  # "the last but one"
            count = nth[0].value if nth else numbers[-1] + is_but
            return Place(-count, -count)
        case "number":
            return Place(numbers[0], numbers[0], is_number=True)
        case "step":
            return Place(0, 0, step=-1 if "z" in match[0] else 1)
    if nth:
        return Place(nth[0].value, nth[0].value, is_number=nth[0].is_digit)
    step = (">" in match[0]) - ("<" in match[0])
    return Place(0, 0, step=step) if step else (Place(1, 1) if "t" in match[0] else Place(-1, -1))
