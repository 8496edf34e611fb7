"""Name a group of papers after the phrase that distinguishes it from other groups."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.digest.vocabulary import WORD, Vocabulary, is_specific, stems_of_word
from rag.records import Paper
from rag.retrieval.abstract_vectors import Vectors

MAX_WORDS = 4  # of a phrase
MIN_SHARE = 0.4  # of a group's papers that its name must match
SECOND_SHARE = 0.25  # of a group's papers that a second phrase must add
LENGTH_WEIGHTS = (0.8, 1.2, 1.3, 1.3)  # of phrases of one, two … words: longer ones say more
COMMON = 20  # papers with the keyword, from which a group may be named by one of its papers
# Similarities are dot products with the vector of the papers that have the phrase as a keyword.
MIN_GROUP_SIMILARITY = 0.05  # of the group's mean vector
MIN_PAPER_SIMILARITY = 0.095  # of one paper's vector
UNKNOWN_SIMILARITY = 0.05  # assumed for a phrase that is not a keyword of other papers
FIELD_SIMILARITY = 0.1  # assumed for the name of a field
_BREAK = re.compile(r"[.,;:!?()\[\]{}\"“”]+(?:\s|$)|\s[–—-]+\s|\(")


@dataclass(frozen=True, slots=True)
class PaperPhrases:
    """A paper's phrases, each identified by its stems.

    `prominent` maps the phrases of title and keywords to their spelling; `all` adds those of the
    abstract.
    """

    prominent: Mapping[str, str]
    all: frozenset[str]


@dataclass(frozen=True, slots=True)
class Name:
    """The phrases that name a group, the rows of its papers that they match, and a score."""

    phrases: tuple[str, ...] = ()
    rows: frozenset[int] = frozenset()
    score: float = 0.0


def phrases_of(paper: Paper) -> PaperPhrases:
    """Return the phrases of a paper, without the name of its system (before the title's colon)."""
    before, colon, after = paper.title.partition(":")
    is_name = bool(colon) and len(before.split()) < MAX_WORDS
    prominent: dict[str, str] = {}
    for text in (*paper.keywords, after if is_name else paper.title):
        for phrase, spelling in _phrases(text):
            prominent.setdefault(phrase, spelling)
    in_abstract = {phrase for phrase, _ in _phrases(paper.abstract)}
    return PaperPhrases(prominent, frozenset(prominent) | in_abstract)


def name_group(
    group: Sequence[PaperPhrases],
    vectors: Vectors,
    others: Sequence[PaperPhrases],
    vocabulary: Vocabulary,
    used: set[str],
) -> Name:
    """Return the phrase that matches a group best, and a second one for the remaining papers.

    `vectors` has one row per paper of the group; `others` are the papers of other groups, and
    `used` the phrases of other names. The name is empty if the group's papers share no topic.
    """
    matches = {
        phrase: rows
        for phrase in {phrase for paper in group for phrase in paper.prominent} - used
        if len(rows := _matching_rows(phrase, group, vectors, vocabulary)) >= 2
    }
    scores = _scores(matches, group, vectors, others, vocabulary)
    ranked = sorted(scores, key=lambda phrase: (-scores[phrase], phrase))
    best = Name()
    for first in ranked:
        inside = matches[first]
        if len(inside) >= MIN_SHARE * len(group) and scores[first] > best.score:
            best = Name((first,), frozenset(inside), scores[first])
        for second in ranked:
            added = len(matches[second] - inside)
            shares_word = bool(set(first.split()) & set(second.split()))
            if not shares_word and added >= max(2, SECOND_SHARE * len(group)):
                score = scores[first] + scores[second] * added / len(group)
                is_enough = len(inside) + added >= MIN_SHARE * len(group)
                if is_enough and score > best.score * 1.2:
                    best = Name((first, second), frozenset(inside | matches[second]), score)
    return best


def _matching_rows(
    phrase: str, group: Sequence[PaperPhrases], vectors: Vectors, vocabulary: Vocabulary
) -> set[int]:
    """Return the rows of the papers that contain a phrase or are similar to its topic.

    A phrase that is neither a topic nor a field must be in several titles or keywords.
    """
    containing = {row for row, paper in enumerate(group) if phrase in paper.all}
    if phrase in vocabulary.vectors:
        if len(containing) < 2 and vocabulary.counts[phrase] < COMMON:
            return set()
        return containing | {
            row for row, vector in enumerate(vectors) if is_on_topic(vector, phrase, vocabulary)
        }
    if phrase in vocabulary.fields:
        return containing
    count = sum(phrase in paper.prominent for paper in group)
    return containing if count >= 2 and " " in phrase else set()


def is_on_topic(vector: Vectors, phrase: str, vocabulary: Vocabulary) -> bool:
    """Return whether a paper is similar to the papers that have the phrase as a keyword."""
    topic = vocabulary.vectors.get(phrase)
    return topic is not None and float(vector @ topic) >= MIN_PAPER_SIMILARITY


def _scores(
    matches: Mapping[str, set[int]],
    group: Sequence[PaperPhrases],
    vectors: Vectors,
    others: Sequence[PaperPhrases],
    vocabulary: Vocabulary,
) -> dict[str, float]:
    """Return the score of each phrase that is similar enough to the group.

    A phrase scores high if it matches many papers of the group and few others (the idea of
    c-TF-IDF), and if the papers elsewhere that have it as a keyword are similar to the group.
    """
    centre = vectors.mean(axis=0)
    scores = {}
    for phrase, rows in matches.items():
        topic = vocabulary.vectors.get(phrase)
        if topic is not None:
            similarity = float(topic @ centre)
        else:
            similarity = FIELD_SIMILARITY if phrase in vocabulary.fields else UNKNOWN_SIMILARITY
        if similarity < MIN_GROUP_SIMILARITY:
            continue
        share = len(rows) / len(group)
        prominence = sum(phrase in paper.prominent for paper in group) / len(group)
        outside = sum(phrase in paper.all for paper in others) / (len(others) + 1)
        weight = (share + prominence) / 2 * share / (share + outside)
        scores[phrase] = weight * similarity * LENGTH_WEIGHTS[min(phrase.count(" "), 3)]
    return scores


def _phrases(text: str) -> Iterator[tuple[str, str]]:
    """Yield the phrases of one to four words: stems joined by spaces, and spelling."""
    for clause in _BREAK.split(text):
        words = [(word, stems_of_word(word)) for word in WORD.findall(clause)]
        for start in range(len(words)):
            stems: list[str] = []
            for end in range(start, min(start + MAX_WORDS, len(words))):
                if not words[end][1]:  # a stopword
                    break
                stems += words[end][1]
                if len(stems) <= MAX_WORDS and is_specific(stems):
                    yield " ".join(stems), " ".join(w for w, _ in words[start : end + 1])


def display_name(name: Name, group: Sequence[PaperPhrases], vocabulary: Vocabulary) -> str:
    """Return a name as keywords spell it, or else as the group's papers do."""
    words = " and ".join(
        vocabulary.spellings.get(phrase) or _commonest_spelling(phrase, group)
        for phrase in name.phrases
    )
    return words[:1].upper() + words[1:]


def _commonest_spelling(phrase: str, group: Sequence[PaperPhrases]) -> str:
    """Return the spelling that most titles and keywords of the group use."""
    counts = Counter(paper.prominent[phrase] for paper in group if phrase in paper.prominent)
    return max(counts, key=lambda spelling: (counts[spelling], spelling))
