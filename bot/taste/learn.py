"""What a server or a person likes, learnt from their ratings: fresh after each of them."""

import random
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.digest.records import Opinion, Taste
from bot.taste.classifier import Classifier, Example, Vectors
from bot.taste.paper_keys import papers_of_ids
from bot.taste.ratings import Marks, RatingStore
from rag.records import Paper, Window
from rag.retrieval.abstract_vectors import wholes
from rag.store.catalog import Catalog

LEAST_LIKED = 3  # papers; with fewer there is no opinion
MOST_RATED = 1_000  # papers; of more, the newest by their ids
MOST_OTHERS = 400  # papers of the same days that nobody rated
OTHER_WEIGHT = 0.25  # of such a paper against one with a 👎
MOST_VOTES = 3.0  # of a paper that many people rated
SAY = 0.5  # an opinion from here on is told with its reason
TITLE = 80  # characters of a title in a reason
REMEMBERED = 50  # tastes that are kept in memory


@dataclass(frozen=True, slots=True)
class Learned:
    """A Taste: what was learnt, from whom ("this server" or "you")."""

    catalog: Catalog
    classifier: Classifier
    whose: str

    def opinions(self, papers: Sequence[Paper]) -> list[Opinion]:
        """Return an opinion of each paper, in their order; a reason where it is a good one."""
        if not papers:
            return []
        vectors = vectors_of(self.catalog, papers, size=self.classifier.size)
        scores = self.classifier.scores(papers, vectors)
        return [
            Opinion(float(score), self._reason(paper, vector) if score >= SAY else "")
            for paper, vector, score in zip(papers, vectors, scores, strict=True)
        ]

    def _reason(self, paper: Paper, vector: Vectors) -> str:
        liked, words = self.classifier.reason(paper, vector)
        title = liked.title if len(liked.title) <= TITLE else f"{liked.title[: TITLE - 1]}…"
        shared = f" ({', '.join(words)})" if words else ""
        return f"because {self.whose} liked “{title}”{shared}"


class TasteCache:
    """The tastes of servers and people, learnt when somebody wants to know them.

    Learning takes a second or so: call from a thread. What was learnt is kept until a rating
    changes.
    """

    def __init__(self, catalog: Catalog, ratings: RatingStore) -> None:
        self.catalog = catalog
        self.ratings = ratings
        self._lock = threading.Lock()  # nobody learns what another thread is learning
        self._known: OrderedDict[str, tuple[dict[str, Marks], Taste | None]] = OrderedDict()

    def of_guild(self, guild_id: int) -> Taste | None:
        """Return what the people of a server like together; None while they rated too little."""
        return self._of(f"server {guild_id}", self.ratings.marks(guild_id=guild_id), "this server")

    def of_user(self, user_id: int) -> Taste | None:
        """Return what a person likes, wherever they said so; None while they rated too little."""
        return self._of(f"person {user_id}", self.ratings.marks(user_id=user_id), "you")

    def forget(self) -> None:
        """Forget what was learnt; it is learnt anew from the ratings that are left."""
        with self._lock:
            self._known.clear()

    def _of(self, key: str, marks: dict[str, Marks], whose: str) -> Taste | None:
        with self._lock:
            known = self._known.pop(key, None)
            if known is None or known[0] != marks:
                known = (marks, learn(self.catalog, marks, whose=whose))
            self._known[key] = known  # behind those that were asked for before
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return known[1]


def learn(catalog: Catalog, marks: Mapping[str, Marks], *, whose: str) -> Taste | None:
    """Return the taste behind these marks by paper id; None where there are too few.

    What nobody rated among the papers of the same days stands for what people passed over.
    """
    votes = {paper_id: one.liked - one.disliked for paper_id, one in marks.items()}
    some = [paper_id for paper_id, vote in votes.items() if vote][-MOST_RATED:]
    rated = papers_of_ids(catalog, some)
    liked = [paper_id for paper_id in rated if votes[paper_id] > 0]
    others = _others(catalog, list(rated.values()), set(marks))
    disliked = len(rated) - len(liked)
    if len(liked) < LEAST_LIKED or not (others or disliked):
        return None
    papers = [*rated.values(), *others]
    weights = [min(abs(votes[paper_id]), MOST_VOTES) for paper_id in rated]
    weights += [OTHER_WEIGHT] * len(others)
    is_liked = [votes[paper_id] > 0 for paper_id in rated] + [False] * len(others)
    vectors = vectors_of(catalog, papers)
    examples = map(Example, papers, vectors, is_liked, weights)
    return Learned(catalog, Classifier(list(examples)), whose)


def _others(catalog: Catalog, rated: Sequence[Paper], known: set[str]) -> list[Paper]:
    """Return papers of the same days that nobody rated, the same ones for the same ratings."""
    days: list[date] = sorted({paper.day for paper in rated if paper.day})
    papers = [paper for day in days for paper in catalog.papers(Window(day, day))]
    known = known | {paper.paper_id for paper in rated}
    others = [paper for paper in papers if paper.paper_id not in known]
    chance = random.Random(0)
    return others if len(others) <= MOST_OTHERS else chance.sample(others, MOST_OTHERS)


def vectors_of(
    catalog: Catalog, papers: Sequence[Paper], *, size: int | None = None
) -> list[Vectors]:
    """Return the vector of each paper's whole; zeros, `size` of them, where it is not indexed."""
    known = wholes(catalog.database, [paper.paper_id for paper in papers])
    if size is None:
        size = len(next(iter(known.values()), np.zeros(1)))
    nothing = np.zeros(size, np.float32)
    vectors = [known.get(paper.paper_id, nothing) for paper in papers]
    return [vector if len(vector) == size else nothing for vector in vectors]
