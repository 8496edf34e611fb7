from langchain_text_splitters import CharacterTextSplitter

from ingest.chunk import SentenceSplitter, chunk
from rag.text.sentences import gist, split_sentences
from tests.papers import HERON, TIDAL


def test_the_whole_comes_first_then_each_sentence_with_the_title() -> None:
    chunks = chunk(HERON, SentenceSplitter())
    assert [c.chunk_id for c in chunks] == [f"arxiv:2501.00001#{n}" for n in range(5)]
    assert chunks[0].text == f"{HERON.title}\n{HERON.abstract}"
    for piece in chunks[1:]:
        assert piece.text == f"{HERON.title}\n{piece.sentence}"
        assert piece.sentence in HERON.abstract


def test_another_splitter_of_langchain_can_take_its_place() -> None:
    chunks = chunk(HERON, CharacterTextSplitter(separator=" ", chunk_size=80, chunk_overlap=0))
    assert len(chunks) > 3
    assert all(len(c.sentence) <= 80 for c in chunks)


def test_sentences_end_where_they_should() -> None:
    assert split_sentences(TIDAL.abstract)[-1] == "It needs no retraining."
    text = "We test, e.g. Phi 3.5 and Gemini-2.5-flash [29]. Results (i) hold and (ii) vary."
    assert split_sentences(text) == [
        "We test, e.g. Phi 3.5 and Gemini-2.5-flash [29].",
        "Results (i) hold and (ii) vary.",
    ]
    assert split_sentences("") == []


def test_the_gist_is_the_sentence_that_presents_the_work() -> None:
    assert gist(HERON.abstract).startswith("We present HeronNet")
    assert gist("One. Two.") == "One."
    assert gist("") == ""
