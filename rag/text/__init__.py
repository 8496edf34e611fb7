"""Text: cleaned, words and terms, sentences, names, numbers and languages."""

__all__ = [
    "brackets",
    "clean",
    "code_link",
    "directives",
    "discord_markup",
    "formula",
    "language",
    "names",
    "ngrams",
    "numbers",
    "person_names",
    "sentences",
    "shorten",
    "tex",
    "withdrawal",
    "words",
]
