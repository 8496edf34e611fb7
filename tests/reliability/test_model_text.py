"""No text, however odd, keeps a function over text busy longer than in proportion to its length."""

import inspect
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.render import answer_text, parts, safe_text
from rag.answering import degeneration, manuscript
from rag.answering.prompt import INSTRUCTIONS
from rag.grounding import citations, claims, comparatives, pairings, polarity, signs
from rag.llm import reasoning, untrusted_text
from rag.query import parser, periods, translate
from rag.query.request import MAX_QUESTION
from rag.records import Citation
from rag.text import language, names, numbers, sentences, words
from rag.text.shorten import shorten
from tests.papers import HERON, TODAY

SIZE = 4_000  # characters, and four times as many
TIMES_SLOWER = 9.0  # of four times the text; a quadratic pattern takes 16 times as long
LEAST_SECONDS = 0.04  # below that nobody waits, and chance decides
QUESTION_SECONDS = 0.5  # for a question of the greatest length
MODULES = (
    words, sentences, names, numbers, language, citations, claims, comparatives, pairings,
    polarity, reasoning, untrusted_text, safe_text,
)  # fmt: skip
UNITS = (
    "a", "a ", "A", "A.", "the ", " ", "\n", "\t", "1", "1 ", "1,", ".", ". ", "-", "_", "*", "`",
    "```\n", "[", "[1]", "[1", "(", "(A)", "(a ", "“", "‘", "'", "@", "<", "<a", "<|", "#", "://",
    "http://", "www.", "and ", "; ", " — ", "than ", "not ", "n't ", "the the ", "50% ", "three ",
    "GPT-4 ", "Foo-3. ", "一", "。", "é", "İ", "\u200b", "\\textit{", "$^2$", "we propose ",
    "a b (AB) ", "in 2024 ", "last week ", "discord.gg/", "!?", "assistant", "<think>", "e.g. ",
)  # fmt: skip
DETECTOR = degeneration.DegenerationDetector([], INSTRUCTIONS)
CITED = (Citation(1, HERON, "x"),)
MORE: dict[str, Callable[[str], object]] = {
    "degeneration": lambda text: DETECTOR.find(text, is_finished=True),
    "complete sentences": manuscript.COMPLETE_SENTENCES.match,
    "ended sentences": manuscript.ENDED_SENTENCES.match,
    "a stream": lambda text: list(reasoning.without_thinking(list(text))),
    "markers": lambda text: citations.check(text, []),
    "clauses": lambda text: [claim.clauses for claim in claims.claims_of(text)],
    "remarks": lambda text: [claim.marked("x").strip() for claim in claims.claims_of(text)],
    "halves": lambda text: pairings.mixes_halves(text, text),
    "denials": lambda text: polarity.denies(text, text),
    "opposites": lambda text: polarity.opposed(text, text),
    "numbers": lambda text: numbers.quantities(text, every=True),
    "names": lambda text: names.system_names.__wrapped__(replace(HERON, abstract=text)),
    "sources": lambda text: signs.sources_of.__wrapped__(replace(HERON, abstract=text)),
    "links": lambda text: safe_text.link(text, HERON.url),
    "parts": lambda text: parts.split(text, 100),
    "one line": lambda text: shorten(text, len(text) // 2 + 2),
    "Discord's text": lambda text: answer_text.discord_text(text, CITED),
}
QUESTIONS: dict[str, Callable[[str], object]] = {
    "parser": lambda text: parser.parse(text, TODAY),
    "periods": lambda text: periods.read_period(text, TODAY),
    "translate": translate.translate,
}


def _of_one_text(module: ModuleType) -> Iterator[tuple[str, Callable[[str], object]]]:
    """Yield the public functions of a module whose only argument is a text."""
    for name, function in vars(module).items():
        if inspect.isfunction(function) and function.__module__ == module.__name__:
            given_by_caller = [
                p for p in inspect.signature(function).parameters.values() if p.default is p.empty
            ]
            is_text = [p.annotation for p in given_by_caller] in ([str], ["str"])
            if is_text and not name.startswith("_"):
                yield f"{module.__name__}.{name}", function


FUNCTIONS = {name: f for module in MODULES for name, f in _of_one_text(module)} | MORE
TEXTS = st.tuples(
    st.sampled_from(("", *UNITS)),
    st.lists(st.sampled_from(UNITS), min_size=1, max_size=2).map("".join),
    st.sampled_from(("", *UNITS)),
)


def seconds(function: Callable[[str], object], text: str) -> float:
    """Return the time of this thread alone."""
    started = time.thread_time()
    function(text)
    return time.thread_time() - started


def too_slow(function: Callable[[str], object], parts: tuple[str, str, str]) -> bool:
    """Return whether four times the text takes many times as long, three times in a row."""
    first, unit, last = parts

    def text(size: int) -> str:
        return first + (unit * (size // len(unit) + 1))[:size] + last

    for _ in range(3):
        long = seconds(function, text(4 * SIZE))
        if long < LEAST_SECONDS or long < TIMES_SLOWER * seconds(function, text(SIZE)):
            return False
    return True


def check_all(parts: tuple[str, str, str]) -> None:
    slow = [name for name, function in FUNCTIONS.items() if too_slow(function, parts)]
    assert slow == []


def test_m8_the_functions_are_found() -> None:
    assert len(FUNCTIONS) > 40
    assert {"rag.text.words.terms", "bot.render.safe_text.plain"} <= FUNCTIONS.keys()


# Each of these took some function four times four times as long before.
@pytest.mark.slow
@pytest.mark.parametrize(
    "parts",
    [
        ("", "a", ""), ("", " ", ""), ("", "-", ""), ("", "1,", ""), ("", "50% ", ""),
        ("", "‘", ""), ("", "。", ""), ("", "(a ", ""), ("", "n't ", ""), ("", "and ", ""),
        ("", "A.", ""), ("the ", "\n\n", "[1"), ("", "[1]", ""), ("", ".", "x"),
    ],
    ids=repr,
)  # fmt: skip
def test_m8_what_was_slow_is_linear(parts: tuple[str, str, str]) -> None:
    check_all(parts)


@pytest.mark.slow
@given(TEXTS)
@settings(max_examples=6, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
@example(("", "the the ", ""))
def test_m8_texts_of_growing_size_take_their_share_of_time(parts: tuple[str, str, str]) -> None:
    check_all(parts)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@given(TEXTS)
@settings(max_examples=300, deadline=None,
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
def test_m8_many_texts_of_growing_size_take_their_share_of_time(
    parts: tuple[str, str, str],
) -> None:
    check_all(parts)


@pytest.mark.slow
@given(TEXTS)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_m8_the_longest_question_is_read_at_once(parts: tuple[str, str, str]) -> None:
    first, unit, last = parts
    question = (first + unit * MAX_QUESTION)[: MAX_QUESTION - len(last)] + last
    for function in QUESTIONS.values():
        assert min(seconds(function, question) for _ in range(2)) < QUESTION_SECONDS


def test_m8_a_quadratic_pattern_would_be_noticed() -> None:
    import re

    pattern = re.compile(r"[a-z]+://")
    assert too_slow(pattern.search, ("", "a", ""))
