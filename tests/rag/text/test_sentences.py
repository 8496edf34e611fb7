"""Sentences of an abstract and what they are about."""

import pytest

from rag.text.sentences import Role, finding, gist, split_sentences


@pytest.mark.parametrize(
    ("sentence", "role"),
    [
        ("We present Loom, a transformer.", Role(True, False, False)),
        ("However, existing methods struggle with fog.", Role(False, True, False)),
        ("Code is available at https://example.org/x", Role(False, False, True)),
        ("Loom cuts the drift to 2 ms.", Role(False, False, False)),
        ("Our code will be released.", Role(True, False, True)),
    ],
)
def test_the_role_of_a_sentence(sentence: str, role: Role) -> None:
    assert Role.of(sentence) == role


def test_the_gist_presents_the_work() -> None:
    assert gist("Birds matter. In this paper, we rethink nests and present Nestor. It flies.") == (
        "In this paper, we rethink nests and present Nestor."
    )
    assert gist("Birds matter. Counting is slow. Our nets count birds.") == "Our nets count birds."
    assert gist("Birds matter. They fly.") == "Birds matter."
    assert gist("") == ""


def test_the_finding_ends_the_abstract() -> None:
    text = "We present Nestor. It finds 9 of 10 nests. Code is at https://example.org/nestor"
    assert finding(text) == "It finds 9 of 10 nests."
    assert finding("We present Nestor.") == ""


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It works, e.g. in fog. It is fast.", 2),
        ("We use Phi 3.5 and GPT-4.1 [29]. It works.", 2),
        ("It halves the memory.It needs no retraining.", 2),  # the space is missing
        ("One line\nbreaks here. And ends.", 2),
        ("", 0),
        ("   ", 0),
    ],
)
def test_sentences_end_where_people_end_them(text: str, count: int) -> None:
    sentences = split_sentences(text)
    assert len(sentences) == count
    assert all(sentence in text for sentence in sentences)  # word for word


def test_a_number_in_brackets_and_a_numeral_end_no_sentence() -> None:
    text = "We test, e.g. Phi 3.5 and Gemini-2.5-flash [29]. Results (i) hold and (ii) vary."
    assert split_sentences(text) == [
        "We test, e.g. Phi 3.5 and Gemini-2.5-flash [29].",
        "Results (i) hold and (ii) vary.",
    ]
