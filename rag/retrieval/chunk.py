"""Paper → chunks: the abstract, and each sentence with the title in front."""

from typing import Any

from langchain_text_splitters import TextSplitter

from rag.records import Chunk, Paper
from rag.text.sentences import split_sentences


class SentenceSplitter(TextSplitter):
    """A LangChain text splitter: one sentence per part, word for word."""

    def __init__(self, **options: Any) -> None:
        super().__init__(chunk_size=1, chunk_overlap=0, length_function=lambda _: 0, **options)

    def split_text(self, text: str) -> list[str]:
        """Return the sentences as they stand in the text."""
        return split_sentences(text)


def chunk(paper: Paper, splitter: TextSplitter) -> list[Chunk]:
    """Return the paper's chunks: #0 is title and abstract, #1 … the title and a sentence each."""
    return [abstract_chunk(paper), *sentence_chunks(paper, splitter)]


def abstract_chunk(paper: Paper) -> Chunk:
    """Return chunk #0, title and abstract."""
    return Chunk(paper.paper_id, 0, f"{paper.title}\n{paper.abstract}")


def sentence_chunks(paper: Paper, splitter: TextSplitter) -> list[Chunk]:
    """Return the chunks #1 …, each of the title and a sentence."""
    return [
        Chunk(paper.paper_id, index, f"{paper.title}\n{sentence}", sentence)
        for index, sentence in enumerate(splitter.split_text(paper.abstract), start=1)
    ]
