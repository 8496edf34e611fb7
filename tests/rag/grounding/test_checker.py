"""Written sentences against their abstracts: all of cases.toml, and how it is done."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from langchain_core.embeddings import FakeEmbeddings

from rag.config import CheckConfig
from rag.encoders.embedder import Embedder
from rag.grounding.checker import MARK, Grounding
from rag.grounding.claims import claims_of
from rag.grounding.judge import load_judge
from rag.records import Paper, Passage
from tests.grounding_cases import judge_all, load_cases, share_kept
from tests.models.tiny_cross_encoder import write_cross_encoder
from tests.papers import HERON, LOOM, PASTRY, TIDAL

KINDS = {
    *(("close", True), ("paraphrase", True), ("reordered", True), ("numbers", True)),
    *(("several", True), ("uncited", True), ("language", True)),
    *(("number", False), ("names", False), ("swapped", False), ("wrong_paper", False)),
    *(("uncited", False), ("invented", False), ("half_true", False), ("language", False)),
    *(("negation", False), ("direction", False)),
}
GIVEN = (Passage(1, HERON, ()), Passage(2, TIDAL, ()), Passage(4, PASTRY, ()))
GOOD = "HeronNet reaches 94.2% of the accuracy of human counters [1]."
BAD = "HeronNet reaches 49.2% of the accuracy of human counters [1]."


@pytest.fixture
def make(embedder: Embedder) -> Callable[..., Grounding]:
    def call(**options: object) -> Grounding:
        config = CheckConfig.model_validate(options)
        judge = load_judge(config, dtype="float32")
        return Grounding(embedder.embeddings, config, judge=judge)

    return call


def test_the_cases_are_many_and_of_all_kinds() -> None:
    counted = Counter((case.use, case.kind, case.is_true) for case in load_cases())
    assert {use for use, _, _ in counted} == {"calibrate", "report", "blind"}
    for use in ("calibrate", "report"):
        assert {(kind, is_true) for u, kind, is_true in counted if u == use} == KINDS
        assert sum(n for (u, _, _), n in counted.items() if u == use) >= 60


@pytest.mark.slow
@pytest.mark.parametrize("use", ["calibrate", "report", "blind"])
def test_false_sentences_are_caught_and_true_ones_kept(
    make: Callable[..., Grounding], use: str
) -> None:
    results = judge_all(make(), [case for case in load_cases() if case.use == use])
    true, false = ([r for r in results if r.case.is_true is t] for t in (True, False))
    assert share_kept(true) >= 0.93
    assert share_kept(false) <= 0.4


def test_what_fails_is_taken_out_and_counted(make: Callable[..., Grounding]) -> None:
    checked = make().check(f"{BAD} {GOOD} {BAD}", GIVEN)
    assert checked.text == GOOD
    assert (checked.passed, checked.failed) == (1, 2)
    assert checked.note == "2 sentences that the abstracts do not say were taken out."
    assert make().check(GOOD, GIVEN).note == ""
    assert make().check(BAD, GIVEN).text == ""


def test_what_fails_can_be_marked_instead(make: Callable[..., Grounding]) -> None:
    checked = make(failed="mark").check(f"{GOOD}\n{BAD}", GIVEN)
    assert checked.text == f"{GOOD}\n{BAD.replace(' [1].', f' [1]{MARK}.')}"
    assert checked.note == "1 sentence could not be found in the abstracts."


def test_a_true_sentence_gets_the_marker_it_lacks(make: Callable[..., Grounding]) -> None:
    check = make().check
    assert (
        check("Bakers find 97% of the errors.", GIVEN).text == "Bakers find 97% of the errors [4]."
    )
    # So does one that cites a passage which was never given.
    assert check("Bakers find 97% of the errors [3].", GIVEN).text.endswith("errors [4].")
    assert check("Long contexts slow models down [2][9].", GIVEN).text.endswith("down [2].")
    assert check("Bakers are paid badly.", GIVEN).text == ""
    assert check("Yes.", GIVEN).text == ""


@pytest.mark.parametrize(
    ("sentence", "failed"),
    [
        (GOOD, ""),
        ("HeronNet reaches 0.942 of the accuracy of human counters [1].", ""),
        ("HeronNet was featured on 2025-01-06 [1].", ""),
        ("HeronNet was trained for 4 hours on one laptop [1].", "number"),
        ("EgretNet counts herons in drone video [1].", "name"),
        ("Tidal Attention counts herons in drone video [1].", "name"),
        ("The moon is made of cheese [1].", "far"),
        ("HeronNet counts herons and won a prize at a film festival [1].", "far"),
        ("Tidal Attention doubles the memory of the cache [2].", "contradicted"),
        ("The model needs retraining [2].", "contradicted"),
        ("Bakers find 61% of the errors [4].", "contradicted"),
        ("The best model finds more of the errors than bakers [4].", "contradicted"),
        ("Bakers are bad at this.", "uncited"),
    ],
)
def test_why_a_sentence_fails(make: Callable[..., Grounding], sentence: str, failed: str) -> None:
    ((_, verdict),) = make().judged(claims_of(sentence), GIVEN)
    assert verdict.failed == failed


def test_two_papers_can_stand_behind_one_sentence(make: Callable[..., Grounding]) -> None:
    check = make().check
    both = "HeronNet counts herons [1], while Tidal Attention forgets tokens in waves [2]."
    assert check(both, GIVEN).text == both
    swapped = both.replace("[1]", "[0]").replace("[2]", "[1]").replace("[0]", "[2]")
    assert check(swapped, GIVEN).text == ""


def test_in_other_languages_numbers_and_names_must_stand_there(
    make: Callable[..., Grounding],
) -> None:
    check = make().check
    german = "HeronNet erreicht 94,2 % der Genauigkeit menschlicher Zähler [1]."
    assert check(german, GIVEN, language="de").text == german
    assert check(german.replace("94,2", "49,2"), GIVEN, language="de").text == ""
    assert check(german.replace("HeronNet", "EgretNet"), GIVEN, language="de").text == ""
    # Nothing speaks for it, so that no marker is put behind it.
    assert check("Reiher sind Vögel und fliegen.", GIVEN, language="de").text == ""


def test_tex_in_a_sentence_does_not_move_its_markers(make: Callable[..., Grounding]) -> None:
    text = (
        r"HeronNet reaches $94.2\%$ of human accuracy [1], and Tidal Attention forgets tokens [2]."
    )
    assert make().check(text, GIVEN).text == text


def test_an_empty_answer_and_papers_with_little_text(make: Callable[..., Grounding]) -> None:
    assert make().check("", GIVEN).passed == 0
    bare = (Passage(1, Paper(title="?", abstract=""), ()),)
    assert make().check("Something is said here [1].", bare).text == ""
    assert make().check(GOOD, ()).text == ""


def test_only_words_of_the_bundled_encoder_are_compared() -> None:
    with pytest.raises(TypeError):
        Grounding(FakeEmbeddings(size=3), CheckConfig())


def test_a_judge_of_one_score_decides(tmp_path: Path, make: Callable[..., Grounding]) -> None:
    judge = write_cross_encoder(tmp_path / "judge", {"drone": 5.0, "robots": -5.0})
    grounding = make(judge=str(judge))
    given = (Passage(1, HERON, ()), Passage(2, LOOM, ()))
    assert grounding.check("Anything goes with this one [1].", given).passed == 1
    assert grounding.check("Nothing goes with that one [2].", given).passed == 0
    assert (
        grounding.check("It counts 17 herons [1].", given).passed == 0
    )  # numbers are checked still
    assert grounding.check("Alles geht mit diesem hier [1].", given, language="de").passed == 1
