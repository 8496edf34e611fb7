"""The terminal: printing, Rich renderings of records, progress bars and model downloads."""

__all__ = [
    "live", "logs", "metrics", "model_setup", "pairs_page", "readability", "reader", "render",
    "side_by_side", "terminal",
]  # fmt: skip
