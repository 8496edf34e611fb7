"""The terminal: printing, Rich renderings of records, progress bars and model downloads."""

__all__ = ["live", "metrics", "model_setup", "render", "terminal"]
