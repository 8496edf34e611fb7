from dataclasses import replace

import pytest

from rag.text.withdrawal import withdrawal_of
from tests.papers import HERON


@pytest.mark.parametrize(
    "comment",
    [
        "This paper has been withdrawn by the author due to a sign error in Lemma 2",
        "Withdrawn",
        "withdrawn by the authors, the proof has a gap",
        "Paper withdrawn because of an error in the data",
        "12 pages, 3 figures. This submission has been withdrawn by arXiv administrators",
        "The article was withdrawn pending further review.",
        "This manuscript has been retracted at the request of its authors",
        "[withdrawn] see the newer version",
        "Withdrawn from arXiv: superseded by another text",
        "This version is withdrawn; section 4 is wrong",
    ],
)
def test_a_withdrawal_is_recognised(comment: str) -> None:
    assert withdrawal_of(replace(HERON, comment=comment))


@pytest.mark.parametrize(
    "comment",
    [
        None,
        "12 pages, accepted at ICML 2026",
        "Withdrawn from ICLR 2026, now under review elsewhere",
        "Withdrawn submission to a workshop; code will follow",
        "We study withdrawn drugs and retracted papers",
        "An analysis of 4,000 retracted papers",
        "Supersedes our withdrawn paper of 2024",
    ],
)
def test_other_comments_are_none(comment: str | None) -> None:
    assert not withdrawal_of(replace(HERON, comment=comment))


def test_an_abstract_may_say_it() -> None:
    assert withdrawal_of(replace(HERON, abstract="This paper has been withdrawn.")) == (
        "This paper has been withdrawn."
    )
    assert not withdrawal_of(replace(HERON, abstract="We find papers that were withdrawn."))
