"""Grouping papers by topic."""

import numpy as np

from rag.digest.make import make_digest
from rag.digest.records import MORE
from rag.digest.topics import cluster, group_by_topic
from rag.library import Library
from tests.rag.digest.conftest import FRIDAY


def test_similar_vectors_form_one_group() -> None:
    rng = np.random.default_rng(7)
    vectors = np.repeat(np.eye(16)[[0, 5, 10]], 5, axis=0) + rng.normal(0, 0.08, (15, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = cluster(vectors.astype(np.float32), 3).tolist()
    groups = [set(labels[n : n + 5]) for n in (0, 5, 10)]
    assert all(len(group) == 1 for group in groups)
    assert set.union(*groups) == {0, 1, 2}


def test_few_papers_are_one_group(week: Library) -> None:
    digest = make_digest(week, "week", FRIDAY)
    assert [group.name for group in digest.groups] == [MORE]
    assert group_by_topic([], {}, week.catalog) == ()


def test_a_vector_between_two_groups_gets_no_label() -> None:
    vectors = np.eye(4)[[0, 0, 1, 1, 2]].astype(np.float32)
    vectors[4] = (vectors[0] + vectors[2]) / np.sqrt(2)
    labels = cluster(vectors, 2).tolist()
    assert labels[0] == labels[1] != labels[2] == labels[3]
    assert labels[4] == -1
