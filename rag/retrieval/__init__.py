"""Search: the vector index in Chroma and the hybrid retriever over it."""
