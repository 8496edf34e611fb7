"""Records as Discord embeds and e-mails: pure functions that respect Discord's limits."""

__all__ = [
    "answer",
    "answer_text",
    "comparison",
    "digest",
    "direction",
    "explanation",
    "papers",
    "parts",
    "picture",
    "receipt",
    "recent",
    "safe_text",
]
