"""Records as Discord embeds and e-mails: pure functions that respect Discord's limits."""

__all__ = [
    "answer",
    "answer_text",
    "comparison",
    "digest",
    "direction",
    "papers",
    "parts",
    "picture",
    "receipt",
    "recent",
    "safe_text",
]
