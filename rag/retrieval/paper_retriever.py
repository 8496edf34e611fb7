"""The hybrid search for LangChain's chains. Nothing of Paperboy's own imports this."""

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from rag.retrieval.retriever import HybridRetriever


class PaperRetriever(BaseRetriever):
    """The hybrid search as a LangChain retriever: one Document per paper."""

    hybrid: HybridRetriever
    top_k: int = 10
    model_config = {"arbitrary_types_allowed": True}  # noqa: RUF012  # pydantic's way

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  # LangChain's signature
    ) -> list[Document]:
        return [
            Document(
                page_content=f"{hit.paper.title}\n{hit.paper.abstract}",
                id=hit.paper.paper_id,
                metadata={
                    "paper_id": hit.paper.paper_id,
                    "title": hit.paper.title,
                    "url": hit.paper.url,
                    "score": hit.score,
                    "quote": hit.chunk.sentence,
                },
            )
            for hit in self.hybrid.search(query, top_k=self.top_k)
        ]
