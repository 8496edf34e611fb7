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
        "The authors have withdrawn this paper",
        "The author withdraws this paper because of a gap in the proof",
        "We withdraw this paper: the main theorem is false",
        "The authors withdrew the manuscript after an error was found",
        "I have withdrawn this article.",
        "9 pages. The first author has retracted this preprint",
        "We are withdrawing this submission, see version 3",
        "arXiv has withdrawn this article due to a dispute over authorship",
        "This work had been withdrawn, the data was wrong",
        "The authors wish to withdraw this paper",
        "This paper has been temporarily withdrawn",
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
        "An earlier version of this paper was withdrawn; this is the corrected version",
        "The previous version was withdrawn, this is the final one",
        "The original submission was withdrawn from a journal and rewritten",
        "A preliminary draft of this article has been retracted",
        "This is a corrected text; the first version has been withdrawn",
        "The companion paper was withdrawn",
        "We withdraw cash in small notes",
        "The authors have withdrawn the earlier version of this paper",
        "This paper has not been withdrawn",
        "Version 1 was withdrawn because a figure was missing",
        "The authors withdrew this paper from ICLR 2026",
    ],
)
def test_other_comments_are_none(comment: str | None) -> None:
    assert not withdrawal_of(replace(HERON, comment=comment))


def test_an_abstract_may_say_it() -> None:
    assert withdrawal_of(replace(HERON, abstract="This paper has been withdrawn.")) == (
        "This paper has been withdrawn."
    )
    assert not withdrawal_of(replace(HERON, abstract="We find papers that were withdrawn."))
