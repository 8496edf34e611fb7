"""The slots of a request, from words whose slot is known already."""

from datetime import date

from rag.query.request import Kind
from rag.query.request import Request as AnyRequest
from rag.query.request_reader import TaggedWord
from rag.query.slots import MAX_LIMIT, fill_slots, limit_of
from rag.records import Window

NOVEMBER = Window(date(2025, 11, 1), date(2025, 11, 30), "published")


def tagged(text: str) -> list[TaggedWord]:
    """Return the words; `robots/topic` puts a word into a slot."""
    pairs = (word.partition("/") for word in text.split())
    return [
        TaggedWord(word, tag or "outside", 1.0 if tag == "topic" else 0.0) for word, _, tag in pairs
    ]


def request(kind: Kind = "list", text: str = "", window: Window | None = None) -> AnyRequest:
    return AnyRequest(topic="", kind=kind, text=text, window=window)


def test_a_word_of_order_in_front_of_a_topic_is_the_order() -> None:
    filled = fill_slots(request(), tagged("trending/topic robotics/topic papers"))
    assert (filled.topic, filled.order) == ("robotics", "most upvotes")
    filled = fill_slots(request(), tagged("robotics/topic papers sorted by upvotes"))
    assert (filled.topic, filled.order) == ("robotics", "most upvotes")


def test_the_best_paper_is_one_and_all_papers_are_many() -> None:
    assert fill_slots(request(), tagged("newest/order paper on robots/topic")).limit == 1
    assert fill_slots(request(), tagged("newest/order papers on robots/topic")).limit is None
    assert fill_slots(request(), tagged("list all papers on robots/topic")).limit == MAX_LIMIT


def test_only_a_number_of_papers_is_a_limit() -> None:
    assert limit_of(tagged("the two latest/order papers")) == 2
    assert limit_of(tagged("papers on llama 3/number")) == 3  # as the words were tagged
    assert limit_of(tagged("papers on llama 3")) is None
    assert limit_of(tagged("5000/number papers")) is None


def test_papers_of_a_month_are_those_featured_in_it_unless_published_is_said() -> None:
    words = tagged("robots/topic papers of november")
    featured = fill_slots(request(text="robots papers of november", window=NOVEMBER), words)
    assert featured.window == Window(NOVEMBER.since, NOVEMBER.until)
    published = fill_slots(request(text="robots published in november", window=NOVEMBER), words)
    assert published.window == NOVEMBER


def test_new_benchmarks_have_a_topic_and_foreign_function_words_none() -> None:
    assert fill_slots(request(), tagged("new benchmarks")).topic == "benchmarks"
    spanish = fill_slots(request(), tagged("papers sobre/topic federated/topic learning/topic"))
    assert spanish.topic == "federated learning"
