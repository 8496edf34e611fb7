"""Facts of one or a few papers, BibTeX, gist, results and limits."""

from dataclasses import replace
from datetime import date

import pytest

from rag.answering.draft import Draft
from rag.answering.paper_details import PaperDetails, bibtex, escape_latex
from rag.config import RagConfig
from rag.query.request import Fact, Request
from rag.records import AbstractSource, Paper
from tests.papers import HERON, LOOM, PASTRY, TIDAL

CODED = replace(
    HERON,
    code_url="https://github.com/marsh/heron",
    project_url="https://heron.example.org",
    comment_count=1,
    organization="Marsh Lab",
)


def ask(*facts: Fact, papers: tuple[Paper, ...] = (CODED,)) -> Draft:
    draft = PaperDetails(RagConfig().evidence).draft(
        Request(topic="", kind="paper", facts=facts, named=papers)
    )
    assert draft is not None
    return draft


@pytest.mark.parametrize(
    ("fact", "line"),
    [
        ("date", "Date of HeronNet: published 2025-01-02, featured 2025-01-06 [1]"),
        ("author count", "Number of authors of HeronNet: 3 [1]"),
        ("authors", "Authors of HeronNet: A. One, B. Two, C. Three [1]"),
        ("organization", "Organization of HeronNet: Marsh Lab [1]"),
        ("upvotes", "Upvotes of HeronNet: 12 [1]"),
        ("comments", "Comments on HeronNet: 1 [1]"),
        ("code", "Code of HeronNet: https://github.com/marsh/heron [1]"),
        ("project page", "Project page of HeronNet: https://heron.example.org [1]"),
        (
            "link",
            "Links to HeronNet: https://huggingface.co/papers/2501.00001 · "
            "https://arxiv.org/abs/2501.00001 [1]",
        ),
    ],
)
def test_a_fact_comes_first_and_from_the_record(fact: Fact, line: str) -> None:
    draft = ask(fact)
    assert draft.text.splitlines()[0] == line
    assert [c.paper for c in draft.citations] == [CODED]
    assert not draft.refused
    assert not draft.evidence  # a model must not rewrite the record


def test_several_facts_of_several_papers_are_in_one_answer() -> None:
    lines = ask("date", "upvotes", papers=(HERON, TIDAL)).text.splitlines()
    assert lines == [
        "Date of HeronNet: published 2025-01-02, featured 2025-01-06 [1]",
        "Upvotes of HeronNet: 12 [1]",
        "Date of Tidal Attention: published 2025-02-03, featured 2025-02-05 [2]",
        "Upvotes of Tidal Attention: 40 [2]",
    ]


def test_missing_code_is_an_answer_with_the_pages_that_there_are() -> None:
    draft = ask("code", papers=(replace(CODED, code_url=None),))
    assert draft.text.splitlines() == [
        "The record of HeronNet names no code. [1]",
        "  Project page: https://heron.example.org",
        "  Paper: https://huggingface.co/papers/2501.00001",
    ]
    assert not draft.refused


def test_code_that_only_the_abstract_names_is_quoted() -> None:
    sentence = "Our code is available at https://example.org/heron."
    paper = replace(HERON, abstract=f"{HERON.abstract} {sentence}")
    assert f"“{sentence}” [1]" in ask("code", papers=(paper,)).text


def test_an_unknown_number_is_refused() -> None:
    draft = ask("upvotes", papers=(LOOM,))
    assert draft.refused
    assert draft.text.endswith("The record of Loom names no upvotes. [1]")
    assert not ask("upvotes", "date", papers=(LOOM,)).refused  # the date is known


def test_long_lists_of_authors_are_cut_and_counted() -> None:
    paper = replace(HERON, authors=tuple(f"Author {n}" for n in range(33)), author_count=33)
    text = ask("authors", papers=(paper,)).text
    assert "Author 11 and 21 more" in text
    assert "Author 12" not in text
    assert "5, whose names" in ask("authors", papers=(TIDAL,)).text


def test_bibtex_has_the_known_fields_alone() -> None:
    assert bibtex(HERON).splitlines() == [
        "@misc{one2025heronnetcountingwadingbirds,",
        "      title={HeronNet: Counting Wading Birds from Drone Video},",
        "      author={A. One and B. Two and C. Three},",
        "      year={2025},",
        "      eprint={2501.00001},",
        "      archivePrefix={arXiv},",
        "      url={https://arxiv.org/abs/2501.00001},",
        "}",
    ]
    bare = bibtex(replace(LOOM, published_on=None, featured_on=date(2025, 1, 1)))
    assert "year" not in bare
    assert "eprint" not in bare
    assert "author" not in bare


