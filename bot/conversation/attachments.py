"""Reads the text files that are attached to messages; Discord makes one of a long message.

The content comes from Discord's own hosts only, and is bounded in bytes and time.
"""

import asyncio
import logging
import mimetypes
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiohttp
import discord
from charset_normalizer import from_bytes
from yarl import URL

from rag.text.clean import clean_characters
from rag.text.discord_markup import as_spoiler, without_bars
from rag.text.shorten import shorten
from rag.text.words import enumerated

log = logging.getLogger(__name__)

MEDIA_HOST = "https://media.discordapp.net"  # beside that of discord.py's assets
MAX_FILES = 3  # of one message
MAX_BYTES = 100_000  # of one file
SECONDS = 1.5  # for all files of a message: a form has to be shown within 3
MAX_NAME = 60  # characters
SEEN_AND_HEARD = ("image/", "video/", "audio/")  # files without words
# Whatever else is a text by its content is read, but not the source of a typeset page.
TYPESET = ("application/pdf", "application/rtf", "text/rtf", "application/postscript")
LONG_MESSAGE = "message.txt"  # what Discord makes of a long message, in which people hide words

_CONTROL = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")  # in no text

Connect = Callable[[], aiohttp.BaseConnector | None]  # makes the way to Discord; None: straight


@dataclass(frozen=True, slots=True)
class Files:
    """The texts of attached files, and the names of those that were not read or did not come."""

    texts: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """Sentences about the files without a text; "" if there are none."""
        sentences = []
        if self.unread:
            sentences.append(
                f"I have not read {enumerated(self.unread)}: I read text files only, no pictures "
                f"or PDFs, up to {MAX_FILES} of {MAX_BYTES // 1000} kB each."
            )
        if self.missing:
            names = enumerated(self.missing)
            sentences.append(f"Discord did not send me {names}: please try again.")
        return " ".join(sentences)


def may_have_words(attachment: discord.Attachment) -> bool:
    """Return whether a file may say something in words: not a picture, a film or a sound."""
    return not _kind_of(attachment).startswith(SEEN_AND_HEARD)


async def read_files(attachments: Sequence[discord.Attachment], connect: Connect) -> Files:
    """Return the texts of the text files among the attachments, in order."""
    readable = sorted(filter(_is_readable, attachments), key=_is_told_a_text, reverse=True)
    wanted = [one for one in attachments if one in readable[:MAX_FILES]]
    unread = [name_of(one) for one in attachments if one not in wanted]
    missing: list[str] = []
    texts: list[str] = []
    bodies = await _bodies(wanted, connect) if wanted else []
    for attachment, body in zip(wanted, bodies, strict=True):
        if body is None:
            missing.append(name_of(attachment))
        elif (text := await asyncio.to_thread(decode_text, body)) is None:
            unread.append(name_of(attachment))
        elif text.strip():
            texts.append(_as_written(attachment, text))
    return Files(tuple(texts), tuple(unread), tuple(missing))


def name_of(attachment: discord.Attachment) -> str:
    """Return the name of a file as people may read it."""
    return shorten(clean_characters(attachment.filename), MAX_NAME) or "a file"


def decode_text(body: bytes) -> str | None:
    """Return the text of a file in the encoding that it is likely in; None if it is not read."""
    if len(body) > MAX_BYTES:
        return None
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # UTF-16 of English words is UTF-8, too
        likely = from_bytes(body).best()
        text = "\0" if likely is None else str(likely)
    return None if _CONTROL.search(text) else text


def _as_written(attachment: discord.Attachment, text: str) -> str:
    """Return the text of a file with what is hidden there; Discord shows the bars of others."""
    if attachment.is_spoiler():
        return as_spoiler(text)
    return text if attachment.filename == LONG_MESSAGE else without_bars(text)


def _kind_of(attachment: discord.Attachment) -> str:
    """Return the media type of a file; by its name if Discord gives none."""
    kind = (attachment.content_type or "").partition(";")[0].strip().lower()
    if kind in ("", "application/octet-stream"):
        kind = mimetypes.guess_type(attachment.filename)[0] or ""
    return kind


def _is_told_a_text(attachment: discord.Attachment) -> bool:
    """Return whether Discord takes a file for a text: only of one it tells the character set."""
    is_text = "charset=" in (attachment.content_type or "")
    return is_text or _kind_of(attachment).startswith("text/")


def _is_readable(attachment: discord.Attachment) -> bool:
    """Return whether a file may be a text."""
    kind = _kind_of(attachment)
    is_other = kind in TYPESET or kind.startswith(SEEN_AND_HEARD)
    is_text = _is_told_a_text(attachment) or not is_other
    return is_text and attachment.size <= MAX_BYTES and is_discords(attachment.url)


def is_discords(url: str) -> bool:
    """Return whether an address is on a host that Discord's attachments have."""
    hosts = {URL(discord.Asset.BASE).origin(), URL(MEDIA_HOST)}
    try:
        return URL(url).origin() in hosts
    except ValueError:
        return False


async def _bodies(
    attachments: Sequence[discord.Attachment], connect: Connect
) -> list[bytes | None]:
    """Return the content of each file, None for those that did not come in time."""
    bodies: list[bytes | None] = [None] * len(attachments)
    try:
        async with (
            asyncio.timeout(SECONDS),
            aiohttp.ClientSession(connector=connect()) as session,
        ):
            for number, attachment in enumerate(attachments):
                try:
                    bodies[number] = await _fetch(session, attachment.url)
                except aiohttp.ClientError as error:
                    log.info("an attached file did not come: %s", error)
    except TimeoutError:
        log.info("attached files did not come within %s seconds", SECONDS)
    return bodies


async def _fetch(session: aiohttp.ClientSession, url: str) -> bytes | None:
    """Return the content at an address, as much of it as tells that it is too large; or None."""
    headers = {"Accept-Encoding": "identity"}  # what is unpacked could be any size
    async with session.get(url, allow_redirects=False, headers=headers) as response:
        if response.status != 200 or "Content-Encoding" in response.headers:
            return None
        body = await response.content.read(MAX_BYTES + 1)
        while len(body) <= MAX_BYTES and (more := await response.content.read(MAX_BYTES)):
            body += more
        return body
