"""The models that turn text into vectors and scores, behind LangChain's Embeddings."""

__all__ = [
    "answer_scorer", "cross_encoder", "embedder", "self_test", "static_embeddings", "word_vectors",
]  # fmt: skip