def test_the_bibtex_of_each_paper_is_a_block_of_code() -> None:
    text = ask("BibTeX", "BibTeX", papers=(HERON, TIDAL)).text
    assert text.count("\n```") == 8  # two blocks of two papers: no fence is lost


@pytest.mark.parametrize(
    ("title", "escaped"),
    [
        ("Bread & Butter: 50% of #1_Tasks", r"Bread \& Butter: 50\% of \#1\_Tasks"),
        (r"Prefill \& Decode", r"Prefill \& Decode"),
        ("Training for $200k", r"Training for \$200k"),
        (r"$\pi_0$: A Flow", r"$\pi_0$: A Flow"),
        ("The {x} Set", r"The \{x\} Set"),
    ],
)
def test_special_characters_are_escaped_for_latex(title: str, escaped: str) -> None:
    assert escape_latex(title) == escaped


def test_the_gist_is_what_it_is_and_its_result() -> None:
    draft = ask()
    assert draft.text.splitlines() == [
        "“We present HeronNet, a detector that counts herons and egrets in drone video.” [1]",
        "“HeronNet reaches 94.2% of the accuracy of human counters on the MarshCount benchmark, "
        "e.g. in fog.” [1]",
    ]
    assert {e.index for e in draft.evidence} == {2, 3}
    assert all(e.sentence in HERON.abstract for e in draft.evidence)
    assert draft.citations[0].quote in HERON.abstract


def test_a_tldr_is_not_quoted_because_it_is_not_in_the_abstract() -> None:
    paper = replace(HERON, tldr="A detector counts birds. It is fast.")
    draft = ask("gist", papers=(paper,))
    assert draft.text.splitlines()[0] == "HeronNet: A detector counts birds. [1]"
    assert draft.citations[0].quote in HERON.abstract
    assert draft.evidence


def test_each_of_many_papers_has_one_line() -> None:
    draft = ask("gist", papers=(HERON, TIDAL, PASTRY))
    assert len(draft.text.splitlines()) == 3
    assert [c.n for c in draft.citations] == [1, 2, 3]


@pytest.mark.parametrize("source", ["abstract", "summary"])  # that has "Paperboy's summary:" before
def test_gist_and_results_share_their_quotes(source: AbstractSource) -> None:
    draft = ask("gist", "results", papers=(replace(HERON, abstract_source=source),))
    assert draft.text.count("94.2%") == 1
    assert len({(e.paper, e.index) for e in draft.evidence}) == len(draft.evidence)


def test_results_are_the_sentences_with_figures() -> None:
    assert "94.2%" in ask("results").text
    assert "61%" in ask("results", papers=(PASTRY,)).text


def test_limits_are_quoted_or_said_to_be_missing() -> None:
    limit = "However, our detector still fails in heavy rain."
    paper = replace(HERON, abstract=f"{HERON.abstract} {limit}")
    assert ask("limits", papers=(paper,)).text == f"HeronNet: “{limit}” [1]"
    none = ask("limits")
    assert none.text.startswith("The abstract of HeronNet names no limits of its own. [1]\n“We")
    assert not none.refused
    # What earlier work lacks is no limit of this one.
    earlier = "However, existing detectors fail in rain and remain limited to daylight."
    background = replace(HERON, abstract=f"{earlier} {HERON.abstract}")
    assert earlier not in ask("limits", papers=(background,)).text


def test_a_text_of_our_own_is_not_passed_off_as_the_abstract() -> None:
    paper = replace(HERON, abstract_source="summary")
    assert ask("gist", papers=(paper,)).text.startswith("Paperboy's summary: “We present")


def test_without_papers_or_abstract_nothing_is_made_up() -> None:
    assert PaperDetails(RagConfig().evidence).draft(Request(topic="birds")) is None
    assert ask("gist", papers=(replace(HERON, abstract=""),)).refused


@pytest.mark.parametrize(
    ("paper", "lines"),
    [
        (PASTRY, ["“We release PastryBench, 1,200 recipes"]),
        (CODED, [
            "Code of HeronNet: https://github.com/marsh/heron [1]",
            "Project page of HeronNet: https://heron.example.org [1]",
        ]),
        (replace(LOOM, abstract="Loom aligns streams. The models of Loom are public."),
         ["“The models of Loom are public.” [1]"]),
        (TIDAL, ["The record and the abstract of Tidal Attention name nothing that it releases."]),
    ],
)  # fmt: skip
def test_what_a_paper_releases(paper: Paper, lines: list[str]) -> None:
    draft = ask("releases", papers=(paper,))
    found = draft.text.splitlines()
    assert [line[: len(start)] for line, start in zip(found, lines, strict=False)] == lines
    assert draft.is_silent == (paper is TIDAL)
