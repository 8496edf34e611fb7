"""From a request to an answer: quoted, computed from the catalogue, or written by a model."""

__all__ = [
    "answers", "brief", "comparison", "draft", "explain", "gate", "several", "small_talk", "writer"
]  # fmt: skip
