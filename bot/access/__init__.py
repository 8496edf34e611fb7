"""Access: who may ask where, and how often."""

__all__ = ["checks", "guild_settings", "rate_limits", "shards"]
