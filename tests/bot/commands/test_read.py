"""`paperboy read` and `ask --read`, against a fake of Hugging Face."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.app import open_library
from ingest.sync import ingest
from rag.config import RagConfig
from tests.ingest.hub import Hub, full_texts_of, hub
from tests.papers import ListSource
from tests.rag.answering.test_full_text import FOLDER, TIDEWATER

Run = Callable[..., tuple[int, str, str]]
QUESTION = "what weight decay does Tidewater use?"


@pytest.fixture
def server() -> Iterator[Hub]:
    with hub(full_texts_of(FOLDER)) as served:
        yield served


@pytest.fixture
def paperboy(server: Hub, sample_folder: Path, tmp_path: Path, run: Run) -> Run:
    shutil.copytree(sample_folder, tmp_path / "data")
    library = open_library(tmp_path / "data", RagConfig())
    ingest(ListSource([TIDEWATER]), library)
    library.close()

    def call(*arguments: object, when: str = "asked") -> tuple[int, str, str]:
        config = tmp_path / "config.toml"
        config.write_text(
            f'[ingest.fetch]\nhuggingface_url = "{server.url}"\nattempts = 1\n'
            f'[ingest.whole_papers]\nwhen = "{when}"\n'
        )
        return run("--data-dir", tmp_path / "data", "--config", config, "--no-model", *arguments)

    return call


def test_the_paper_is_offered_below_a_quote_beside_the_point(paperboy: Run) -> None:
    offer = "The paper itself may say it: `paperboy read 2511.70001`"
    _, out, _ = paperboy("ask", "how large is the network of Tidewater?")
    assert "We present Tidewater" in out
    assert offer in out
    _, out, _ = paperboy("ask", "by how many dB does Tidewater improve the quality?")
    assert "3.1 dB" in out
    assert offer not in out


def test_the_paper_is_offered_read_and_then_answers(paperboy: Run, server: Hub) -> None:
    _, out, _ = paperboy("ask", QUESTION)
    assert "The paper itself may say it: `paperboy read 2511.70001`, or ask again" in out
    assert server.asked == []
    status, out, _ = paperboy("read", "2511.70001")
    assert status == 0
    assert out.startswith(f"Read {TIDEWATER.title}: 15 sections, 26 paragraphs, in ")
    _, out, _ = paperboy("ask", QUESTION)
    assert out.startswith("§Appendix B Hyperparameters, Table 4: Weight decay: 0.01 [1]")
    assert "§Appendix B Hyperparameters: https://arxiv.org/html/2511.70001" in out
    assert "may say it" not in out
    assert len(server.asked) == 1


@pytest.mark.slow
def test_ask_reads_if_told_to(paperboy: Run, server: Hub) -> None:
    _, out, _ = paperboy("ask", "--read", "--json", QUESTION)
    row = json.loads(out)
    assert "Weight decay: 0.01" in row["answer"]
    assert row["sources"][0]["section"] == "§Appendix B Hyperparameters"
    assert row["sources"][0]["url"] == TIDEWATER.url
    assert len(server.asked) == 1


def test_what_cannot_be_read_leaves_the_abstracts_answer(paperboy: Run) -> None:
    status, out, err = paperboy("ask", "--read", "what weight decay does HeronNet use?")
    assert status == 0
    assert out.startswith("I found no paper that answers this.")
    assert "The paper itself was not read: 127.0.0.1" in err
    assert "knows no paper 2501.00001" in err
    assert paperboy("read", "HeronNet")[0] == 1


@pytest.mark.slow
def test_always_reads_and_never_does_not(paperboy: Run, server: Hub) -> None:
    _, out, err = paperboy("ask", "--read", QUESTION, when="never")
    assert "may say it" not in out
    assert "--read does nothing" in err
    assert server.asked == []
    _, out, _ = paperboy("ask", QUESTION, when="always")
    assert "Weight decay: 0.01" in out


def test_a_paper_is_explained_from_its_sections(paperboy: Run, server: Hub) -> None:
    status, out, _ = paperboy("explain", "2511.70001")
    assert status == 0
    parts = ("What it is", "Why", "How it works", "Results", "Limits")
    assert sorted(map(out.index, parts)) == [out.index(part) for part in parts]
    assert "§5 Limitations: “Tidewater was trained on recordings from temperate wetlands" in out
    assert "from the full text: 15 sections, 26 paragraphs." in out
    assert "https://arxiv.org/html/2511.70001" in out
    _, out, _ = paperboy("explain", "Tidewater", "--json")
    row = json.loads(out)
    assert [part["part"] for part in row["parts"]] == list(parts)
    assert row["parts"][4]["quotes"][0]["section"] == "§5 Limitations"
    assert len(server.asked) == 1  # it is stored by now


def test_what_may_not_be_read_is_explained_from_the_abstract(paperboy: Run, server: Hub) -> None:
    _, out, _ = paperboy("explain", "2511.70001", when="never")
    assert server.asked == []
    assert "Quoted word for word from the abstract alone: whole papers are not read" in out
    assert "Abstract: “We present Tidewater, a network" in out
    assert "Limits\n  The abstract does not say." in out
    _, out, _ = paperboy("explain", "HeronNet")
    assert "knows no paper 2501.00001" in out
