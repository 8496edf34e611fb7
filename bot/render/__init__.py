"""Records as Discord embeds and e-mails: pure functions that respect Discord's limits."""

__all__ = ["answer", "comparison", "digest", "papers", "picture", "receipt", "recent", "safe_text"]
