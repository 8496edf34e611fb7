"""Group papers by topic, by clustering the vectors of their abstracts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.digest.naming import Name, PaperPhrases, display_name, is_on_topic, name_group, phrases_of
from rag.digest.records import MORE, Entry, Group
from rag.digest.vocabulary import Vocabulary, vocabulary_of
from rag.retrieval.abstract_vectors import Vectors
from rag.store.catalog import Catalog

MIN_PAPERS = 6  # fewer papers are not grouped
MAX_GROUPS = 8
MIN_AVERAGE, MAX_AVERAGE = 2, 6  # papers per group, on average
ROUNDS = 2  # papers without a group are grouped once more
TOPIC_BONUS = 0.1  # for each paper that has a topic, added to the score of its name


@dataclass(frozen=True, slots=True)
class Topic:
    """The rows of the papers on one topic, and the topic's name."""

    rows: tuple[int, ...]
    name: Name


def group_by_topic(
    entries: Sequence[Entry], vectors: Mapping[str, Vectors], catalog: Catalog
) -> tuple[Group, ...]:
    """Return the entries grouped by topic, the group with the best rank first.

    Papers that share no topic, or have no vector, form the last group, MORE.
    """
    with_vector = [entry for entry in entries if entry.paper.paper_id in vectors]
    groups = []
    if len(with_vector) >= MIN_PAPERS:
        phrases = [phrases_of(entry.paper) for entry in with_vector]
        vocabulary = vocabulary_of(catalog)
        centred = _centred(np.stack([vectors[entry.paper.paper_id] for entry in with_vector]))
        for topic in _topics(centred, phrases, vocabulary):
            name = display_name(topic.name, [phrases[row] for row in topic.rows], vocabulary)
            groups.append(Group(name, tuple(with_vector[row] for row in topic.rows)))
    groups.sort(key=lambda group: group.entries[0].rank)
    grouped = {entry.rank for group in groups for entry in group.entries}
    rest = tuple(entry for entry in entries if entry.rank not in grouped)
    return (*groups, Group(MORE, rest)) if rest else tuple(groups)


def _centred(vectors: Vectors) -> Vectors:
    """Return the vectors minus their mean, of unit length: all papers are on machine learning."""
    centred = vectors - vectors.mean(axis=0)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9))


def _topics(
    centred: Vectors, phrases: Sequence[PaperPhrases], vocabulary: Vocabulary
) -> list[Topic]:
    topics: list[Topic] = []
    for _ in range(ROUNDS):
        inside = {row for topic in topics for row in topic.rows}
        rest = np.array([row for row in range(len(phrases)) if row not in inside])
        if len(rest) < MIN_PAPERS or len(topics) == MAX_GROUPS:
            break
        more = _best_grouping(rest, centred, phrases, vocabulary, topics)
        topics = _absorb_rest([*topics, *more], centred, phrases, vocabulary)
    return topics


def _best_grouping(
    rest: NDArray[np.int64],
    centred: Vectors,
    phrases: Sequence[PaperPhrases],
    vocabulary: Vocabulary,
    topics: Sequence[Topic],
) -> list[Topic]:
    """Return topics for the rows in `rest`: the grouping whose names match the papers best."""
    most = max(2, min(MAX_GROUPS - len(topics), int(len(rest) / MIN_AVERAGE)))
    least = min(most, max(2, round(len(rest) / MAX_AVERAGE)))
    best, best_score = list[Topic](), 0.0
    for count in range(least, most + 1):
        labels = cluster(centred[rest], count)
        groups = [rest[labels == label].tolist() for label in range(count)]
        named = _named_topics(groups, centred, phrases, vocabulary, topics)
        score = sum((topic.name.score + TOPIC_BONUS) * len(topic.rows) for topic in named)
        if score > best_score:
            best, best_score = named, score
    return best[: MAX_GROUPS - len(topics)]


def cluster(centred: Vectors, count: int) -> NDArray[np.int64]:
    """Return a label per vector, shape (n,), by Ward's method.

    The label is -1 if the vector is not closer to its own group than to any other (its silhouette
    is not positive). By scipy, because scikit-learn, which uses the same code, takes seconds to
    load.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    labels = np.asarray(fcluster(linkage(centred, "ward"), count, "maxclust"), dtype=np.int64) - 1
    distance = 1 - centred @ centred.T
    inside = labels[:, None] == np.arange(labels.max() + 1)[None, :]
    sizes = inside.sum(axis=0)
    means = distance @ inside / sizes  # distance to every group, shape (n, groups)
    own = means[np.arange(len(labels)), labels] * sizes[labels] / np.maximum(1, sizes[labels] - 1)
    means[np.arange(len(labels)), labels] = np.inf
    return np.where(own < means.min(axis=1), labels, -1)


def _named_topics(
    groups: Sequence[list[int]],
    centred: Vectors,
    phrases: Sequence[PaperPhrases],
    vocabulary: Vocabulary,
    topics: Sequence[Topic],
) -> list[Topic]:
    """Return the groups that have a name, with the papers it matches; phrases are used once."""
    used = {phrase for topic in topics for phrase in topic.name.phrases}
    named = []
    for rows in groups:
        if len(rows) < 2:
            continue
        inside = [phrases[row] for row in rows]
        others = [paper for row, paper in enumerate(phrases) if row not in rows]
        name = name_group(inside, centred[rows], others, vocabulary, used)
        if name.phrases:
            named.append(Topic(tuple(rows[n] for n in sorted(name.rows)), name))
            used.update(name.phrases)
    return named


def _absorb_rest(
    topics: Sequence[Topic],
    centred: Vectors,
    phrases: Sequence[PaperPhrases],
    vocabulary: Vocabulary,
) -> list[Topic]:
    """Add each paper without a topic to the most similar topic whose name matches it."""
    inside = {row for topic in topics for row in topic.rows}
    centres = [centred[list(topic.rows)].mean(axis=0) for topic in topics]
    added: list[list[int]] = [[] for _ in topics]
    for row in range(len(phrases)):
        if row in inside:
            continue
        candidates = [
            (float(centred[row] @ centre), n)
            for n, (centre, topic) in enumerate(zip(centres, topics, strict=True))
            if any(
                phrase in phrases[row].prominent or is_on_topic(centred[row], phrase, vocabulary)
                for phrase in topic.name.phrases
            )
        ]
        if candidates and max(candidates)[0] > 0:
            added[max(candidates)[1]].append(row)
    return [
        Topic(tuple(sorted([*topic.rows, *rows])), topic.name)
        for topic, rows in zip(topics, added, strict=True)
    ]
