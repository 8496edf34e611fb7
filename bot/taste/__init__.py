"""Taste: ratings, saved papers, and what is learned from them."""

__all__ = ["learn", "paper_keys", "rating_view", "ratings", "saved_list"]
