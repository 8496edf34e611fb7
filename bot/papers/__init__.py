"""Papers outside of answers: fetched on request, searched, suggested and listed."""

__all__ = ["autocomplete", "digest_reply", "fetch", "last_seen", "search_pages"]
