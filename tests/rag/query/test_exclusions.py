"""What a request leaves out: "papers without code", "not about video"."""

import pytest

from rag.library import Library
from rag.query.exclusions import MAX_TOPICS
from rag.query.understand import QueryUnderstanding
from tests.papers import TODAY


@pytest.fixture
def query(filled: Library) -> QueryUnderstanding:
    return QueryUnderstanding(
        filled.catalog,
        filled.retriever.keywords,
        filled.word_vectors,
        filled.bundled_embedder.encode_question,
    )


# A question, the topics that it leaves out, and whether it wants papers without code.
NEGATIONS = [
    ("papers without any code", (), True),
    ("which articles have no public code?", (), True),
    ("papers on robots without a GitHub repository", (), True),
    ("papers of 2025-12-04 that come without code", (), True),
    ("list the papers that do not release code", (), True),
    ("papers on agents whose code is not available", (), True),
    ("papers that are not open source", (), True),
    ("Paper zu Agenten ohne Code", (), True),
    ("les articles qui n'ont pas de code", (), True),
    ("artículos que no tienen código", (), True),
    ("没有代码的论文", (), True),
    ("papers not about robots", ("robots",), False),
    ("newest papers except robotics", ("robotics",), False),
    ("papers in 2024 not on reinforcement learning", ("reinforcement learning",), False),
    ("reasoning papers that are not about math", ("math",), False),
    ("anything but diffusion from 2025-12-05", ("diffusion",), False),
    ("papers from last week excluding benchmarks and surveys", ("benchmarks", "surveys"), False),
    ("latest papers, just not on agents please", ("agents",), False),
    ("papers without code and without robots", ("robots",), True),
    ("papers without robots or drones", ("robots", "drones"), False),
    ("papers on counting without benchmarks and without code", (), True),
    ("reasoning papers without math and without any code", ("math",), True),
    ("papers with neither code nor robots", ("robots",), True),
    ("Paper ohne Roboter und ohne Code", ("robot",), True),
    ("Artikel, die nicht über Roboter sind", ("robot",), False),
    ("articles sauf la robotique", ("robotics",), False),
    ("artículos que no sean sobre robots", ("robot",), False),
]
# "Without" and "not" that leave out nothing.
TRAPS = [
    "papers not only on robots but also on drones",
    "papers that are not just about benchmarks",
    "papers on fine-tuning without training data",
    "papers on translation without parallel data and without pivots",
    "training-free methods for long video",
    "papers on no-reference image quality",
    "papers on unsupervised learning without labels",
    "papers that I have not yet read",
    "papers on learning without forgetting",
    "no-code agents",
    "papers on no-code tools",
    "papers on synthesis without code execution",
    "papers with code",
    "papers on robots, but no one links them",
    "skip everything but birds",
    "say it again as if I had no computer for anything but games",
    "papers with code",
    "why not use reinforcement learning?",
    "does HeronNet work without a drone?",
    "who says that attention is not explanation?",
    "what is classifier-free guidance?",
    "which papers do not need retraining?",
    "papers on models that depend not on labels but on rewards",
    "Artikel über Lernen ohne Labels",
    "articles sur l'apprentissage sans étiquettes",
]


@pytest.mark.parametrize(("question", "excluded", "without_code"), NEGATIONS)
def test_a_negation_leaves_out_a_topic_or_papers_with_code(
    query: QueryUnderstanding, question: str, excluded: tuple[str, ...], without_code: bool
) -> None:
    request = query.understand(question, TODAY)
    assert (request.excluded, request.without_code) == (excluded, without_code)
    assert not request.with_code
    assert request.kind in ("list", "advice", "summary", "trending")
    assert not {word for topic in excluded for word in topic.split()} & set(request.topic.split())


@pytest.mark.parametrize(
    ("question", "kept_in"),
    [
        ("papers on robots not from Crumb Lab", "from Crumb Lab"),
        ("papers except Crumb Lab", "Crumb Lab"),
        ("papers of 2025 except those by A. One", "by A. One"),
        ("papers of 2025 except February", "February"),
        ("papers that are not on arXiv", "arXiv"),
    ],
)
def test_what_cannot_be_left_out_is_said_and_no_filter(
    query: QueryUnderstanding, question: str, kept_in: str
) -> None:
    request = query.understand(question, TODAY)
    assert f"not “{kept_in}”" in request.kept_in
    assert (request.organization, request.author, request.excluded) == (None, None, ())


@pytest.mark.parametrize(
    ("question", "excluded", "without_code"),
    [
        ("only those not about birds", ("birds",), False),
        ("which of them have no code?", (), True),
        ("without code please", (), True),
        ("no code", (), True),
        ("skip those about herons", ("herons",), False),
    ],
)
def test_a_follow_up_need_not_name_papers(
    query: QueryUnderstanding, question: str, excluded: tuple[str, ...], without_code: bool
) -> None:
    request = query.understand(question, TODAY, follows=True)
    assert (request.excluded, request.without_code) == (excluded, without_code)


@pytest.mark.parametrize(
    "question",
    ["papers except those without code", "papers of 2025, skip those without a repository"],
)
def test_everything_but_papers_without_code_has_code(
    query: QueryUnderstanding, question: str
) -> None:
    request = query.understand(question, TODAY)
    assert (request.with_code, request.without_code) == (True, False)


@pytest.mark.parametrize(
    "question",
    ["how many papers from 2024 do you know?", "how many papers on robots do you know?",
     "wie viele Artikel von Crumb Lab kennst du?"],
)  # fmt: skip
def test_a_count_of_some_papers_is_not_about_the_bot(
    query: QueryUnderstanding, question: str
) -> None:
    assert query.understand(question, TODAY).kind == "count"
    assert query.understand("how many papers do you know?", TODAY).kind == "bot"


@pytest.mark.parametrize("question", TRAPS)
def test_not_and_without_may_belong_to_the_topic(query: QueryUnderstanding, question: str) -> None:
    request = query.understand(question, TODAY)
    assert (request.excluded, request.without_code) == ((), False)


def test_more_topics_than_a_request_can_leave_out_are_told(query: QueryUnderstanding) -> None:
    birds = ["herons", "egrets", "ibises", "storks", "cranes", "rails", "coots"]
    request = query.understand(f"papers not about {' or '.join(birds)}", TODAY)
    assert len(request.excluded) == MAX_TOPICS
    assert birds[-1] in request.kept_in
