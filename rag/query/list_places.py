"""Finds the list of a conversation from which a text chooses papers, and the place in that list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from rag.query.positions import Choice, find_choices, select
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
