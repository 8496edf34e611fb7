"""Alerts about papers whose upvotes take off: detected, stored and delivered."""

__all__ = ["deliver", "store"]
