"""Text: words and terms, sentences, names, numbers and languages."""

__all__ = [
    "directives",
    "language",
    "names",
    "ngrams",
    "numbers",
    "person_names",
    "sentences",
    "withdrawal",
    "words",
]
