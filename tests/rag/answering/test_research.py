import pytest

from rag.answering.research import question_parts


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("how are herons counted?", ["how are herons counted"]),
        (
            "cheaper detectors, who trains them and how large is the saving?",
            ["cheaper detectors", "who trains them", "how large is the saving"],
        ),
        ("herons in fog. which papers? list them", ["herons in fog"]),
        ("nests: radar or cameras; what fails", ["nests", "radar or cameras", "what fails"]),
        ("compare both of them", ["compare both of them"]),
    ],
)
def test_a_question_is_split_into_the_parts_that_say_something(
    question: str, parts: list[str]
) -> None:
    assert question_parts(question) == parts
