import pytest

from rag.text.words import fold, terms, words


def test_hyphenated_words_give_the_joined_form_and_the_parts() -> None:
    assert terms("Real-LOD") == ["reallod", "real", "lod"]
    assert terms("RealLOD") == ["reallod"]
    assert set(terms("pretraining finegrained")) <= set(terms("pre-training, fine-grained"))
    assert "gpt4o" in terms("GPT-4o's accuracy")


def test_stop_words_are_dropped_and_others_stemmed() -> None:
    assert terms("Which of the papers are distilling models?") == ["paper", "distil", "model"]
    assert terms("what is it about?") == []


def test_accents_and_widths_are_folded() -> None:
    assert words("Géométrie ＡＢＣ") == ["geometrie", "abc"]
    assert words("😀 ???") == []


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Łukasz Żółw", "lukasz zolw"),
        ("Søren Ångström", "soren angstrom"),
        ("Đặng Đình", "dang dinh"),
        ("Işık", "isik"),
        ("Æsir Œuvre", "aesir oeuvre"),
        ("Weiß STRASSE", "weiss strasse"),
        ("Guðrún Þór", "gudrun thor"),
        ("Ħal Għaxaq", "hal ghaxaq"),
        ("π₀.₇ and τ²-Bench", "pi0.7 and tau2-bench"),
        ("µTransfer, β-VAE, Λ", "mutransfer, beta-vae, lambda"),
        ("λόγος", "λογοσ"),
    ],
)
def test_latin_letters_are_folded_to_what_people_type(written: str, typed: str) -> None:
    assert fold(written) == typed
