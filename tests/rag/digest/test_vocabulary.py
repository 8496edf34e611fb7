"""The vocabulary of topic names."""

from dataclasses import replace

import numpy as np
import pytest

from ingest.sync import ingest
from rag.digest.vocabulary import (
    FIELDS,
    MIN_PAPERS,
    is_specific,
    stems_of,
    vocabulary_of,
)
from rag.library import Library
from tests.papers import ListSource, many


def test_a_keyword_of_enough_papers_becomes_a_topic_with_a_vector(library: Library) -> None:
    papers = [
        replace(paper, keywords=("wading birds", "rare gulls") if n < 2 else ("wading birds",))
        for n, paper in enumerate(many(MIN_PAPERS))
    ]
    ingest(ListSource(papers), library)
    vocabulary = vocabulary_of(library.catalog)
    assert set(vocabulary.vectors) == {"wade bird"}
    assert vocabulary.counts == {"wade bird": MIN_PAPERS, "rare gull": 2}
    assert vocabulary.spellings["wade bird"] == "wading birds"
    assert np.linalg.norm(vocabulary.vectors["wade bird"]) < 0.1  # all papers: the mean itself
    assert vocabulary.fields is FIELDS  # the catalogue is small


def test_the_vocabulary_is_computed_again_after_papers_were_added(library: Library) -> None:
    ingest(ListSource(many(2)), library)
    before = vocabulary_of(library.catalog)
    assert vocabulary_of(library.catalog) is before
    ingest(ListSource(many(3)), library)
    assert vocabulary_of(library.catalog) is not before


@pytest.mark.parametrize(
    ("keyword", "specific"),
    [
        ("Gaussian splatting", True),
        ("reasoning models", True),  # a field
        ("large language model", False),  # on any subject
        ("2025", False),
        ("AI", False),
        ("robot (hands)", True),
    ],
)
def test_a_keyword_must_be_specific(keyword: str, specific: bool) -> None:
    assert is_specific(stems_of(keyword)) is specific


def test_stems_leave_out_brackets_and_stopwords_and_split_hyphens() -> None:
    assert stems_of("State-of-the-art robots (SOTA)") == stems_of("state art robot")
