"""What the commands of `paperboy` do, one file per subject; bot.commands declares them."""

__all__ = [
    "ask",
    "backup",
    "catalog",
    "doctor",
    "evaluate",
    "ingest",
    "model",
    "read",
    "run",
    "subscriptions",
]
