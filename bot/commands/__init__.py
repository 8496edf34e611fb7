"""The commands of `paperboy`, one file per subject; bot.cli registers them."""

# bot.cli alone imports these.
__all__ = [
    "ask",
    "backup",
    "catalog",
    "doctor",
    "evaluate",
    "ingest",
    "model",
    "run",
    "subscriptions",
]
