"""Adapt a server's input schema to the API, and the model's arguments back to the server's schema.

MCP allows any object schema. The API refuses the whole request for two forms of them: `anyOf`, `oneOf` and `allOf` at
the root, and properties whose names have other characters than letters, digits, dot, dash and underscore.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.checker import require_valid_schema
from agentkit.schema.json_schema.subschemas import is_object, resolve_reference
from agentkit.schema.validation.arguments import validate_json_arguments

_COMBINING_KEYWORDS = ("allOf", "anyOf", "oneOf")
_VALID_PROPERTY_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_INVALID_PROPERTY_CHARACTER = re.compile(r"[^a-zA-Z0-9_.-]")
_MAX_NOTE_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class FittedSchema:
    """A server's input schema and the form of it that the API accepts; made and checked by `fitted`."""

    original: JSONObject
    """The server's own schema."""
    shown: JSONObject
    """The schema that is sent to the API; the original if the API accepts it."""
    server_names: Mapping[str, str]
    """The server's names of renamed properties, by the names that the model sees."""
    note: str = ""
    """A note for the description, on constraints that the shown schema lacks. Empty: it has all of them."""

    def read_arguments(self, tool: str, given: Mapping[str, object]) -> JSONObject:
        """Check the model's arguments and return them in the server's form. Raises InvalidArguments for the model."""
        arguments = validate_json_arguments(tool, self.shown, given)
        if self.shown is self.original:
            return arguments
        renamed = {self.server_names.get(name, name): value for name, value in arguments.items()}
        return validate_json_arguments(tool, self.original, renamed)


def fitted(schema: Mapping[str, object]) -> FittedSchema:
    """Adapt a schema to the API with as few changes as possible. Raises DefinitionError, with the reason."""
    original: JSONObject = dict(schema)
    require_valid_schema(original)
    if original.get("type") != "object":
        raise DefinitionError(f'its root is of type {original.get("type")!r}, not "object"')
    shown, note = _without_combinations(original)
    shown, names = _with_valid_names(shown)
    return FittedSchema(original, shown, names, note)


def _without_combinations(schema: JSONObject) -> tuple[JSONObject, str]:
    """Merge the properties of all alternatives, and return a note that says which of them go together."""
    combining = {word: schema[word] for word in _COMBINING_KEYWORDS if word in schema}
    if not combining:
        return schema, ""
    properties: dict[str, list[object]] = {}
    for name, part in _all_properties(schema, schema):
        known = properties.setdefault(name, [])
        if part not in known:
            known.append(part)
    merged = {name: parts[0] if len(parts) == 1 else {"anyOf": parts} for name, parts in properties.items()}
    rest = {word: value for word, value in schema.items() if word not in combining}
    rule = json.dumps(combining, ensure_ascii=False, separators=(",", ":"))
    if len(rule) > _MAX_NOTE_CHARS:
        note = (
            "Not all of the parameters go together; the error result of a call that does not fit names what is wrong."
        )
    else:
        note = f"The arguments together must also fit this JSON Schema: {rule}"
    return {**rest, "properties": merged}, note


def _all_properties(schema: JSONObject, root: JSONObject) -> Iterator[tuple[str, object]]:
    schema = resolve_reference(schema, root)
    yield from cast("JSONObject", schema.get("properties") or {}).items()
    for word in _COMBINING_KEYWORDS:
        for choice in cast("list[object]", schema.get(word) or []):
            if is_object(choice):
                yield from _all_properties(choice, root)


def _with_valid_names(schema: JSONObject) -> tuple[JSONObject, dict[str, str]]:
    properties: JSONObject = schema.get("properties") or {}
    own = {
        name: name if _VALID_PROPERTY_NAME.fullmatch(name) else _INVALID_PROPERTY_CHARACTER.sub("_", name)[:64]
        for name in properties
    }
    renamed = {new: name for name, new in own.items() if new != name}
    if not renamed:
        return schema, {}
    if len(set(own.values())) < len(own) or "" in renamed:
        raise DefinitionError(f"the API takes no property named {next(iter(renamed.values()))!r}, nor any near it")
    shown: JSONObject = {**schema, "properties": {own[name]: part for name, part in properties.items()}}
    if "required" in schema:
        shown["required"] = [own.get(name, name) for name in schema["required"]]
    return shown, renamed
