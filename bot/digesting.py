"""config.toml's [bot.digest] and [bot.mail] → what the scheduler needs; the seam of the sync."""

import contextlib
import logging
import os
import threading
from collections.abc import Callable
from datetime import timedelta

from bot.app import App
from bot.mail import PASSWORD_VARIABLE, MailPost
from bot.scheduler import utc_now
from bot.subscriptions.drawing import drawn
from bot.subscriptions.service import Digesting
from ingest.sync import sync as sync_papers
from rag.errors import SourceError, StoppedError
from rag.library import Library

log = logging.getLogger(__name__)


def digesting(
    app: App, library: Library, *, is_reading: Callable[[], bool] = lambda: False
) -> Digesting:
    """Return how digests are to be made and sent; not while somebody else reads papers."""
    settings = app.settings.bot
    mail = settings.mail

    def sync(stopping: threading.Event) -> None:
        if is_reading():
            raise SourceError("the first papers are being read: wait until they are.")
        read_new(app, library, stopping)

    post = None
    if mail.host:
        post = MailPost(
            mail,
            os.environ.get(PASSWORD_VARIABLE, ""),
            clock=utc_now,
            picture=lambda digest: drawn(digest, library),
        )
    return Digesting(
        window=timedelta(hours=settings.digest.catch_up_hours),
        sync=sync,
        sync_every=timedelta(minutes=settings.digest.sync_minutes),
        mail=post,
        timezone=settings.timezone,
    )


def read_new(app: App, library: Library, stopping: threading.Event) -> None:
    """Read the papers of the last days as `paperboy sync` does, and stop early where asked to."""
    with contextlib.suppress(StoppedError):
        report = sync_papers(library, app.settings.ingest, today=app.today(), stopping=stopping)
        log.info("%s", report)
