"""Papers → groups on one topic each, by the vectors of their abstracts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.digest.naming import Name, Read, lies, name_of, read, written
from bot.digest.records import MORE, Entry, Group
from bot.digest.vocabulary import Vocabulary, vocabulary_of
from rag.catalog import Catalog
from rag.wholes import Vectors

FEWEST = 6  # papers that are worth grouping
MOST_GROUPS = 8
SMALLEST, LARGEST = 2.5, 6  # papers of a group on average


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which rows belong together, and what that is called; the worth is higher for better ones."""

    members: tuple[tuple[int, ...], ...]
    names: tuple[Name, ...]
    worth: float


def grouped(
    entries: Sequence[Entry], vectors: Mapping[str, Vectors], catalog: Catalog
) -> tuple[Group, ...]:
    """Return the entries grouped by topic, the group of the best ranked paper first.

    Papers that share their topic with no other, or have no vector, come last as MORE.
    """
    known = [entry for entry in entries if entry.paper.paper_id in vectors]
    if len(known) < FEWEST:
        return (Group(MORE, tuple(entries)),) if entries else ()
    texts = [read(entry.paper) for entry in known]
    apart = _apart(np.stack([vectors[entry.paper.paper_id] for entry in known]))
    vocabulary = vocabulary_of(catalog)
    chosen = _joined(_best(apart, texts, vocabulary), apart, texts, vocabulary)
    groups = []
    for rows, name in zip(chosen.members, chosen.names, strict=True):
        members = [known[row] for row in rows]
        title = written(name, [texts[row] for row in rows], vocabulary)
        groups.append(Group(title, tuple(members)))
    groups.sort(key=lambda group: group.entries[0].rank)
    inside = {entry.rank for group in groups for entry in group.entries}
    rest = tuple(entry for entry in entries if entry.rank not in inside)
    return (*groups, Group(MORE, rest)) if rest else tuple(groups)


def _apart(vectors: Vectors) -> Vectors:
    """Return what sets the vectors apart, of unit length: all are about machine learning."""
    apart = vectors - vectors.mean(axis=0)
    return np.asarray(apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-9))


def _best(apart: Vectors, texts: Sequence[Read], vocabulary: Vocabulary) -> Grouping:
    """Return the grouping whose names fit the most papers best."""
    most = max(2, min(MOST_GROUPS, int(len(texts) / SMALLEST)))
    least = min(most, max(2, round(len(texts) / LARGEST)))
    tried = [
        _named(clusters(apart, count), apart, texts, vocabulary) for count in range(least, most + 1)
    ]
    return max(tried, key=lambda grouping: grouping.worth)


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
    labels: NDArray[np.int64], apart: Vectors, texts: Sequence[Read], vocabulary: Vocabulary
) -> Grouping:
    """Return the groups that have a name, no phrase being used twice."""
    members, names, used, worth = [], [], set[str](), 0.0
    for label in range(labels.max() + 1):
        rows = np.flatnonzero(labels == label).tolist()
        if len(rows) < 2:
            continue
        inside = [texts[row] for row in rows]
        others = [text for row, text in enumerate(texts) if row not in rows]
        name = name_of(inside, apart[rows], others, vocabulary, used)
        if name.phrases:
            members.append(tuple(rows[n] for n in sorted(name.rows)))
            names.append(name)
            used.update(name.phrases)
            worth += name.score * len(name.rows)
    return Grouping(tuple(members), tuple(names), worth)


def _joined(
    grouping: Grouping, apart: Vectors, texts: Sequence[Read], vocabulary: Vocabulary
) -> Grouping:
    """Bring papers of no group into the nearest of those whose name fits them."""
    inside = {row for group in grouping.members for row in group}
    members = [list(group) for group in grouping.members]
    centres = [apart[list(group)].mean(axis=0) for group in grouping.members]
    for row in range(len(texts)):
        if row in inside:
            continue
        near = [
            (float(apart[row] @ centre), n)
            for n, (centre, name) in enumerate(zip(centres, grouping.names, strict=True))
            if any(
                phrase in texts[row].named or lies(apart[row], phrase, vocabulary)
                for phrase in name.phrases
            )
        ]
        if near and max(near)[0] > 0:
            members[max(near)[1]].append(row)
    return Grouping(
        tuple(tuple(sorted(group)) for group in members), grouping.names, grouping.worth
    )
