"""Text for Discord: escape untrusted text, judge and build links, keep to limits.

Whatever is shortened is shortened before it is escaped: a cut in escaped text could leave half of
an escape or of a link, and what was text would become a link.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable

from bot.render.direction import FIRST_STRONG, POP, isolated, with_isolates
from rag.text.shorten import ELLIPSIS, cut

EMBED_TITLE = 256  # characters, as are all of these limits
EMBED_DESCRIPTION = 4_096
MESSAGE = 2_000  # the text above the embeds
EMBED_FIELD = 1_024
EMBED_TOTAL = 6_000  # all embeds of a message together
CHOICE = 100  # the name or the value of an autocomplete choice
MAX_ALT = 1_024  # the description of an attachment
MAX_URL = 512  # of a link from a record; longer ones are left out
MAX_CODE = 500  # of an address that is shown as code; a longer one becomes several pieces

CODE_HOSTS = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "huggingface.co")

# Text that Discord would turn into a link or an invitation, without the punctuation after it.
_NO_ADDRESS = rf"\s<>`{FIRST_STRONG}{POP}"
_REST = rf"[^{_NO_ADDRESS}]*[^{_NO_ADDRESS}.,;:!?)\]}}'\"”’*_~|]"
_ADDRESS = re.compile(
    rf"[a-z][a-z0-9+.-]{{0,30}}://(?:{_REST})?"
    rf"|(?:www\.|discord(?:app)?\.(?:gg|com|gift|new)/){_REST}",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"[\\*_~|`\[\]<]|(?<![^\n])[#>+-]|(?<=\d)\.(?=\s)")
_PING = re.compile(r"@(?=everyone|here|[!&]?\d)", re.IGNORECASE)
# A name as the host, then characters of RFC 3986 without those that end a link in Markdown.
_URL = re.compile(
    r"https?://(?P<host>(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})"
    r"(?:[/?#][\w.~:/?#@!$&'*+,;=%-]*)?",
    re.IGNORECASE | re.ASCII,
)
# An invitation, or another page of Discord's: nobody's project or code.
_DISCORD = re.compile(r"(?:.+\.)?discord(?:app)?\.(?:gg|com|gift|new)", re.IGNORECASE)
# A scheme, "www.", or a dot as in the name of a host: also in "llama.cpp", but in no number.
_HOST = re.compile(
    r"\w://|\bwww\.|[\w-]\.(?=[^\W\d_]{2})|[a-z0-9]\u3002(?=[a-z]{2})", re.IGNORECASE
)
_LINKED = re.compile(r":(?=//)|[^\W_][.\u3002](?=[^\W\d_])")
_INVISIBLE = "\u200b"  # zero-width space: breaks a ping and shows nothing


def plain(text: str, values: Iterable[str] = ()) -> str:
    """Return the text escaped, so that Discord shows it literally: no pings, links or formatting.

    URLs become inline code, which Discord does not link; right-to-left text is isolated, also the
    `values` of records in it.
    """
    return _literal(with_isolates(text, values))


def _literal(text: str) -> str:
    parts, start = [], 0
    for match in _ADDRESS.finditer(text):
        parts += [_escape(text[start : match.start()]), _code(match[0])]
        start = match.end()
    return "".join(parts) + _escape(text[start:])


def plain_within(text: str, limit: int) -> str:
    """Return the text escaped, after cutting off as much as leaves at most `limit` characters."""

    def is_too_long(room: int) -> bool:
        return len(plain(cut(text, room))) > limit

    if not is_too_long(limit):
        return plain(cut(text, limit))
    room = bisect_left(range(limit), True, key=is_too_long) - 1
    return plain(cut(text, room)) or ELLIPSIS


def _code(address: str) -> str:
    """Return an address as inline code; `…` in the middle of one would hide where it leads."""
    pieces = [address[n : n + MAX_CODE] for n in range(0, len(address), MAX_CODE)]
    return _INVISIBLE.join(f"`{_PING.sub(_no_ping, piece)}`" for piece in pieces)


def _escape(text: str) -> str:
    return _PING.sub(_no_ping, _MARKDOWN.sub(r"\\\g<0>", text))


def _no_ping(match: re.Match[str]) -> str:
    return match[0] + _INVISIBLE


def link(words: str, url: str) -> str:
    """Return a Markdown link without a preview; `words` may be untrusted, `url` must not be.

    A link whose words name another host would seem to lead there: they stand beside it.
    """
    if names_host(words) and not url.endswith(words):
        return f"{_literal(isolated(words))} ([page](<{url}>))"
    words = re.sub(r"^https?://", "", words).replace("[", "(").replace("]", ")")
    return f"[{_literal(isolated(words))}](<{url}>)"


def names_host(text: str) -> bool:
    """Return whether a reader would see an address or the name of a host in the text."""
    seen = unicodedata.normalize("NFKC", text)
    visible = "".join(c for c in seen if unicodedata.category(c) not in ("Cf", "Mn"))
    return _HOST.search(visible) is not None


def unlinked(text: str) -> str:
    """Return the text with nothing in it that a mail program would turn into a link."""
    return _LINKED.sub(rf"\g<0>{_INVISIBLE}", text)


def is_safe_url(url: str) -> bool:
    """Return whether a link from a record is a plain web address, the same for every reader.

    Browsers read more into an address than RFC 3986 allows: they take a backslash for a slash and
    drop tabs, so that another host is opened than the one that Python sees. Whatever contains such
    characters, a user name, or a host that is not a name is not linked, and neither is an
    invitation to a server.
    """
    found = _URL.fullmatch(url) if len(url) <= MAX_URL else None
    return found is not None and _DISCORD.fullmatch(found["host"]) is None


def is_code_url(url: str | None) -> bool:
    """Return whether a link is on a known host of code repositories."""
    if not url or not is_safe_url(url):
        return False
    found = _URL.fullmatch(url)
    return found is not None and found["host"].lower() in CODE_HOSTS
