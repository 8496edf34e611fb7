"""Charts as PNG images, each with alt text. Charts use bot.render, never the other way round."""

__all__ = ["topic_map", "weeks"]
