"""Finds the list of a conversation from which a text chooses papers, and the place in that list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from rag.query.positions import Choice, Place, find_choices
from rag.query.request import Past
from rag.records import Paper


def steps_in_list(text: str) -> bool:
    """Return whether a text goes on from the paper that was talked about: "the next one"."""
    return _steps(find_choices(text))


def choices_after(text: str, past: Sequence[Past]) -> list[Choice]:
    """Return what a text chooses; after a list, "next" asks for more of it."""
    found = find_choices(text)
    since = takewhile(lambda turn: len(turn.papers) < 2, reversed(past))
    if any(turn.papers for turn in since):
        return found
    return [c for c in found if not (c.may_be_new and any(place.step for place in c.places))]


def up_to_list(past: Sequence[Past]) -> Sequence[Past]:
    """Return the conversation up to its last list; all of it if there is none.

    So "number 2" is still the list's second paper after a question about number 3.
    """
    return next(_lists(past), past)


def choose(found: Sequence[Choice], past: Sequence[Past]) -> tuple[tuple[Paper, ...], str]:
    """Return the papers whose positions are named, and a sentence if there is no such position.

    "The second one" is the second paper of the last list; without a list, the second paper of the
    conversation. What the last list lacks may be in the one before: after "compare 2 and 3",
    "number 5" is that of the list from which these two were.
    """
    if next(_lists(past), None) is None:
        page = tuple(dict.fromkeys(turn.papers[0] for turn in past if turn.papers))
        return select(found, page, {}, None)[0], ""
    lists = [_list_with_place(past)] if _steps(found) else list(_lists(past))
    said = ""
    for shown in lists:
        numbered = _numbered(shown)
        current = _place(numbered, past[len(shown) :])
        papers, missing = select(found, shown[-1].papers, numbered, current)
        if missing is None:
            return papers, ""
        said = said or f"The list has {max(numbered)} papers: there is no number {missing}."
    return papers, said


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
    lacking: list[int] = []
    for choice in found:
        papers = _on_list(choice.places, page, numbered, current)
        left_out = _on_list(choice.without, page, numbered, current)
        lacking += [n for n, paper in (*papers, *left_out) if paper is None]
        chosen = [paper for _, paper in papers if paper]
        if choice.side and chosen:
            by_number = any(place.is_number for place in choice.places)
            in_order = list(numbered.values()) if by_number and numbered else list(page)
            places = [in_order.index(paper) for paper in chosen if paper in in_order]
            end = max(places, default=0) + 1 if choice.side > 0 else min(places, default=0)
            chosen = in_order[end:] if choice.side > 0 else in_order[:end]
            lacking += [] if chosen else [end + (choice.side > 0)]
        elif choice.others:
            chosen = [paper for paper in page if paper not in chosen]
        left = [paper for _, paper in left_out]
        selected += [paper for paper in chosen if paper not in left]
    return tuple(dict.fromkeys(selected)), next(iter(lacking), None)


def _on_list(
    places: Sequence[Place],
    page: Sequence[Paper],
    numbered: Mapping[int, Paper],
    current: Paper | None,
) -> list[tuple[int, Paper | None]]:
    """Return the positions of places, each with its paper if the list has one there."""
    found = []
    for position, is_number in _positions(places, page, numbered, current):
        paper = numbered.get(position) if is_number else None
        if paper is None and 0 < position <= len(page) and not (is_number and numbered):
            paper = page[position - 1]
        found.append((position, paper))
    return found


def _positions(
    places: Sequence[Place],
    page: Sequence[Paper],
    numbered: Mapping[int, Paper],
    current: Paper | None,
) -> Iterator[tuple[int, bool]]:
    """Yield positions from the start of the list, and whether each is a number of the list."""
    for place in places:
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


def _steps(found: Sequence[Choice]) -> bool:
    return any(place.step for choice in found for place in choice.places)


def _lists(past: Sequence[Past]) -> Iterator[Sequence[Past]]:
    """Yield the conversation up to each of its lists, the last one first."""
    for end in range(len(past), 0, -1):
        if len(past[end - 1].papers) > 1:
            yield past[:end]


def _list_with_place(past: Sequence[Past]) -> Sequence[Past]:
    """Return the conversation up to the last list of which a paper was talked about, else the last.

    What a refusal names as the nearest papers is thus no list to walk through, unlike those of the
    list before that were chosen by what they have.
    """
    lists = list(_lists(past))
    for shown, before in zip(lists, [*lists[1:], None], strict=True):
        numbered = _numbered(shown)
        papers = shown[-1].papers
        is_part = before is not None and set(papers) <= set(_numbered(before).values())
        if is_part and _is_by_position(shown[-1]):
            continue
        if is_part or _place(numbered, past[len(shown) :]):
            return shown
    return lists[0]


def _place(numbered: Mapping[int, Paper], since: Sequence[Past]) -> Paper | None:
    """Return the paper of a list that was talked about last.

    Other papers that were asked about in between change nothing.
    """
    listed = set(numbered.values())
    for turn in reversed(since):
        is_choice = len(turn.papers) == 1 or _is_by_position(turn)
        if turn.papers and is_choice and listed.issuperset(turn.papers):
            return turn.papers[-1]
    return None


def _is_by_position(turn: Past) -> bool:
    return bool(find_choices(turn.request.text))


def _numbered(past: Sequence[Past]) -> dict[int, Paper]:
    """Return the papers of the last list by number; its second page goes on from the first."""
    alike = replace(past[-1].request, offset=0)
    pages = [page for page in past if replace(page.request, offset=0) == alike]
    return {
        page.request.offset + n: paper
        for page in pages
        for n, paper in enumerate(page.papers, start=1)
    }
