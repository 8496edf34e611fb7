"""Groups of papers → names made of their own words, which tell the groups from each other."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.digest.vocabulary import WORD, Vocabulary, is_telling, stems_of_word
from rag.records import Paper
from rag.retrieval.abstract_vectors import Vectors

LONGEST = 4  # words of a phrase
LEAST_SHARE = 0.4  # of a group's papers that have to hold its name
SECOND_SHARE = 0.25  # and that a second phrase has to add
LONGER = (0.8, 1.2, 1.3, 1.3)  # what phrases of one, two … words weigh: longer ones say more
# How near to the group (its mean, by the dot product) the papers elsewhere have to lie that have
# the phrase for a keyword; and how near a phrase counts as lying that is no
# keyword elsewhere, or else the name of a field.
NEAR = 0.05
FITS = 0.095  # the same of a single paper
COMMON = 20  # papers whose keyword a phrase is that a group may be named after by one of its own
UNKNOWN = 0.05
FIELD = 0.1
_BREAK = re.compile(r"[.,;:!?()\[\]{}\"“”]+(?:\s|$)|\s[–—-]+\s|\(")


@dataclass(frozen=True, slots=True)
class Read:
    """A paper's phrases by their stems: those in title and keywords, as written, and all."""

    named: Mapping[str, str]
    held: frozenset[str]


@dataclass(frozen=True, slots=True)
class Name:
    """The phrases that name a group, the rows of its papers that they fit, and how well."""

    phrases: tuple[str, ...] = ()
    rows: frozenset[int] = frozenset()
    score: float = 0.0


def read(paper: Paper) -> Read:
    """Return the phrases of a paper; what its system is called is none of them."""
    before, colon, after = paper.title.partition(":")
    is_name = bool(colon) and len(before.split()) <= LONGEST - 1
    named: dict[str, str] = {}
    for text in (*paper.keywords, after if is_name else paper.title):
        for stems, written in _phrases(text):
            named.setdefault(stems, written)
    return Read(named, frozenset(named) | {stems for stems, _ in _phrases(paper.abstract)})


def name_of(
    group: Sequence[Read],
    vectors: Vectors,
    others: Sequence[Read],
    vocabulary: Vocabulary,
    used: set[str],
) -> Name:
    """Return the phrase that fits a group best, and another for those that it does not fit.

    `vectors` are the group's, a row a paper; `others` the papers of other groups. The name is
    empty where the group's papers share no topic.
    """
    fitting = {
        phrase: rows
        for phrase in {phrase for paper in group for phrase in paper.named} - used
        if len(rows := _fitting(phrase, group, vectors, vocabulary)) >= 2
    }
    scores = _scores(fitting, group, vectors, others, vocabulary)
    ranked = sorted(scores, key=lambda phrase: (-scores[phrase], phrase))
    best = Name()
    for first in ranked:
        inside = fitting[first]
        if len(inside) >= LEAST_SHARE * len(group) and scores[first] > best.score:
            best = Name((first,), frozenset(inside), scores[first])
        for second in ranked:
            gained = len(fitting[second] - inside)
            is_other = not set(first.split()) & set(second.split())
            if is_other and gained >= max(2, SECOND_SHARE * len(group)):
                both = scores[first] + scores[second] * gained / len(group)
                enough = len(inside) + gained >= LEAST_SHARE * len(group)
                if enough and both > best.score * 1.2:
                    best = Name((first, second), frozenset(inside | fitting[second]), both)
    return best


def _fitting(
    phrase: str, group: Sequence[Read], vectors: Vectors, vocabulary: Vocabulary
) -> set[int]:
    """Return the rows of the papers that hold a phrase or lie among those that have it elsewhere.

    A phrase that is no keyword elsewhere fits nothing unless several titles or keywords have it.
    """
    holding = {row for row, paper in enumerate(group) if phrase in paper.held}
    if phrase in vocabulary.vectors:
        if len(holding) < 2 and vocabulary.counts[phrase] < COMMON:
            return set()
        return holding | {
            row for row, vector in enumerate(vectors) if lies(vector, phrase, vocabulary)
        }
    if phrase in vocabulary.fields:
        return holding
    named = sum(phrase in paper.named for paper in group)
    return holding if named >= 2 and " " in phrase else set()


def lies(vector: Vectors, phrase: str, vocabulary: Vocabulary) -> bool:
    """Return whether a paper lies among those that have the phrase for a keyword."""
    topic = vocabulary.vectors.get(phrase)
    return topic is not None and float(vector @ topic) >= FITS


def _scores(
    fitting: Mapping[str, set[int]],
    group: Sequence[Read],
    vectors: Vectors,
    others: Sequence[Read],
    vocabulary: Vocabulary,
) -> dict[str, float]:
    """Return the score of each topic that is near enough.

    A name is what fits many papers of the group and stands in few of the others (the idea of
    c-TF-IDF), and what is a keyword elsewhere of papers that lie where the group lies.
    """
    centre = vectors.mean(axis=0)
    scores = {}
    for phrase, rows in fitting.items():
        topic = vocabulary.vectors.get(phrase)
        if topic is not None:
            near = float(topic @ centre)
        else:
            near = FIELD if phrase in vocabulary.fields else UNKNOWN
        if near < NEAR:
            continue
        share = len(rows) / len(group)
        named = sum(phrase in paper.named for paper in group) / len(group)
        outside = sum(phrase in paper.held for paper in others) / (len(others) + 1)
        weight = (share + named) / 2 * share / (share + outside)
        scores[phrase] = weight * near * LONGER[min(phrase.count(" "), 3)]
    return scores


def _phrases(text: str) -> Iterator[tuple[str, str]]:
    """Yield the phrases of one to four words: their stems and how they are written."""
    for clause in _BREAK.split(text):
        words = [(word, stems_of_word(word)) for word in WORD.findall(clause)]
        for start in range(len(words)):
            stems: list[str] = []
            for end in range(start, min(start + LONGEST, len(words))):
                if not words[end][1]:  # a stopword
                    break
                stems += words[end][1]
                if len(stems) <= LONGEST and is_telling(stems):
                    yield " ".join(stems), " ".join(w for w, _ in words[start : end + 1])


def written(name: Name, group: Sequence[Read], vocabulary: Vocabulary) -> str:
    """Return a name as it is written for a keyword, else as the group's papers write it."""
    words = " and ".join(
        vocabulary.written.get(phrase) or _most_used(phrase, group) for phrase in name.phrases
    )
    return words[:1].upper() + words[1:]


def _most_used(phrase: str, group: Sequence[Read]) -> str:
    """Return the phrase as most titles and keywords of the group have it."""
    forms = Counter(text.named[phrase] for text in group if phrase in text.named)
    return max(forms, key=lambda form: (forms[form], form))
