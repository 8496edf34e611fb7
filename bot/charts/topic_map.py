"""The topic map of a digest: papers that are about similar things lie near each other."""

from bot.charts.picture import Picture
from bot.digest.records import Digest
from rag.library import Library


def topic_map(digest: Digest, library: Library) -> Picture | None:
    """Return the picture, or None where too few papers have vectors."""
    return None
