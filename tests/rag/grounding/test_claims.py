import pytest

from rag.grounding.claims import claims_of


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        (
            "One thing [1]. Another thing [2][3].",
            [("One thing.", (1,)), ("Another thing.", (2, 3))],
        ),
        ("One thing. [1] Another thing. [2]", [("One thing.", (1,)), ("Another thing.", (2,))]),
        ("[1] One thing. [2] Another thing.", [("One thing.", (1,)), ("Another thing.", (2,))]),
        ("One thing [1]. [2] Another thing.", [("One thing.", (1,)), ("Another thing.", (2,))]),
        ("One [3], or a thing. [1] Another.", [("One, or a thing.", (3, 1)), ("Another.", ())]),
        ("One thing [1]. [2]", [("One thing.", (1,))]),
        ("One thing [1, 3], so to say.", [("One thing, so to say.", (1, 3))]),
        ("e.g. Phi 3.5 [1]\nA second line", [("e.g. Phi 3.5", (1,)), ("A second line", ())]),
        ("它很快 [1]。它很小 [2]。", [("它很快。", (1,)), ("它很小。", (2,))]),
        ("", []),
    ],
)
def test_sentences_with_the_passages_they_cite(
    text: str, claims: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert [(claim.text, claim.cited) for claim in claims_of(text)] == claims


@pytest.mark.parametrize(
    "text",
    [
        "One thing [1].\nAnother thing [2][3].",
        "One thing [1], so to say.",
        "First it is [1], then it was [2].",
        "One thing [1]. [2] Another thing.",
    ],
)
def test_sentences_are_written_as_they_were(text: str) -> None:
    assert "".join(claim.space + claim.written for claim in claims_of(text)) == text


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("A model counts birds.", ["A model counts birds."]),
        ("A counts big birds and it tells old bird songs.",
         ["A counts big birds", "it tells old bird songs."]),
        ("A counts herons and egrets.", ["A counts herons and egrets."]),
        ("It adds boxes up and does so.", ["It adds boxes up and does so."]),
        ("While A slows models down, B makes models fast [1].",
         ["While A slows models down, B makes models fast"]),
        ("A slows models down, while B makes models fast [1].",
         ["A slows models down", "B makes models fast"]),
    ],
)  # fmt: skip
def test_a_sentence_has_clauses_that_say_something(text: str, clauses: list[str]) -> None:
    (claim,) = claims_of(text)
    assert [claim.text[start:end].strip() for start, end, _ in claim.clauses] == clauses


def test_clauses_cite_what_stands_behind_them() -> None:
    (claim,) = claims_of("Herons are counted here [1], while tokens are forgotten there [2][3].")
    assert [clause.cited for clause in claim.clauses] == [(1,), (2, 3)]
    assert claim.citing([7]).written.endswith("there [7].")
    assert claim.among([2]).cited == (2,)
    assert claim.marked(" (!)").endswith("there [2][3] (!).")


def test_tex_is_taken_out_together_with_the_places() -> None:
    (claim,) = claims_of(r"It is $5\times$ faster [1], but takes more memory [2].")
    assert [claim.plain.text[a:b].strip() for a, b, _ in claim.plain.clauses] == [
        "It is 5× faster",
        ", but takes more memory",
    ]
