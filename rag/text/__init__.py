"""Text: words and terms, sentences, names, numbers and languages."""
