"""Text: words and terms, sentences, names, numbers and languages."""

__all__ = ["language", "names", "numbers", "sentences", "words"]
