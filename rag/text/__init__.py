"""Text: words and terms, sentences, names, numbers and languages."""

__all__ = ["language", "names", "ngrams", "numbers", "sentences", "words"]
