"""What weak models write instead of an answer, and good texts that look a little like it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.sources.starter import StarterSource
from rag.answering.degeneration import (
    HEADER,
    LOOP,
    ROLE,
    Degeneration,
    DegenerationDetector,
    strip_first_role,
)
from rag.answering.prompt import INSTRUCTIONS
from rag.records import Evidence, Paper, Passage
from tests.papers import HERON, TIDAL

WRITTEN = Path(__file__).resolve().parents[2] / "questions" / "written"
GOOD = "HeronNet counts herons and egrets in drone video [1]. "


def detector_of(*papers: Paper) -> DegenerationDetector:
    """Return a detector for a prompt with these papers."""
    passages = [Passage(n, p, (Evidence(p, p.abstract, 0, 1.0),)) for n, p in enumerate(papers, 1)]
    return DegenerationDetector(passages, INSTRUCTIONS)


DETECTOR = detector_of(HERON, TIDAL)


def first_found(text: str, detector: DegenerationDetector = DETECTOR) -> Degeneration | None:
    """Return what is found first while the text grows character by character."""
    growing = (detector.find(text[:end]) for end in range(1, len(text) + 1))
    return next(filter(None, growing), None) or detector.find(text, is_finished=True)


BAD = {
    "a sentence again and again": (
        "It reaches the accuracy of the people who count birds by hand. " * 3, LOOP,
    ),
    "a clause again and again": (
        "It reaches 94.2% on herons and on egrets in fog, which reaches 94.2% on herons and on "
        "egrets in fog, which reaches 94.2% on herons and on egrets in fog", LOOP,
    ),
    "a loop that counts": (
        "Step 1 trains the detector on more drone video. Step 2 trains the detector on more drone "
        "video. Step 3 trains the detector on more drone video.", LOOP,
    ),
    "a loop with markers in it": (
        "the herons [1] and the egrets [1] and the herons [2] and the egrets [2] and the herons "
        "[1] and the egrets [1] and the herons [2] and the egrets", LOOP,
    ),
    "one word again and again": ("Herons herons herons herons herons herons", LOOP),
    "one character again and again": ("Accuracy !!!!!!!!!!!!!!!!!!!!", LOOP),
    "a syllable again and again": ("The aaaaahahahahahahahahahahahaha", LOOP),
    "a Chinese clause again and again": ("该模型统计苍鹭的数量，" * 6, LOOP),
    "the same few words": (
        "A stream of herons, the stream for herons with a stream, of which herons stream to the "
        "herons and stream by herons as a stream is herons", LOOP,
    ),
    "a passage's first line": (f"[1] {HERON.title} (2025-01-02): Counting birds by hand", HEADER),
    "a title and its day": (f"This is {HERON.title} (2025-01-02) indeed", HEADER),
    "a title in quotation marks and its day": (f"In “{HERON.title}” (2025-01-02) it is", HEADER),
    "a title in other letters": (f"{HERON.title.upper()}: counting birds", HEADER),
    "a title in front of a colon": (f"{TIDAL.title}: long contexts are slow", HEADER),
    "a title in a line of its own": (f"{TIDAL.title}\nLong contexts are slow", HEADER),
    "nothing but a title": (TIDAL.title, HEADER),
    "a day in front of a colon": ("Birds (2025-01-02): counted by hand", HEADER),
    "the instructions": (
        "For people who will check every word, use only the numbered passages. After each "
        "sentence put the number of its passage in square brackets.", HEADER,
    ),
    "the instructions in other letters": (
        "keep names and figures exactly as they stand, and answer in one to four plain sentences",
        HEADER,
    ),
    "a role at the start of a line": ("\nUser: and in fog?", ROLE),
    "a role behind a marker": ("[1] Assistant: it counts", ROLE),
    "a role behind a full stop": ("It counts. Question: what does it count?", ROLE),
    "a bold role": ("**Answer:** it counts", ROLE),
    "a numbered role": ("Passage 2: birds", ROLE),
    "a short role": ("Q: what does it count?", ROLE),
    "a control token": ("herons <|im_end|>", ROLE),
    "another control token": ("herons </s>", ROLE),
    "Llama's roles": ("herons [/INST] and", ROLE),
    "a heading": ("\n### Herons", ROLE),
    "what it is": ("As an AI language model, I cannot see herons", ROLE),
    "speakers": ("Anna: what is it?\nBob: a detector.\nAnna: of what?\n", ROLE),
    "speakers in a line": ("Anna: what is it? Bob: a detector. Anna: of what?", ROLE),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_text_that_degenerates_is_found_while_it_grows(name: str) -> None:
    text, how = BAD[name]
    found = first_found(text)
    assert found
    assert found.how == how


@pytest.mark.parametrize("name", BAD)
def test_a_good_sentence_in_front_is_not_part_of_it(name: str) -> None:
    text, how = BAD[name]
    found = first_found(GOOD + text)
    assert found
    assert found.how == how
    # Herons may be the first of the words that are repeated.
    assert found.start >= GOOD.index("herons")
    if how != LOOP:
        assert found.start >= len(GOOD) - 1


def test_a_loop_starts_where_something_is_said_again() -> None:
    sentence = "It reaches the accuracy of the people who count birds by hand. "
    text = GOOD + sentence * 12
    for found in (first_found(text), DETECTOR.find(text)):
        assert found
        assert found.start == len(GOOD + sentence)


FINE = {
    "a short answer": "94.2% [1].",
    "quoted words": "It “reaches 94.2% of the accuracy of human counters” [1].",
    "a title in quotation marks": f"The paper “{HERON.title}” counts herons [1].",
    "a title as a subject": f"{HERON.title} counts herons in drone video [1].",
    "two titles": f"“{HERON.title}” [1] and “{TIDAL.title}” [2] are both about seeing less.",
    "a name and a colon": "HeronNet: it counts herons [1]. Tidal Attention: it forgets [2].",
    "colons": "Three things matter: fog, rain and wind [1]. One more: the drone [1].",
    "a day": "It was published on 2025-01-02 (2025-01-02 is a Thursday) and read since then [1].",
    "times": "It runs from 10:30 to 11:45 and again at 12:00 [1].",
    "a role in mid-sentence": "It learns to answer: the user asks, and the assistant answers [1].",
    "assistants as a subject": "The assistant is an AI that talks with a user, who questions it.",
    "an enumeration": (
        "It has four parts: (1) a detector for herons, (2) a detector for egrets, (3) a tracker "
        "for both, and (4) a counter for what the tracker found [1]."
    ),
    "a list": "It has three parts:\n- a detector [1]\n- a tracker [1]\n- a counter [1]\n",
    "a numbered list": "1. A detector finds birds [1].\n2. A tracker follows birds [1].\n",
    "numbers in a row": (
        "On MarshCount it reaches 94.2%, 93.1%, 92.8% and 91.4% in sun, rain, fog and at night, "
        "and people reach 95.0%, 94.8%, 93.3% and 92.9% [1]."
    ),
    "a table of numbers": (
        "HeronNet 94.2 / 93.1 / 92.8, BirdNet 88.0 / 87.1 / 85.2, WingNet 80.3 / 79.9 / 77.6 [1]."
    ),
    "a table's rule": "| herons | egrets |\n|-----|-----|\n| 94.2 | 93.1 |",
    "the same pattern thrice": (
        "HeronNet improves recall by 2.1% on herons, by 3.4% on egrets and by 0.8% on storks; it "
        "improves precision by 1.0% on herons, by 1.2% on egrets and by 0.3% on storks [1]."
    ),
    "names of models again and again": (
        "Qwen2.5-VL beats Qwen2-VL, and Qwen2.5-VL-72B beats Qwen2.5-VL-7B, which beats "
        "Qwen2.5-VL-3B on DocVQA, while InternVL3-78B and InternVL3-8B beat InternVL2.5 [1]."
    ),
    "one name in each sentence": (
        "HeronNet counts herons in drone video [1]. HeronNet needs one laptop for training [1]. "
        "HeronNet was tested on MarshCount in fog [1]. HeronNet does without labels [1]."
    ),
    "words of the instructions": (
        "After each sentence the model puts the number of a passage, so that people can check it."
    ),
    "an ellipsis": "It counts herons, egrets, storks ... and more [1].",
    "dashes and digits": "The code is 1000000000, the line ----- is cut [1].",
    "less and more": "Its error is <5% where p<0.01 and n>30 [1].",
    "German": (
        "HeronNet zählt Reiher und Silberreiher in Drohnenvideos: Es erreicht 94,2 % der "
        "Genauigkeit von Menschen [1]. Das Training dauert 3 Stunden auf einem Laptop [1]."
    ),
    "Chinese": (
        "HeronNet 是一种在无人机视频中统计苍鹭和白鹭的检测器：它在 MarshCount 基准上达到人类计数者"
        "准确率的 94.2% [1]。训练只需要在一台笔记本电脑上进行三个小时 [1]。"
    ),
    "Chinese that repeats a word": (
        "模型先检测苍鹭，再检测白鹭，最后检测其他鸟类；苍鹭的准确率最高，白鹭的准确率次之 [1]。"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FINE)
def test_a_good_text_is_not_found_at_any_length(name: str) -> None:
    assert first_found(FINE[name]) is None


def test_short_titles_may_begin_a_sentence() -> None:
    short = Paper(title="LexVLA", abstract="It has an overuse penalty.", arxiv_id="2407.17827")
    text = "LexVLA: an overuse penalty keeps words without meaning from firing [1]."
    assert first_found(text, detector_of(short)) is None
    assert first_found("LexVLA (2024-07-25): it has", detector_of(short))


def test_without_passages_there_is_no_title_to_copy() -> None:
    assert first_found(f"{TIDAL.title}: it forgets tokens", detector_of()) is None


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("Answer: it counts", "it counts"),
        ("\n **Answer:** it counts", "it counts"),
        ("Assistant:\nit counts", "it counts"),
        ("Response: it counts", "it counts"),
        ("It counts. Answer: no", "It counts. Answer: no"),
        ("Answering people: it counts", "Answering people: it counts"),
        ("User: what?", "User: what?"),
        ("[1] It counts", "[1] It counts"),
    ],
)
def test_the_word_answer_in_front_of_an_answer_is_taken_off(text: str, stripped: str) -> None:
    assert strip_first_role(text) == stripped


# ---- answers that were written by hand


def written(pattern: str) -> Iterator[dict[str, str]]:
    """Yield the hand-written answers of these files."""
    for path in sorted(WRITTEN.glob(pattern)):
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def starter_papers(*paper_ids: str) -> list[Paper]:
    known = {p.paper_id: p for p in StarterSource().records() if isinstance(p, Paper)}
    return [known[paper_id] for paper_id in paper_ids if paper_id in known]


@pytest.mark.slow
def test_no_good_answer_is_taken_for_a_bad_one() -> None:
    answers = list(written("good_*.jsonl"))
    assert len(answers) > 300
    everything = detector_of(*(p for p in StarterSource().records() if isinstance(p, Paper)))
    alarms = []
    for item in answers:
        text = item["answer"]
        ends = [*range(4, len(text), 4), len(text)]  # a token has about four characters
        if any(everything.find(text[:end], is_finished=end == len(text)) for end in ends):
            alarms.append(text)
    assert alarms == []


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "least"), [("loop", 0.85), ("roles", 0.5), ("header", 0.6)])
def test_most_hand_written_bad_answers_are_found(kind: str, least: float) -> None:
    items = [item for item in written("bad*.jsonl") if item["kind"] == kind]
    found = 0
    for item in items:
        papers: dict[str, str] = item["papers"]  # type: ignore[assignment]
        detector = detector_of(*starter_papers(*papers.values()))
        found += bool(first_found(item["answer"], detector))
    assert len(items) > 10
    assert found >= least * len(items), f"{found} of {len(items)}"
