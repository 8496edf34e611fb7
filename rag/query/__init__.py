"""Understanding a question: language, days, names, orders, counts, and what it refers back to."""

__all__ = ["followups", "model_reader", "request", "understand"]
