"""Papers → groups on one topic each, by the vectors of their abstracts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.digest.naming import Name, Read, lies, name_of, read, written
from bot.digest.records import MORE, Entry, Group
from bot.digest.vocabulary import Vocabulary, vocabulary_of
from rag.retrieval.abstract_vectors import Vectors
from rag.store.catalog import Catalog

FEWEST = 6  # papers that are worth grouping
MOST_GROUPS = 8
SMALLEST, LARGEST = 2, 6  # papers of a group on average
ROUNDS = 2  # what belongs to no group is grouped once more
COVER = 0.1  # what it is worth that a paper has any topic, against how well the name fits it


@dataclass(frozen=True, slots=True)
class Topic:
    """Which papers, by their rows, belong together, and what that is called."""

    rows: tuple[int, ...]
    name: Name


def grouped(
    entries: Sequence[Entry], vectors: Mapping[str, Vectors], catalog: Catalog
) -> tuple[Group, ...]:
    """Return the entries grouped by topic, the group of the best ranked paper first.

    Papers that share their topic with no other, or have no vector, come last as MORE.
    """
    known = [entry for entry in entries if entry.paper.paper_id in vectors]
    groups = []
    if len(known) >= FEWEST:
        texts = [read(entry.paper) for entry in known]
        vocabulary = vocabulary_of(catalog)
        apart = _apart(np.stack([vectors[entry.paper.paper_id] for entry in known]))
        for topic in _topics(apart, texts, vocabulary):
            title = written(topic.name, [texts[row] for row in topic.rows], vocabulary)
            groups.append(Group(title, tuple(known[row] for row in topic.rows)))
    groups.sort(key=lambda group: group.entries[0].rank)
    inside = {entry.rank for group in groups for entry in group.entries}
    rest = tuple(entry for entry in entries if entry.rank not in inside)
    return (*groups, Group(MORE, rest)) if rest else tuple(groups)


def _apart(vectors: Vectors) -> Vectors:
    """Return what sets the vectors apart, of unit length: all are about machine learning."""
    apart = vectors - vectors.mean(axis=0)
    return np.asarray(apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-9))


def _topics(apart: Vectors, texts: Sequence[Read], vocabulary: Vocabulary) -> list[Topic]:
    topics: list[Topic] = []
    for _ in range(ROUNDS):
        inside = {row for topic in topics for row in topic.rows}
        rest = np.array([row for row in range(len(texts)) if row not in inside])
        if len(rest) < FEWEST or len(topics) == MOST_GROUPS:
            break
        found = _best(rest, apart, texts, vocabulary, topics)
        topics = _joined([*topics, *found], apart, texts, vocabulary)
    return topics


def _best(
    rest: NDArray[np.int64],
    apart: Vectors,
    texts: Sequence[Read],
    vocabulary: Vocabulary,
    topics: Sequence[Topic],
) -> list[Topic]:
    """Return more topics, of the rows in `rest`: the grouping whose names fit the most papers."""
    most = max(2, min(MOST_GROUPS - len(topics), int(len(rest) / SMALLEST)))
    least = min(most, max(2, round(len(rest) / LARGEST)))
    best, best_worth = list[Topic](), 0.0
    for count in range(least, most + 1):
        labels = clusters(apart[rest], count)
        groups = [rest[labels == label].tolist() for label in range(count)]
        found = _named(groups, apart, texts, vocabulary, topics)
        worth = sum((topic.name.score + COVER) * len(topic.rows) for topic in found)
        if worth > best_worth:
            best, best_worth = found, worth
    return best[: MOST_GROUPS - len(topics)]


def clusters(apart: Vectors, count: int) -> NDArray[np.int64]:
    """Return a label for each vector, shape (n,); -1 where it lies no nearer to its own group
    than to another (its silhouette). Ward's method, by scipy: scikit-learn's, which uses the
    same, takes seconds to load.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    labels = np.asarray(fcluster(linkage(apart, "ward"), count, "maxclust"), dtype=np.int64) - 1
    distance = 1 - apart @ apart.T
    inside = labels[:, None] == np.arange(labels.max() + 1)[None, :]
    sizes = inside.sum(axis=0)
    means = distance @ inside / sizes  # to every group
    own = means[np.arange(len(labels)), labels] * sizes[labels] / np.maximum(1, sizes[labels] - 1)
    means[np.arange(len(labels)), labels] = np.inf
    return np.where(own < means.min(axis=1), labels, -1)


def _named(
    groups: Sequence[list[int]],
    apart: Vectors,
    texts: Sequence[Read],
    vocabulary: Vocabulary,
    topics: Sequence[Topic],
) -> list[Topic]:
    """Return the groups that have a name, with the papers it fits; no phrase is used twice."""
    used = {phrase for topic in topics for phrase in topic.name.phrases}
    found = []
    for rows in groups:
        if len(rows) < 2:
            continue
        inside = [texts[row] for row in rows]
        others = [text for row, text in enumerate(texts) if row not in rows]
        name = name_of(inside, apart[rows], others, vocabulary, used)
        if name.phrases:
            found.append(Topic(tuple(rows[n] for n in sorted(name.rows)), name))
            used.update(name.phrases)
    return found


def _joined(
    topics: Sequence[Topic], apart: Vectors, texts: Sequence[Read], vocabulary: Vocabulary
) -> list[Topic]:
    """Bring papers of no topic into the nearest of those whose name fits them."""
    inside = {row for topic in topics for row in topic.rows}
    centres = [apart[list(topic.rows)].mean(axis=0) for topic in topics]
    joining: list[list[int]] = [[] for _ in topics]
    for row in range(len(texts)):
        if row in inside:
            continue
        near = [
            (float(apart[row] @ centre), n)
            for n, (centre, topic) in enumerate(zip(centres, topics, strict=True))
            if any(
                phrase in texts[row].named or lies(apart[row], phrase, vocabulary)
                for phrase in topic.name.phrases
            )
        ]
        if near and max(near)[0] > 0:
            joining[max(near)[1]].append(row)
    return [
        Topic(tuple(sorted([*topic.rows, *rows])), topic.name)
        for topic, rows in zip(topics, joining, strict=True)
    ]
