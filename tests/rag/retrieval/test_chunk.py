from langchain_text_splitters import CharacterTextSplitter

from rag.retrieval.chunk import SentenceSplitter, chunk
from tests.papers import HERON


def test_the_abstract_comes_first_then_each_sentence_with_the_title() -> None:
    chunks = chunk(HERON, SentenceSplitter())
    assert [c.chunk_id for c in chunks] == [f"arxiv:2501.00001#{n}" for n in range(5)]
    assert chunks[0].text == f"{HERON.title}\n{HERON.abstract}"
    for piece in chunks[1:]:
        assert piece.text == f"{HERON.title}\n{piece.sentence}"
        assert piece.sentence in HERON.abstract


def test_another_langchain_splitter_works_too() -> None:
    chunks = chunk(HERON, CharacterTextSplitter(separator=" ", chunk_size=80, chunk_overlap=0))
    assert len(chunks) > 3
    assert all(len(c.sentence) <= 80 for c in chunks)
