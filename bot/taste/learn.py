"""Learns the taste of a server or a user from their ratings, again after each new rating."""

import random
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.taste.classifier import Classifier, Example, Vectors
from bot.taste.paper_keys import papers_of_ids
from bot.taste.ratings import Marks, RatingStore
from rag.digest.records import Opinion, Taste
from rag.records import Paper, Window
from rag.retrieval.abstract_vectors import load_abstract_vectors
from rag.store.catalog import Catalog
from rag.text.shorten import shorten

MIN_LIKED = 3  # papers; with fewer there is no taste
MAX_RATED = 1_000  # papers; the newest by their ids
MAX_OTHERS = 400  # unrated papers of the same days
OTHER_WEIGHT = 0.25  # of such a paper relative to one with a 👎
MAX_VOTES = 3.0  # counted for one paper
REASON_SCORE = 0.5  # an opinion from here on has a reason
SEVERAL = 3  # people of a server who like a paper, before a reason names it
MAX_TITLE = 80  # characters of a title in a reason
CACHE_SIZE = 50  # tastes in memory


@dataclass(frozen=True, slots=True)
class LearnedTaste:
    """A Taste from a trained classifier; `whose` is "this server" or "you" in the reasons."""

    catalog: Catalog
    classifier: Classifier
    whose: str

    def opinions(self, papers: Sequence[Paper]) -> list[Opinion]:
        """Return an opinion per paper, in the same order; good ones have a reason."""
        if not papers:
            return []
        vectors = vectors_of(self.catalog, papers, size=self.classifier.size)
        scores = self.classifier.scores(papers, vectors)
        return [
            Opinion(float(score), self._reason(paper, vector) if score >= REASON_SCORE else "")
            for paper, vector, score in zip(papers, vectors, scores, strict=True)
        ]

    def _reason(self, paper: Paper, vector: Vectors) -> str:
        liked, words = self.classifier.reason(paper, vector)
        if liked is None:
            return ""
        shared = f" ({', '.join(words)})" if words else ""
        return f"because {self.whose} liked “{shorten(liked.title, MAX_TITLE)}”{shared}"


class TasteCache:
    """The tastes of servers and users, learned on demand and cached until a rating changes.

    Learning takes about a second: call it from a thread.
    """

    def __init__(self, catalog: Catalog, ratings: RatingStore) -> None:
        self.catalog = catalog
        self.ratings = ratings
        self._lock = threading.Lock()  # so that two threads do not learn the same taste
        self._cache: OrderedDict[str, tuple[dict[str, Marks], Taste | None]] = OrderedDict()

    def of_guild(self, guild_id: int) -> Taste | None:
        """Return the common taste of the users of a guild; None with too few ratings."""
        marks = self.ratings.marks(guild_id=guild_id)
        return self._of(f"server {guild_id}", marks, "this server", named_from=SEVERAL)

    def of_user(self, user_id: int) -> Taste | None:
        """Return the taste of a user, from ratings in any guild; None with too few ratings."""
        marks = self.ratings.marks(user_id=user_id)
        return self._of(f"person {user_id}", marks, "you", named_from=1)

    def clear(self) -> None:
        """Clear the cache; tastes are learned again from the stored ratings."""
        with self._lock:
            self._cache.clear()

    def _of(
        self, key: str, marks: dict[str, Marks], whose: str, *, named_from: int
    ) -> Taste | None:
        with self._lock:
            known = self._cache.pop(key, None)
            if known is None or known[0] != marks:
                known = (marks, learn(self.catalog, marks, whose=whose, named_from=named_from))
            self._cache[key] = known  # moved to the end: the least recently used is dropped first
            while len(self._cache) > CACHE_SIZE:
                self._cache.popitem(last=False)
        return known[1]


def learn(
    catalog: Catalog, marks: Mapping[str, Marks], *, whose: str, named_from: int = 1
) -> Taste | None:
    """Return the taste for these marks by paper id; None with too few.

    Reasons name only papers that `named_from` people like: one person's opinion is nobody else's.
    Unrated papers of the same days count as papers that users saw but did not like.
    """
    votes = {paper_id: mark.liked - mark.disliked for paper_id, mark in marks.items()}
    some = [paper_id for paper_id, vote in votes.items() if vote][-MAX_RATED:]
    rated = papers_of_ids(catalog, some)
    liked = [paper_id for paper_id in rated if votes[paper_id] > 0]
    others = _others(catalog, list(rated.values()), set(marks))
    disliked = len(rated) - len(liked)
    if len(liked) < MIN_LIKED or not (others or disliked):
        return None
    papers = [*rated.values(), *others]
    weights = [min(abs(votes[paper_id]), MAX_VOTES) for paper_id in rated]
    weights += [OTHER_WEIGHT] * len(others)
    is_liked = [votes[paper_id] > 0 for paper_id in rated] + [False] * len(others)
    vectors = vectors_of(catalog, papers)
    may_be_named = [marks[paper_id].liked >= named_from for paper_id in rated]
    may_be_named += [False] * len(others)
    examples = map(Example, papers, vectors, is_liked, weights, may_be_named)
    return LearnedTaste(catalog, Classifier(list(examples)), whose)


def _others(catalog: Catalog, rated: Sequence[Paper], known: set[str]) -> list[Paper]:
    """Return unrated papers of the same days; a fixed sample if they are too many."""
    days: list[date] = sorted({paper.day for paper in rated if paper.day})
    papers = [paper for day in days for paper in catalog.papers(Window(day, day))]
    known = known | {paper.paper_id for paper in rated}
    others = [paper for paper in papers if paper.paper_id not in known]
    chance = random.Random(0)
    return others if len(others) <= MAX_OTHERS else chance.sample(others, MAX_OTHERS)


def vectors_of(
    catalog: Catalog, papers: Sequence[Paper], *, size: int | None = None
) -> list[Vectors]:
    """Return the vector of each whole paper, shape (size,); zeros if it is not indexed."""
    known = load_abstract_vectors(catalog.database, [paper.paper_id for paper in papers])
    if size is None:
        size = len(next(iter(known.values()), np.zeros(1)))
    nothing = np.zeros(size, np.float32)
    vectors = [known.get(paper.paper_id, nothing) for paper in papers]
    return [vector if len(vector) == size else nothing for vector in vectors]
