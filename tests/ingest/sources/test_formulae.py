"""Formulae that stand twice or three times in a text."""

import time

import pytest

from ingest.sources.formulae import formulae_once


@pytest.mark.parametrize(
    ("text", "once"),
    [
        (r"about ∼\sim 31.5% of them", "about ~ 31.5% of them"),
        (r"roughly 0.7%0.7\%. Then", "roughly 0.7%. Then"),
        ("all 12,040 12,040 pages and 77 77 books", "all 12,040 pages and 77 books"),
        ("let K K denote the depth", "let K denote the depth"),
        (r"a rate of 5×10−5 5\times 10^{-5} at first", "a rate of 5 × 10⁻⁵ at first"),
        (
            r"we set v max subscript 𝑣 𝑚 𝑎 𝑥 v_{max}italic_v start_POSTSUBSCRIPT italic_m italic_a "
            r"italic_x end_POSTSUBSCRIPT to 2",
            "we set v_max to 2",
        ),
        (r"of depth η 𝜂\eta italic_η: the", "of depth η: the"),
        (r"faster by 4.1×4.1\times than", "faster by 4.1× than"),
        (r"at most ≤\leq 9 layers", "at most ≤ 9 layers"),
        ("step 1 of 10 takes 3 s", "step 1 of 10 takes 3 s"),
        ("50% of a_b and 3-5 runs", "50% of a_b and 3-5 runs"),
    ],
)
def test_each_formula_stands_once(text: str, once: str) -> None:
    assert formulae_once(text) == once


@pytest.mark.parametrize("part", ["\\a ", "\\{", "x_{", "( \\sim ", "italic_", "(1 \\%"])
def test_the_time_grows_with_the_length(part: str) -> None:
    started = time.thread_time()
    formulae_once(part * (100_000 // len(part)))
    assert time.thread_time() - started < 10
