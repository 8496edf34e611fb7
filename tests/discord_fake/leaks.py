"""What must never leave: pings, and links to places that nobody vouches for.

Words in code are shown as they are: Discord neither pings nor links them.
"""

import re
import unicodedata
from collections.abc import Container, Iterator
from urllib.parse import urlsplit

from tests.discord_fake.bodies import addresses, embeds, words
from tests.discord_fake.payloads import Payload

OUR_HOSTS = {
    "huggingface.co",
    "www.huggingface.co",
    "arxiv.org",
    "www.arxiv.org",
    "export.arxiv.org",
}
# A link to a message in the same Discord.
JUMP = re.compile(r"https://discord\.com/channels/\d+/\d+/\d+")
PING = re.compile(r"@everyone|@here|<@&")
URL = re.compile(r"https?://(?:(?!https?://)[^\s<>])+", re.IGNORECASE)
INVITE = re.compile(r"\bdiscord(?:\.gg|(?:app)?\.com/invite)/[^\s)\]>]+", re.IGNORECASE)
# [text](url), [text](<url>) and [text](url "title"); brackets may be nested once.
MASKED_LINK = re.compile(
    r"\[(?P<text>(?:\[[^\[\]]*\]|[^\[\]])*)\]"
    r"\(\s*<?(?P<url>[a-z][a-z0-9+.-]*:(?:\([^\s()]*\)|[^\s<>()])+)>?[^()]*\)",
    re.IGNORECASE,
)
# A host that a reader would see: after a scheme, after "www.", or bare with a well-known ending.
# (Not every dot makes a host: "llama.cpp" is a program and "Node.js" another.)
HOST_IN_TEXT = re.compile(
    r"(?:https?://|\bwww\.)(?:www\.)?([^\s/?#<>()\[\]]+)"
    r"|\b((?:[a-z0-9-]+\.)+"
    r"(?:ai|app|cc|cn|co|com|dev|edu|gg|gov|info|io|link|ly|me|net|org|ru|xyz))\b",
    re.IGNORECASE,
)
# Punctuation and Markdown that may touch a URL's end without being part of it.
AFTER_URL = ".,:;!?\"'`)]}*_~|"

# Where two readings are possible, this takes the one that leaves more outside of code: a span in
# single backticks ends with its line, and a quoted line is read by itself.
ESCAPED_OR_CODE = (
    r"(?P<escaped>\\[^0-9A-Za-z\s])"
    r"|```\n*[^\n].*?```"
    r"|(?P<ticks>`+)[^\n]*?[^`\n](?P=ticks)(?!`)"
)
CODE = re.compile(ESCAPED_OR_CODE, re.DOTALL)
QUOTE_OR_CODE = re.compile(
    r"(?P<quote>^ *>>> .*|(?:^ *> [^\n]*\n?)+)|" + ESCAPED_OR_CODE, re.DOTALL | re.MULTILINE
)
QUOTE_MARK = re.compile(r"^ *>(?:>>)? ", re.MULTILINE)


def outside_code(text: str) -> str:
    """Return the text with a space in place of every code span and code block."""

    def without_code(match: re.Match[str]) -> str:
        return match["escaped"] or " "

    def read_by_itself(match: re.Match[str]) -> str:
        if match["quote"]:  # quotes do not nest
            return CODE.sub(without_code, QUOTE_MARK.sub("", match["quote"]))
        return without_code(match)

    return QUOTE_OR_CODE.sub(read_by_itself, text)


def leaks(message: Payload, allowed_urls: Container[str] = ()) -> Iterator[str]:
    """Yield the pings and foreign links of a message."""
    for part, raw in words(message):
        text = outside_code(raw)
        for ping in PING.findall(text):
            yield f"{ping} in {part}"
        for link in _foreign_links(text, allowed_urls):
            yield f"{link} in {part}"
    for part, url in addresses(message):
        if url and not url.startswith("attachment://") and not _is_ours(url, allowed_urls):
            yield f"foreign link {url} in {part}"
    for embed in embeds(message):
        target = embed.get("url") or ""
        if target and _hosts_in(embed.get("title") or "") - {_host(target)}:
            yield f"embed title whose text names another host {embed['title']}"


def _foreign_links(text: str, allowed_urls: Container[str]) -> Iterator[str]:
    for link in MASKED_LINK.finditer(text):
        if not _is_ours(link["url"], allowed_urls):
            yield f"foreign masked link {link[0]}"
        elif _hosts_in(link["text"]) - {_host(link["url"])}:
            yield f"link whose text names another host {link[0]}"
    text = MASKED_LINK.sub(" ", text)
    for url in URL.findall(text):
        if not _is_ours(url, allowed_urls):
            yield f"foreign link {url}"
            text = text.replace(url, " ")
    for invite in INVITE.findall(text):
        yield f"invite {invite}"


def _is_ours(url: str, allowed_urls: Container[str]) -> bool:
    bare = url.rstrip(AFTER_URL)
    if JUMP.fullmatch(bare):
        return True
    if url.lower().startswith(("http://", "https://")) and _netloc(bare) in OUR_HOSTS:
        return True
    # A listed URL may itself end in a bracket.
    return any(url[:end] in allowed_urls for end in range(len(bare), len(url) + 1))


def _netloc(url: str) -> str:
    """Return the host that a browser opens: for it a backslash is a slash, and tabs are nothing."""
    as_opened = re.sub(r"[\t\r\n]", "", url).replace("\\", "/")
    try:
        return urlsplit(as_opened).hostname or ""
    except ValueError:
        return ""


def _host(url: str) -> str:
    return _netloc(url).removeprefix("www.")


def _hosts_in(text: str) -> set[str]:
    """Return the hosts that a reader sees named, whatever invisible stands between."""
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
    found = (after or bare for after, bare in HOST_IN_TEXT.findall(visible))
    return {host.lower().rstrip(AFTER_URL).removeprefix("www.") for host in found}
