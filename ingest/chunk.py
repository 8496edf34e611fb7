"""Paper → chunks: the whole, and each sentence with the title in front."""

from typing import Any

from langchain_text_splitters import TextSplitter

from rag.records import Chunk, Paper
from rag.text.sentences import split_sentences


class SentenceSplitter(TextSplitter):
    """LangChain's text splitter interface: one sentence a piece, word for word."""

    def __init__(self, **options: Any) -> None:
        super().__init__(chunk_size=1, chunk_overlap=0, length_function=lambda _: 0, **options)

    def split_text(self, text: str) -> list[str]:
        """Return the sentences as they stand in the text."""
        return split_sentences(text)


def chunk(paper: Paper, splitter: TextSplitter) -> list[Chunk]:
    """Return the paper's chunks: #0 is title and abstract, #1 … its pieces after the title."""
    whole = Chunk(paper.paper_id, 0, f"{paper.title}\n{paper.abstract}")
    pieces = splitter.split_text(paper.abstract)
    return [
        whole,
        *(
            Chunk(paper.paper_id, index, f"{paper.title}\n{piece}", piece)
            for index, piece in enumerate(pieces, start=1)
        ),
    ]
