"""Draws the image of a digest; a failure never holds up the digest.

(A module of its own, since both transports and the start of the bot need it.)
"""

import logging

from bot.charts.topic_map import topic_map
from bot.render.picture import Picture
from rag.digest.make import digest_of_day
from rag.digest.records import Digest
from rag.library import Library

log = logging.getLogger(__name__)


def draw(digest: Digest, library: Library) -> Picture | None:
    """Return the map of its topics; None if there is none or drawing fails."""
    try:
        return topic_map(digest, library)
    except Exception:
        log.exception("drawing the image of a digest")
        return None


def warm_up(library: Library) -> None:
    """Draw the latest digest, so that fonts and libraries are loaded.

    Loading them later, in a thread, would block the event loop for most of a second.
    """
    _ = draw(digest_of_day(library, None), library)
