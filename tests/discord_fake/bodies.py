"""What the parts of Discord's messages are, wherever in a request they stand."""

import re
from collections.abc import Iterator

from tests.discord_fake.payloads import Payload

MESSAGE_ROUTES = re.compile(
    r"POST /channels/[^/]+/messages"
    r"|PATCH /channels/[^/]+/messages/[^/]+"
    r"|POST /webhooks/[^/]+/[^/]+"
    r"|PATCH /webhooks/[^/]+/[^/]+/messages/[^/]+"
)
CALLBACK_ROUTE = re.compile(r"POST /interactions/[^/]+/[^/]+/callback")
NEW_MESSAGE, CHANGED_MESSAGE = 4, 7  # kinds of callbacks
# Kinds of components.
ACTION_ROW, BUTTON, STRING_MENU, TEXT_INPUT, TEXT_DISPLAY, LABEL = 1, 2, 3, 4, 10, 18
PICTURES = ("image", "thumbnail", "video")


def message_in(request: str, body: Payload) -> Payload | None:
    """Return the message that a request (method and path) makes or changes, if it does."""
    if MESSAGE_ROUTES.fullmatch(request):
        return body
    if CALLBACK_ROUTE.fullmatch(request) and body.get("type") in (NEW_MESSAGE, CHANGED_MESSAGE):
        return body.get("data") or {}
    return None


def embeds(message: Payload) -> list[Payload]:
    """Return the embeds of a message."""
    return message.get("embeds") or []


def components(message: Payload) -> Iterator[Payload]:
    """Yield the components of a message, outer ones first, whatever they are nested in."""
    inner = list(message.get("components") or [])
    inner += [message[key] for key in ("component", "accessory") if message.get(key)]
    for component in inner:
        yield component
        yield from components(component)


def words_of_embed(embed: Payload) -> Iterator[tuple[str, str]]:
    """Yield (name of the part, text) of everything that counts towards an embed's length."""
    for name in ("title", "description"):
        yield f"embed {name}", embed.get(name) or ""
    for field in embed.get("fields") or []:
        yield "embed field name", field.get("name") or ""
        yield "embed field value", field.get("value") or ""
    yield "embed footer", (embed.get("footer") or {}).get("text") or ""
    yield "embed author", (embed.get("author") or {}).get("name") or ""


def words(message: Payload) -> Iterator[tuple[str, str]]:
    """Yield (name of the part, text) of everything that people read as Markdown."""
    yield "content", message.get("content") or ""
    for embed in embeds(message):
        yield from words_of_embed(embed)
    for component in components(message):
        if component.get("type") == TEXT_DISPLAY:
            yield "text component", component.get("content") or ""


def addresses(message: Payload) -> Iterator[tuple[str, str]]:
    """Yield (name of the part, URL) of every link that is a field of its own."""
    for embed in embeds(message):
        yield "embed url", embed.get("url") or ""
        author, footer = embed.get("author") or {}, embed.get("footer") or {}
        yield "embed author url", author.get("url") or ""
        yield "embed author icon", author.get("icon_url") or ""
        yield "embed footer icon", footer.get("icon_url") or ""
        for picture in PICTURES:
            yield f"embed {picture}", (embed.get(picture) or {}).get("url") or ""
    for component in components(message):
        yield "button url", component.get("url") or ""
