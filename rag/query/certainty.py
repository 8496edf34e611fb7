"""When the reading of a request is certain enough, and whether it says which papers it means."""

from collections.abc import Sequence

from rag.arxiv_id import find_mentions
from rag.query.followups import ALONE, refers_back
from rag.query.request import Kind, Request
from rag.query.slots import WITH_TOPIC
from rag.text.language import is_quoting
from rag.text.words import STOPWORDS, words

MIN_KIND = 0.6  # probability of a kind; a less certain request is one about content
MIN_COUNT = 0.9
MIN_OFF_TOPIC = 0.8  # the same for what is not answered at all
SHORT_TOPIC = 3  # content words
MIN_KIND_LONG = 0.95  # probability of a kind with a longer topic


def needed_certainty(kind: Kind, topics: Sequence[str]) -> float:
    """Return how certain a kind must be.

    A long topic is more often the description of one paper than a subject of many.
    """
    if kind == "off topic":
        return MIN_OFF_TOPIC
    if kind == "count":  # "how are birds counted?" asks for no number of papers
        return MIN_COUNT
    content = {word for topic in topics for word in words(topic)} - STOPWORDS
    return MIN_KIND_LONG if kind in WITH_TOPIC and len(content) > SHORT_TOPIC else MIN_KIND


def has_topic(request: Request, *, is_unsure: bool, topics: Sequence[str]) -> bool:
    """Return whether a request says which papers it is about: "why?" and "who wrote it?" do not.

    Lists, counts and summaries need no topic unless they refer back ("summarize it").
    """
    is_narrowed = request.is_filter or request.order or request.count or request.prolific
    if request.asks_more or topics or request.named or is_narrowed:
        return True
    if any(find_mentions(request.text)) or is_quoting(request.text):
        return True
    kind = "content" if is_unsure else request.kind
    if kind in ("list", "advice", "summary"):
        return not refers_back(request.text)
    return kind in (*ALONE, "count", "trending")
