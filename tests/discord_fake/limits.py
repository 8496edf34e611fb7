"""Discord's own limits, which discord.py does not check.

https://discord.com/developers/docs/resources/message#embed-object-embed-limits and the pages on
components, application commands and threads. Lengths count characters.
"""

import re
from collections.abc import Iterator
from typing import Any

from tests.discord_fake.bodies import (
    ACTION_ROW,
    BUTTON,
    CALLBACK_ROUTE,
    LABEL,
    STRING_MENU,
    TEXT_INPUT,
    addresses,
    components,
    embeds,
    message_in,
    words,
    words_of_embed,
)
from tests.discord_fake.payloads import Payload

LENGTHS = {
    "content": 2000,
    "embed title": 256,
    "embed description": 4096,
    "embed field name": 256,
    "embed field value": 1024,
    "embed footer": 2048,
    "embed author": 256,
    "text component": 4000,
}
ALL_EMBEDS_LENGTH = 6000
EMBEDS, FIELDS, ROWS, IN_A_ROW = 10, 25, 5, 5
CUSTOM_ID_LENGTH, LABEL_LENGTH, PLACEHOLDER_LENGTH = 100, 80, 150
MENU_OPTIONS, OPTION_LENGTH = 25, 100
FORM_TITLE_LENGTH, FIELD_LABEL_LENGTH, FIELD_VALUE_LENGTH = 45, 45, 4000
URL_LENGTH = 2048
COMMANDS, OPTIONS, CHOICES = 100, 25, 25
DESCRIPTION_LENGTH, CHOICE_LENGTH, THREAD_NAME_LENGTH = 100, 100, 100
SLASH_COMMAND, CHOICES_CALLBACK = 1, 8

COMMAND_ROUTES = re.compile(r"(PUT|POST|PATCH) /applications/[^/]+(/guilds/[^/]+)?/commands(/.+)?")
THREAD_ROUTES = re.compile(r"POST /channels/[^/]+(/messages/[^/]+)?/threads")
CHANNEL_ROUTE = re.compile(r"PATCH /channels/[^/]+")
COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")


def beyond_limits(request: str, body: Any) -> Iterator[str]:
    """Yield what in a request (method and path) is more than Discord takes."""
    if COMMAND_ROUTES.fullmatch(request):
        yield from _commands(body if isinstance(body, list) else [body])
    if not isinstance(body, dict):
        return
    message = message_in(request, body)
    if message is not None:
        yield from _message(message)
    if CALLBACK_ROUTE.fullmatch(request):
        data = body.get("data") or {}
        if body.get("type") == CHOICES_CALLBACK:
            yield from _choices(data.get("choices") or [])
        elif message is None:  # a form
            yield from _length("form title", data.get("title") or "", FORM_TITLE_LENGTH)
            yield from _components(data)
    if THREAD_ROUTES.fullmatch(request) or ("name" in body and CHANNEL_ROUTE.fullmatch(request)):
        yield from _length("name", body.get("name") or "", THREAD_NAME_LENGTH, at_least=1)


def _length(what: str, text: str, limit: int, *, at_least: int = 0) -> Iterator[str]:
    if len(text) > limit:
        yield f"{what} of {len(text)} characters, {limit} are allowed"
    if len(text) < at_least:
        yield f"{what} is empty"


def _count(what: str, things: list[Payload], limit: int) -> Iterator[str]:
    if len(things) > limit:
        yield f"{len(things)} {what}, {limit} are allowed"


def _message(message: Payload) -> Iterator[str]:
    for what, text in words(message):
        at_least = 1 if what.startswith("embed field") else 0
        yield from _length(what, text, LENGTHS[what], at_least=at_least)
    yield from _count("embeds", embeds(message), EMBEDS)
    for embed in embeds(message):
        yield from _count("embed fields", embed.get("fields") or [], FIELDS)
    total = sum(len(text) for embed in embeds(message) for _, text in words_of_embed(embed))
    if total > ALL_EMBEDS_LENGTH:
        yield f"all embeds have {total} characters, {ALL_EMBEDS_LENGTH} are allowed"
    for what, url in addresses(message):
        yield from _length(what, url, URL_LENGTH)
    yield from _components(message)


def _components(message: Payload) -> Iterator[str]:
    rows = [row for row in message.get("components") or [] if row.get("type") == ACTION_ROW]
    yield from _count("rows of components", rows, ROWS)
    for component in components(message):
        yield from _length("custom_id", component.get("custom_id") or "", CUSTOM_ID_LENGTH)
        if component.get("type") == ACTION_ROW:
            yield from _count("components in a row", component.get("components") or [], IN_A_ROW)
        if component.get("type") == BUTTON:
            yield from _length("button label", component.get("label") or "", LABEL_LENGTH)
        if component.get("type") == LABEL:
            yield from _length("field label", component.get("label") or "", FIELD_LABEL_LENGTH)
        if component.get("type") == TEXT_INPUT:
            yield from _length("field value", component.get("value") or "", FIELD_VALUE_LENGTH)
        if component.get("type") == STRING_MENU:
            yield from _menu(component)
    ids = [one["custom_id"] for one in components(message) if one.get("custom_id")]
    if len(set(ids)) < len(ids):
        yield "two components have the same custom_id"


def _menu(menu: Payload) -> Iterator[str]:
    options = menu.get("options") or []
    yield from _count("options of a menu", options, MENU_OPTIONS)
    if not options:
        yield "a menu without options"
    yield from _length("placeholder", menu.get("placeholder") or "", PLACEHOLDER_LENGTH)
    for option in options:
        yield from _length("option label", option["label"], OPTION_LENGTH, at_least=1)
        yield from _length("option value", option["value"], OPTION_LENGTH, at_least=1)
    if len({option["value"] for option in options}) < len(options):
        yield "two options of a menu have the same value"


def _choices(choices: list[Payload]) -> Iterator[str]:
    yield from _count("choices", choices, CHOICES)
    for choice in choices:
        yield from _length("choice name", choice["name"], CHOICE_LENGTH, at_least=1)
        yield from _length("choice value", str(choice["value"]), CHOICE_LENGTH)


def _commands(commands: list[Payload]) -> Iterator[str]:
    yield from _count("commands", commands, COMMANDS)
    for command in commands:
        if command.get("type", SLASH_COMMAND) == SLASH_COMMAND:
            yield from _command(command)


def _command(command: Payload) -> Iterator[str]:
    """Judge a command, a subcommand or an option: all have a name and a description."""
    name = command.get("name") or ""
    if not COMMAND_NAME.fullmatch(name) or name != name.lower():
        yield f"{name!r} is no name for a command or option"
    description = command.get("description") or ""
    yield from _length(f"description of {name}", description, DESCRIPTION_LENGTH, at_least=1)
    yield from _choices(command.get("choices") or [])
    options = command.get("options") or []
    yield from _count(f"options of {name}", options, OPTIONS)
    for option in options:
        yield from _command(option)
