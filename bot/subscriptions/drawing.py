"""The picture that goes with a digest, which never keeps the digest back."""

import logging

from bot.charts.topic_map import topic_map
from bot.digest.make import digest_of_day
from bot.digest.records import Digest
from bot.render.picture import Picture
from rag.library import Library

log = logging.getLogger(__name__)


def drawn(digest: Digest, library: Library) -> Picture | None:
    """Return the map of its topics, or None where there is none or drawing it fails."""
    try:
        return topic_map(digest, library)
    except Exception:
        log.exception("the picture of a digest")
        return None


def draw_once(library: Library) -> None:
    """Draw the last day's, so that fonts and libraries are loaded.

    Later, in a thread beside the event loop, loading them would hold it up for most of a second.
    """
    _ = drawn(digest_of_day(library, None), library)
