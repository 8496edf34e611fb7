"""A few invented papers, small enough to know by heart."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from ingest.sources.source import SetAside
from rag.records import Paper

TODAY = date(2025, 12, 8)
QUESTION = "how accurate is HeronNet compared with human counters?"  # HERON answers it: 94.2%

HERON = Paper(
    title="HeronNet: Counting Wading Birds from Drone Video",
    abstract=(
        "Counting birds by hand is slow. We present HeronNet, a detector that counts herons and "
        "egrets in drone video. HeronNet reaches 94.2% of the accuracy of human counters on the "
        "MarshCount benchmark, e.g. in fog. Training takes 3 hours on one laptop."
    ),
    arxiv_id="2501.00001",
    authors=("A. One", "B. Two", "C. Three"),
    author_count=3,
    published_on=date(2025, 1, 2),
    featured_on=date(2025, 1, 6),
    upvotes=12,
)
# The copying model writes its passage as sentences that are no header, and loses its place nowhere.
PLAIN = Paper(
    title="H",
    abstract="Herons wade in shallow marshes. Egrets fly over the reeds at dusk.",
    arxiv_id="2501.00007",
)
# The capitals keep the model from going on with the question.
PLAIN_QUESTION = "where do EGRETS fly?"
PLAIN_ANSWER = "[1] H: Egrets fly over the reeds at dusk."
# The copying model writes the second sentence for seconds.
LETTERS = str.maketrans("0123456789", "abcdefghij")
SHORT_SENTENCE = "Herons wade in the shallow water of many marshes."
LONG_SENTENCE = f"Q{' '.join(f'q{n * 7919 % 1000:03d}' for n in range(250))}.".translate(LETTERS)
LONG = replace(PLAIN, abstract=f"{SHORT_SENTENCE} {LONG_SENTENCE}")
TIDAL = Paper(
    title="Tidal Attention: Forgetting on Purpose in Long Contexts",
    abstract=(
        "Long contexts slow language models down. Tidal Attention lets a model forget tokens in "
        "waves and keeps only one token in eight. It halves the memory of the cache at a loss of "
        "0.3 points on LongTide.It needs no retraining."
    ),
    arxiv_id="2502.00002",
    author_count=5,
    published_on=date(2025, 2, 3),
    featured_on=date(2025, 2, 5),
    upvotes=40,
)
PASTRY = Paper(
    title="PastryBench: Can Language Models Follow a Recipe?",
    abstract=(
        "Recipes are instructions with consequences. We release PastryBench, 1,200 recipes with "
        "errors planted in them, to test whether language models notice. The best model finds "
        "61% of the errors, while bakers find 97%."
    ),
    arxiv_id="2502.00003",
    author_count=2,
    organization="Crumb Lab",
    published_on=date(2025, 2, 20),
    upvotes=7,
)
LOOM = Paper(
    title="Loom: Weaving Sensor Streams into One Timeline",
    abstract=(
        "Robots carry many sensors whose clocks disagree. Loom aligns their streams with a small "
        "transformer. On a quadruped it cuts the drift to 2 ms."
    ),
    published_on=date(2024, 11, 5),
)
PAPERS = (HERON, TIDAL, PASTRY, LOOM)


class ListSource:
    """A source of the given papers."""

    name = "list"

    def __init__(self, papers: Sequence[Paper | SetAside] = PAPERS) -> None:
        self.papers = papers

    def records(self) -> Iterator[Paper | SetAside]:
        yield from self.papers


KINDS = (
    "amber basalt cedar dusky ember fern golden hazel indigo jade kelp lunar maple nickel opal "
    "pewter quartz russet sable teal umber violet walnut xenon yarrow"
).split()
THINGS = (
    "anchor bellows compass dynamo easel funnel gimbal hammer inkwell juggler kettle ladder "
    "magnet needle oar pulley quiver rudder sextant trowel"
).split()


def many(count: int) -> list[Paper]:
    """Return up to 500 papers, each with a different pair of words in its title."""
    names = [f"{kind} {thing}" for thing in THINGS for kind in KINDS]
    return [
        replace(
            PAPERS[n % len(PAPERS)],
            title=f"The {names[n]}: {PAPERS[n % len(PAPERS)].title}",
            abstract=f"We study the {names[n]}. {PAPERS[n % len(PAPERS)].abstract}",
            arxiv_id=f"2506.{n + 1:05d}",
        )
        for n in range(count)
    ]
