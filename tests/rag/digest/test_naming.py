"""The phrases of papers, and the names of groups."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import numpy as np

from rag.digest.naming import PaperPhrases, display_name, name_group, phrases_of
from rag.digest.vocabulary import FIELDS, Vocabulary
from rag.records import Paper

BIRD, ROBOT = np.eye(2, dtype=np.float32)


def vocabulary(**topics: tuple[np.ndarray, int]) -> Vocabulary:
    """Return a vocabulary of these topics: vector, and number of papers with the keyword."""
    names = {name.replace("_", " "): topic for name, topic in topics.items()}
    return cast(
        Vocabulary,
        SimpleNamespace(
            vectors={name: vector for name, (vector, _) in names.items()},
            counts={name: count for name, (_, count) in names.items()},
            spellings={},
            fields=FIELDS,
        ),
    )


def paper(title: str, abstract: str = "", keywords: Sequence[str] = ()) -> PaperPhrases:
    return phrases_of(Paper(title=title, abstract=abstract, keywords=tuple(keywords)))


def test_phrases_stop_at_stopwords_and_punctuation_and_leave_out_the_system_name() -> None:
    phrases = paper("HeronNet: Counting of Wading Birds", "It flies south. Herons nest.")
    assert phrases.prominent["wade bird"] == "Wading Birds"
    assert "count wade" not in phrases.all
    assert not any("heronnet" in phrase for phrase in phrases.all)
    assert "south heron" not in phrases.all
    assert "heron nest" in phrases.all - set(phrases.prominent)


def test_a_group_is_named_after_the_topic_that_its_papers_share() -> None:
    group = [paper("Wading birds of fog"), paper("On wading birds"), paper("Wading birds again")]
    others = [paper("Robot hands"), paper("A robot")]
    vectors = np.stack([BIRD] * 3)
    known = vocabulary(wade_bird=(BIRD, 30), robot=(ROBOT, 30))
    name = name_group(group, vectors, others, known, set())
    assert name.phrases == ("wade bird",)
    assert name.rows == {0, 1, 2}
    assert display_name(name, group, known) in ("Wading birds", "Wading Birds")


def test_a_phrase_of_another_topic_or_already_used_names_nothing() -> None:
    group = [paper("Wading birds of fog"), paper("On wading birds")]
    vectors = np.stack([BIRD] * 2)
    elsewhere = vocabulary(wade_bird=(ROBOT, 30))
    assert name_group(group, vectors, [], elsewhere, {"wade", "bird"}).phrases == ()
    known = vocabulary(wade_bird=(BIRD, 30))
    used = {phrase for text in group for phrase in text.prominent}
    assert name_group(group, vectors, [], known, used).phrases == ()


def test_the_commonest_spelling_of_titles_and_keywords_is_displayed() -> None:
    group = [
        paper("Fog", keywords=["wading bird"]),
        paper("Mist", keywords=["wading bird"]),
        paper("Wading Birds"),
    ]
    vectors = np.stack([BIRD] * 3)
    name = name_group(group, vectors, [], vocabulary(wade_bird=(BIRD, 30)), set())
    assert display_name(name, group, vocabulary()) == "Wading bird"
