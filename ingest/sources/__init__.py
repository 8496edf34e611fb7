"""Where papers come from. Each module parses apart from fetching."""

__all__ = ["arxiv", "files", "hf_daily", "record"]
