"""Papers and answers: the catalogue, the index, retrieval and cited answers."""
