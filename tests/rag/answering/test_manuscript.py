"""What may be shown of a text that a model writes, with the real check."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.sources.starter import StarterSource
from rag.answering.degeneration import HEADER, LOOP, ROLE
from rag.answering.manuscript import Manuscript
from rag.config import CheckConfig
from rag.encoders.embedder import Embedder
from rag.grounding.checker import MARK, Grounding
from rag.records import Evidence, Paper, Passage
from tests.papers import HERON, PASTRY, TIDAL

WRITTEN = Path(__file__).resolve().parents[2] / "questions" / "written"
COUNTS = "HeronNet counts herons and egrets in drone video [1]."
REACHES = "HeronNet reaches 94.2% of the accuracy of human counters [1]."
FORGETS = "Tidal Attention keeps only one token in eight [2]."
FALSE = "HeronNet won a prize at a film festival [1]."


def passages_of(*papers: Paper) -> list[Passage]:
    return [Passage(n, p, (Evidence(p, p.abstract, 0, 1.0),)) for n, p in enumerate(papers, 1)]


Read = Callable[..., tuple[Manuscript, list[str]]]


@pytest.fixture
def read(embedder: Embedder) -> Read:
    """Read a text in pieces; return the manuscript and its text each time that it grew."""

    def call(
        text: str,
        *,
        size: int = 4,
        language: str = "en",
        failed: str = "remove",
        papers: tuple[Paper, ...] = (HERON, TIDAL, PASTRY),
        is_checked: bool = True,
    ) -> tuple[Manuscript, list[str]]:
        config = CheckConfig.model_validate({"failed": failed})
        grounding = Grounding(embedder.embeddings, config) if is_checked else None
        manuscript = Manuscript(passages_of(*papers), grounding, language=language)
        pieces = (text[start : start + size] for start in range(0, len(text), size))
        return manuscript, [manuscript.text for _ in manuscript.read(pieces)]

    return call


@pytest.mark.parametrize("size", [1, 4, 7, 1000])
def test_a_sentence_is_shown_once_the_next_one_has_begun(read: Read, size: int) -> None:
    manuscript, states = read(f"{COUNTS} {REACHES} {FORGETS}", size=size)
    assert states[-1] == f"{COUNTS} {REACHES} {FORGETS}"
    grown = [COUNTS, f"{COUNTS} {REACHES}", f"{COUNTS} {REACHES} {FORGETS}"]
    assert states == (grown if size < 1000 else grown[1:])
    assert (manuscript.passed, manuscript.failed, manuscript.degeneration) == (3, 0, None)
    assert manuscript.pieces == -(-len(manuscript.raw) // size)


def test_a_papers_own_brackets_stay_in_its_sentence(read: Read) -> None:
    egret = replace(HERON, abstract="EgretScore extends [2] and scores nests in [0, 1].")
    text = "EgretScore extends [2] and scores nests in [0, 1] [1]."
    manuscript, _ = read(text, papers=(egret, TIDAL))
    assert manuscript.text == text
    wrong, _ = read("EgretScore extends [2] and scores nests in [0, 1].", papers=(egret, TIDAL))
    assert "[2] [" not in wrong.text


def test_nothing_is_shown_before_a_sentence_is_complete() -> None:
    manuscript, seen = Manuscript(passages_of(HERON), None), list[str]()

    def pieces() -> Iterator[str]:
        for character in COUNTS:
            yield character
            seen.append(manuscript.text)

    assert [manuscript.text for _ in manuscript.read(pieces())] == [COUNTS]
    assert seen == [""] * len(COUNTS)


def test_a_marker_behind_the_full_stop_is_waited_for(read: Read) -> None:
    _, states = read(f"{COUNTS[:-5]}. [1] {FORGETS[:-5]}. [2]", size=1)
    assert states == [COUNTS, f"{COUNTS} {FORGETS}"]


def test_sentences_without_a_marker_share_the_one_that_follows(read: Read) -> None:
    bare = COUNTS.replace(" [1]", "")
    manuscript, states = read(f"{bare} {REACHES} {FORGETS}")
    assert states[0] == f"{COUNTS} {REACHES}"  # not earlier
    assert manuscript.passed == 3
    # One that no marker follows gets the one that fits.
    assert read(f"{FORGETS} {bare}")[0].text == f"{FORGETS} {COUNTS}"
    assert read(bare)[0].text == COUNTS


def test_sentences_that_fail_are_never_shown(read: Read) -> None:
    manuscript, states = read(f"{FALSE} {COUNTS} A bird in the hand is a joy. {FORGETS}")
    assert states == [COUNTS, f"{COUNTS} {FORGETS}"]
    assert (manuscript.passed, manuscript.failed) == (2, 2)
    assert manuscript.note == "2 sentences that the abstracts do not say were taken out."
    assert read(FALSE)[1] == []


def test_by_config_they_are_marked(read: Read) -> None:
    manuscript, states = read(f"{COUNTS} {FALSE} {FORGETS}", failed="mark")
    assert manuscript.text == f"{COUNTS} {FALSE[:-1]}{MARK}. {FORGETS}"
    assert states[-1] == manuscript.text


def test_without_a_check_every_sentence_passes(read: Read) -> None:
    assert read(f"{FALSE} {COUNTS}", is_checked=False)[1] == [FALSE, f"{FALSE} {COUNTS}"]


def test_lines_stay_lines(read: Read) -> None:
    text = f"- {COUNTS}\n- {REACHES}\n"
    assert read(text)[0].text == text.strip()


@pytest.mark.parametrize(
    "again",
    [
        COUNTS,
        COUNTS.replace("[1]", "[2]"),
        COUNTS.upper(),
        "HeronNet counts herons and egrets in drone videos [1]. And so on",
    ],
)
def test_the_same_sentence_again_ends_the_text(read: Read, again: str) -> None:
    manuscript, states = read(f"{COUNTS} {REACHES} {again} {FORGETS}")
    assert manuscript.degeneration
    assert manuscript.degeneration.how == LOOP
    assert states[-1] == manuscript.text == f"{COUNTS} {REACHES}"
    assert FORGETS not in manuscript.raw  # the model was stopped


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_a_sentence_that_is_written_again_and_again_is_shown_once(read: Read, size: int) -> None:
    manuscript, states = read(f"{REACHES} " * 12, size=size)
    assert states == [REACHES]
    assert manuscript.text == REACHES


@pytest.mark.parametrize(
    "other",
    [
        "HeronNet counts herons and egrets, e.g. in fog [1].",
        "HeronNet, which counts herons, is a detector for drone video [1].",
        "HeronNet counts them in drone video with 94.2% of the accuracy of human counters [1].",
    ],
)
def test_a_sentence_about_the_same_things_may_follow(read: Read, other: str) -> None:
    manuscript, _ = read(f"{COUNTS} {other}")
    assert manuscript.degeneration is None
    assert manuscript.text == f"{COUNTS} {other}"


SPOILT = {
    "a role": ("User: and in fog? Assistant: it counts them [1].", ROLE),
    "a role in a line": ("\n\nHuman: and in fog?", ROLE),
    "a header": (f"[3] {PASTRY.title} (2025-02-20): Recipes are", HEADER),
    "a long title": (f"[2] {TIDAL.title}: Long contexts are slow [2].", HEADER),
    "the instructions": (
        "After each sentence put the number of its passage in square brackets [1].", HEADER,
    ),
    "a loop": ("in fog and in rain and " * 12, LOOP),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_what_degenerates_is_never_shown(read: Read, name: str, size: int) -> None:
    text, how = SPOILT[name]
    manuscript, states = read(text, size=size)
    assert states == []
    assert manuscript.text == ""
    assert manuscript.degeneration
    assert manuscript.degeneration.how == how


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_the_good_sentences_in_front_stay(read: Read, name: str, size: int) -> None:
    text, how = SPOILT[name]
    manuscript, states = read(f"{COUNTS} {REACHES} {text} And on.", size=size)
    assert states[-1] == manuscript.text == f"{COUNTS} {REACHES}"
    assert all(manuscript.text.startswith(state) for state in states)
    assert manuscript.degeneration
    assert manuscript.degeneration.how == how


def test_the_model_is_closed_once_its_text_degenerates() -> None:
    closed = []

    def pieces() -> Iterator[str]:
        try:
            while True:
                yield "on and "
        finally:
            closed.append(True)

    manuscript = Manuscript(passages_of(HERON), None)
    assert list(manuscript.read(pieces())) == []
    assert closed
    assert manuscript.pieces < 40


@pytest.mark.parametrize(
    "title",
    [
        "Can a Machine Count? Herons in Drone Video",
        "Herons in Drone Video: Can a Machine Count?",
        "Count! Herons and Egrets in Drone Video",
        "Fog?",
    ],
)
def test_a_title_with_the_end_of_a_sentence_in_it_is_no_sentence(read: Read, title: str) -> None:
    paper = Paper(title=title, abstract=HERON.abstract, arxiv_id="2501.00009")
    header = f"[1] {title} (2025-01-02): Counting birds by hand is slow. "
    for size in (1, 4, 1000):
        manuscript, states = read(header * 2, size=size, papers=(paper,), is_checked=False)
        assert states == []
        assert manuscript.text == ""
        assert manuscript.degeneration
        assert manuscript.degeneration.how == HEADER
    quoted = f"“{title}” counts herons and egrets in drone video [1]."
    manuscript, _ = read(quoted, papers=(paper,), is_checked=False)
    assert manuscript.text == quoted


@pytest.mark.parametrize("text", ["[1] {})", "{} [1].", "- {} [1]\n", "**{}** [1]", "{}"])
def test_a_title_alone_is_no_answer(read: Read, text: str) -> None:
    manuscript, states = read(text.format(HERON.title), is_checked=False)
    assert (manuscript.text, states) == ("", [])
    assert manuscript.degeneration
    assert manuscript.degeneration.how == HEADER


def test_a_short_answer_may_stand_in_the_title(read: Read) -> None:
    assert read("HeronNet [1].")[0].text == "HeronNet [1]."
    assert read("Drone video [1].")[0].text == "Drone video [1]."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{COUNTS} HeronNet reaches 94.2% of the accu", COUNTS),
        (f"{COUNTS} And furthermore, the", COUNTS),
        (f"{COUNTS} {FORGETS[:-5]} [", COUNTS),
        (f"{COUNTS} HeronNet reaches 94.2% of the accuracy of human counters [", COUNTS),
        ("HeronNet reaches 94.2% of the accu", ""),
        ("HeronNet counts herons and", ""),
        # A text may do without the last full stop.
        (COUNTS[:-1], COUNTS[:-1]),
        (f"{COUNTS} {FORGETS[:-1]}", COUNTS),
        ("[1] HeronNet counts herons and egrets", "[1] HeronNet counts herons and egrets"),
        ("", ""),
        ("[1]", ""),
    ],
)
def test_a_sentence_that_breaks_off_is_left_out(read: Read, text: str, shown: str) -> None:
    manuscript, states = read(text)
    assert manuscript.text == shown
    assert (states[-1] if states else "") == shown


def test_the_word_answer_in_front_is_not_shown(read: Read) -> None:
    assert read(f"Answer: {COUNTS} {FORGETS}")[1] == [COUNTS, f"{COUNTS} {FORGETS}"]
    assert read(f"**Answer:** {COUNTS}")[0].text == COUNTS


def test_chinese_sentences_end_with_their_own_full_stop(read: Read) -> None:
    text = "HeronNet 在无人机视频中统计苍鹭 [1]。HeronNet 达到 94.2% [1]。"
    manuscript, states = read(text, language="zh", size=1)
    assert manuscript.text == text
    assert states[0] == text[: text.index("。") + 1]
    assert manuscript.is_in_language


@pytest.mark.parametrize(
    ("text", "language", "is_right"),
    [
        ("HeronNet reaches 94.2% of the accuracy of human counters [1].", "en", True),
        ("HeronNet erreicht 94,2 % der Genauigkeit menschlicher Zähler [1].", "de", True),
        ("HeronNet erreicht 94,2 % der Genauigkeit, die bei Menschen üblich ist [1].", "en", False),
        ("HeronNet erreicht 94,2 % der Genauigkeit menschlicher Zähler [1].", "en", True),
        ("HeronNet 在无人机视频中统计苍鹭 [1]。", "en", False),
        ("HeronNet reaches 94.2% of the accuracy of human counters [1].", "de", False),
        ("94.2% [1].", "de", True),
        ("HeronNet erreicht 94,2 % der Genauigkeit menschlicher Zähler [1].", "", True),
    ],
)
def test_the_language_is_that_of_the_question_unless_it_clearly_is_not(
    read: Read, text: str, language: str, is_right: bool
) -> None:
    manuscript, _ = read(text, language=language)
    assert manuscript.passed == 1
    assert manuscript.is_in_language is is_right


@pytest.mark.slow
def test_good_answers_are_read_to_their_end() -> None:
    """The hand-written answers, with the titles of all that they could have copied."""
    papers = [p for p in StarterSource().records() if isinstance(p, Paper)]
    passages = passages_of(*papers)
    stopped = []
    for path in sorted(WRITTEN.glob("good_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            text = json.loads(line)["answer"]
            manuscript = Manuscript(passages, None)
            pieces = (text[start : start + 4] for start in range(0, len(text), 4))
            for _ in manuscript.read(pieces):
                pass
            if manuscript.degeneration or not manuscript.passed:
                stopped.append((text, manuscript.degeneration))
    assert stopped == []
