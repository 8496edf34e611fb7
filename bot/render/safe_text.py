"""Text for Discord: escape untrusted text, build links, shorten and split within limits."""

import re
from urllib.parse import urlsplit

EMBED_TITLE = 256  # characters, as are all of these limits
EMBED_DESCRIPTION = 4_096
MESSAGE = 2_000  # the text above the embeds
EMBED_FIELD = 1_024
EMBED_FOOTER = 2_048
EMBED_TOTAL = 6_000  # all embeds of a message together
CHOICE = 100  # the name or the value of an autocomplete choice
MAX_ALT = 1_024  # the description of an attachment

CODE_HOSTS = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "huggingface.co")

# Text that Discord would turn into a link or an invitation.
_ADDRESS = re.compile(
    r"(?:(?<![a-z0-9+.-])[a-z0-9+.-]+://|www\.|discord\.gg/|discord(?:app)?\.com/invite/)[^\s<>`]+"
    r"(?<![.,;:!?)\]}'\"”’*_~|])",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"[\\*_~|`\[\]<]|(?<![^\n])[#>+-]|(?<=\d)\.(?=\s)")
_PING = re.compile(r"@(?=everyone|here|[!&]?\d)", re.IGNORECASE)
_INVISIBLE = "\u200b"  # zero-width space: breaks a ping and shows nothing


def plain(text: str) -> str:
    """Return the text escaped, so that Discord shows it literally: no pings, links or formatting.

    URLs become inline code, which Discord does not link.
    """
    parts, start = [], 0
    for match in _ADDRESS.finditer(text):
        parts += [_escape(text[start : match.start()]), f"`{_PING.sub(_no_ping, match[0])}`"]
        start = match.end()
    return "".join(parts) + _escape(text[start:])


def _escape(text: str) -> str:
    return _PING.sub(_no_ping, _MARKDOWN.sub(r"\\\g<0>", text))


def _no_ping(match: re.Match[str]) -> str:
    return match[0] + _INVISIBLE


def link(words: str, url: str) -> str:
    """Return a Markdown link without a preview; `words` may be untrusted, `url` must not be."""
    words = re.sub(r"(?<!\w)\w+://|www\.", "", words).replace("[", "(").replace("]", ")")
    return f"[{plain(words)}](<{url}>)"


def is_safe_url(url: str) -> bool:
    """Return whether a link from a record is a plain web address that is safe in Markdown."""
    return url.startswith(("https://", "http://")) and not set(url) & set(" <>()`\n")


def is_code_url(url: str | None) -> bool:
    """Return whether a link is on a known host of code repositories."""
    return bool(url and is_safe_url(url) and urlsplit(url).hostname in CODE_HOSTS)


def shorten(text: str, limit: int) -> str:
    """Return the text on one line, cut after a word if it is longer than `limit` characters."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    if text[limit - 1] != " ":
        head = head.rsplit(" ", 1)[0]
    return f"{head.rstrip('.,;: ')}…"


def split(text: str, limit: int) -> list[str]:
    """Return the text in parts of at most `limit` characters, cut at the best places.

    Only white space at the cuts is dropped.
    """
    parts, text = [], text.rstrip()
    while len(text) > limit:
        cut = _best_cut(text, limit)
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*parts, text] if text or not parts else parts


def _best_cut(text: str, limit: int) -> int:
    """Return where to cut: after a line, or else a sentence, a word, or at the limit."""
    head = text[: limit + 1]
    for pattern in (r"\n", r"[.!?…][\"”)]*\s", r"\s"):
        ends = [match.end() for match in re.finditer(pattern, head)]
        fitting = [end for end in ends if limit // 2 < end and len(text[:end].rstrip()) <= limit]
        if fitting:
            return fitting[-1]
    return limit
