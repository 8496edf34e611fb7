"""Discord's own description of its API (OpenAPI 3.1), to hold requests against."""

import functools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend

COMPONENTS = ("components", "component", "accessory")
METHODS = ("get", "post", "put", "patch", "delete")
JSON = "application/json"

Keyword = Callable[[Any, list[Any], Any, Any], Iterator[ValidationError]]


class ApiDescription:
    """The paths of the API and the schemas of the bodies."""

    def __init__(self, document: dict[str, Any]) -> None:
        link_references(document, document)
        self.operations = {
            f"{method.upper()} {path}": operations[method]
            for path, operations in document["paths"].items()
            for method in METHODS
            if method in operations
        }
        # .../messages/@original comes before .../messages/{message_id}
        plain_first = sorted(self.operations, key=lambda operation: operation.count("{"))
        self.patterns = {operation: _pattern(operation) for operation in plain_first}

    def complaints(self, request: str, body: Any) -> Iterator[str]:
        """Yield what in a request (method and path) is not as described."""
        operation = self._operation(request)
        if operation is None:
            yield "Discord has no such endpoint"
            return
        expected = self.operations[operation].get("requestBody", {})
        if body is None:
            if expected.get("required"):
                yield "the body is missing"
        elif JSON in expected.get("content", {}):
            validator = Validator(expected["content"][JSON]["schema"])
            errors = validator.iter_errors(with_ids_as_strings(body))
            if (error := best_match(errors)) is not None:
                yield f"{error.json_path}: {error.message[:200]}"

    def _operation(self, request: str) -> str | None:
        for operation, pattern in self.patterns.items():
            if pattern.fullmatch(request):
                return operation
        return None


def _pattern(operation: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(operation)))


@functools.cache
def load(path: Path) -> ApiDescription:
    """Read the description once."""
    return ApiDescription(json.loads(path.read_text(encoding="utf-8")))


def link_references(part: Any, document: dict[str, Any]) -> None:
    """Put what a $ref names in its place; looking each up anew takes most of a validation."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        if isinstance(value, dict) and "$ref" in value:
            _, room, kind, name = value["$ref"].split("/")
            part[key] = document[room][kind][name]
        elif isinstance(value, dict | list):
            link_references(value, document)


def _among_likely(keyword: Keyword) -> Keyword:
    """Let oneOf or anyOf leave out the schemas that cannot fit, of which there are a dozen."""

    def validate(
        validator: Any, schemas: list[Any], instance: Any, schema: Any
    ) -> Iterator[ValidationError]:
        likely = [one for one in schemas if _is_likely(one, instance)]
        return keyword(validator, likely or schemas, instance, schema)

    return validate


def _is_likely(schema: Any, instance: Any) -> bool:
    """Look only at constants, null and the `type` that components, options and callbacks have."""
    if "const" in schema:
        return bool(schema["const"] == instance)
    if schema.get("type") == "null":
        return instance is None
    kinds = schema.get("properties", {}).get("type", {}).get("enum")
    if kinds is None or not isinstance(instance, dict) or "type" not in instance:
        return True
    return instance["type"] in kinds


KEYWORDS: dict[str, Keyword] = dict(Draft202012Validator.VALIDATORS)
CHOICES = {name: _among_likely(KEYWORDS[name]) for name in ("oneOf", "anyOf")}
Validator = extend(Draft202012Validator, CHOICES)  # type: ignore[no-untyped-call]


def with_ids_as_strings(value: Any, *, is_component: bool = False) -> Any:
    """Write integer ids as strings, as the description wants them.

    discord.py sends some as JSON numbers, message_reference.message_id for example, which Discord
    takes. The `id` of a component is none of these: it is a number within its message.
    """
    if isinstance(value, list):
        return [with_ids_as_strings(item, is_component=is_component) for item in value]
    if not isinstance(value, dict):
        return value
    written = {}
    for key, item in value.items():
        if key.endswith("_id") or (key == "id" and not is_component):
            written[key] = _as_string(item)
        elif isinstance(item, list) and (key == "ids" or key.endswith("_ids")):
            written[key] = [_as_string(one) for one in item]
        else:
            written[key] = with_ids_as_strings(item, is_component=key in COMPONENTS)
    return written


def _as_string(value: Any) -> Any:
    return str(value) if type(value) is int else value
