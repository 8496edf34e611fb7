"""Search: the vector index in SQLite and Chroma, the hybrid retriever and the reranker."""

__all__ = [
    "abstract_vectors", "backend", "chroma", "chroma_server", "chunk", "counts", "entry", "index",
    "paper_encoder", "paper_retriever", "reranker", "retriever", "topic_search",
]  # fmt: skip
