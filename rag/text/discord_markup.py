"""Discord's markup in what people write: mentions, emoji, time stamps, commands and spoilers.

https://docs.discord.com/developers/reference#message-formatting
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

Mentioned = Literal["user", "role", "channel"]
NameOf = Callable[[Mentioned, int], str]  # "" if the name is not known

HIDDEN = "(spoiler)"  # what others see of one

_KINDS: dict[str, Mentioned] = {"@": "user", "@!": "user", "@&": "role", "#": "channel"}
_MARKUP = re.compile(
    r"<(?:(?P<kind>@[!&]?|#)(?P<id>\d{1,20})"
    r"|/(?P<command>[\w -]{1,100}):\d{1,20}"
    r"|t:(?P<seconds>-?\d{1,13})(?::[tTdDfFRsS])?"
    r"|a?:\w{1,32}:\d{1,20}"  # an emoji of a server's own
    r"|(?:id|sound):[\w:-]{1,100})>"  # a page of the server, a sound
    r"|(?<![\w@.])@(?:everyone|here)\b(?!\.\w)"  # a call to all of them
)
# What nothing is left of, with the spaces around it.
_GONE = re.compile(r" *\0[\0 ]*(?P<at_end>(?=[?!.,;:\n]|\Z))?")
# A link to a message or a channel, also between "<" and ">" or under words: "[so](https://…)".
_JUMP = (
    r"(?<![\w/])https?://(?:(?:www|canary|ptb)\.)?discord(?:app)?\.com/channels/(?:@me|\d{1,20})"
    r"(?:/\d{1,20}){0,2}/?(?![\w/])"
)
_JUMP_LINK = re.compile(
    rf"\[(?P<words>[^\[\]\n]*)\]\(<?{_JUMP}>?\)|<{_JUMP}>|{_JUMP}", re.IGNORECASE
)
# Where two bars hide nothing: in code, behind a backslash, and as the empty cell of a table's row.
_SPOILER = re.compile(
    r"(?P<code>```.*?```|``.+?``|`[^`\n]+`"
    r"|^[ \t]*\|(?!\|)(?:(?!\|\|)[^\n])*\|\|(?:(?!\|\|)[^\n])*(?<!\|)\|[ \t]*$)"
    r"|(?P<escaped>\\[^\w\s])"
    r"|\|\|(?P<inside>.+?)\|\|",
    re.DOTALL | re.MULTILINE,
)


def no_name(kind: Mentioned, number: int) -> str:  # noqa: ARG001  # as NameOf
    """Return the name of a mention where nobody is known."""
    return ""


def without_markup(text: str, *, timezone: str, name_of: NameOf = no_name) -> str:
    """Return the text with names instead of mentions and ISO days instead of time stamps.

    Emoji of a server's own, mentions of everybody or without a known name, and links to messages
    are left out. A time stamp's day is that of the time zone.
    """

    def words(match: re.Match[str]) -> str:
        if match["kind"]:
            return name_of(_KINDS[match["kind"]], int(match["id"])) or "\0"
        if match["command"]:
            return f"/{match['command']}"
        return _day_of(int(match["seconds"]), timezone) if match["seconds"] else "\0"

    read = _JUMP_LINK.sub(lambda link: link["words"] or "\0", _MARKUP.sub(words, text))
    if read == text:
        return text
    return _GONE.sub(lambda gone: "" if gone["at_end"] is not None else " ", read).strip(" ")


def mentioned_users(text: str) -> list[int]:
    """Return the ids of the users that a text mentions, in order."""
    found = (m for m in _MARKUP.finditer(text) if _KINDS.get(m["kind"]) == "user")
    return list(dict.fromkeys(int(match["id"]) for match in found))


def _day_of(seconds: int, timezone: str) -> str:
    try:
        return datetime.fromtimestamp(seconds, ZoneInfo(timezone)).date().isoformat()
    except (ValueError, OverflowError, OSError):  # a year that no calendar has
        return "\0"


def has_spoiler(text: str) -> bool:
    """Return whether a part of the text is hidden until it is clicked: `||so||`."""
    return any(match["inside"] for match in _SPOILER.finditer(text))


def without_spoilers(text: str) -> str:
    """Return the text as others may see it: what is hidden stays so."""
    return _SPOILER.sub(lambda match: HIDDEN if match["inside"] else match[0], text)


def with_spoilers_open(text: str) -> str:
    """Return the text with what is hidden, without the marks around it."""
    return _SPOILER.sub(_opened, text)


def _opened(match: re.Match[str]) -> str:
    if match["escaped"]:
        return match[0].replace("\\|", "|")
    return match["inside"] or match[0]


def still_hidden(part: str, text: str) -> str:
    """Return a part of a text; hidden as a whole where it may be a part of a spoiler."""
    is_whole = has_spoiler(part) and part.count("||") % 2 == 0
    return as_spoiler(part) if has_spoiler(text) and not is_whole else part


def as_spoiler(text: str) -> str:
    """Return the text hidden as a whole."""
    inside = without_bars(with_spoilers_open(text))
    return f"||{inside}||"


def without_bars(text: str) -> str:
    """Return the text in which no two bars hide anything, as in a file that shows them."""
    return text.replace("||", "|\u200b|\u200b")
