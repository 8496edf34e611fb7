"""Times of day and time zones, as people write them."""

__all__ = ["suggestions", "times", "zones"]
