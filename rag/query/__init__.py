"""Understanding a question: language, days, names, orders, counts, and what it refers back to."""

__all__ = [
    "asked_statistic", "command_guide", "followups", "list_places", "long_texts", "model_reader",
    "model_translator", "numeric_days", "own_data", "positions", "request", "translate",
    "understand",
]  # fmt: skip
