"""The form of a tool's input schema that the API accepts, and the way back from the model's arguments to the original.

Any object schema may come in: a server's, a file's, a user's type. The API refuses the whole request for two forms of
them: `anyOf`, `oneOf` and `allOf` at the root, and properties at the root whose names have other characters than
letters, digits, dot, dash and underscore.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.checker import require_valid_schema
from agentkit.schema.json_schema.json_types import json_types_of
from agentkit.schema.json_schema.property_names import has_unwritable_letters, valid_property_names
from agentkit.schema.json_schema.shape import mended_part
from agentkit.schema.json_schema.subschemas import is_list, is_object, resolve_reference, transform_schemas
from agentkit.schema.validation.arguments import validate_json_arguments

_COMBINING_KEYWORDS = ("allOf", "anyOf", "oneOf")
_RULES_ON_NAMES = (
    *("dependencies", "dependentRequired", "dependentSchemas", "if", "then", "else", "not"),
    *("patternProperties", "propertyNames"),
)
"""Keywords that may speak of properties by their names; where these change, only the original is checked by them."""
_MAX_NOTE_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class ApiForm:
    """An input schema and the form of it that the API accepts; made by `api_form`."""

    original: JSONObject
    """The schema as it came."""
    shown: JSONObject
    """The schema that is sent to the API; the original if the API accepts it."""
    own_names: Mapping[str, str]
    """The original names of renamed properties, by the names that the model sees."""
    note: str = ""
    """A note for the description, on constraints that the shown schema lacks. Empty: it has all of them."""

    def shown_arguments(self, given: Mapping[str, object]) -> JSONObject:
        """Return arguments by the names that the model sees; original names, which it may know, are taken too."""
        renamed = {own: name for name, own in self.own_names.items() if name not in given}
        return {renamed.get(name, name): value for name, value in given.items()}

    def own_arguments(self, shown: Mapping[str, object]) -> JSONObject:
        """Return arguments by their original names."""
        return {self.own_names.get(name, name): value for name, value in shown.items()}

    def read_arguments(self, tool: str, given: Mapping[str, object]) -> JSONObject:
        """Check the model's arguments and return them by their original names. Raises InvalidArguments."""
        if self.shown is self.original:
            return validate_json_arguments(tool, self.shown, given)
        arguments = validate_json_arguments(tool, self.shown, self.shown_arguments(given))
        return validate_json_arguments(tool, self.original, self.own_arguments(arguments))


def object_schema(given: object) -> JSONObject:
    """Return a schema from elsewhere as a sound schema of an object, with as few changes as possible.

    Raises:
        DefinitionError: It is no JSON Schema, or its root is not an object. The text has the reason.
    """
    original: JSONObject = given if is_object(given) else {}
    schema = transform_schemas(original, mended_part)
    require_valid_schema(schema if is_object(given) else given)
    if "type" not in schema and json_types_of(schema, schema) == frozenset({"object"}):
        schema = {"type": "object", **schema}
    if schema.get("type") != "object":
        raise DefinitionError(
            f'input_schema must have `"type": "object"` at its root, as the API requires, not {schema.get("type")!r}'
        )
    return original if schema == original else schema


def api_form(schema: JSONObject) -> ApiForm:
    """Adapt a sound schema of an object with as few changes as possible."""
    shown, note = _without_combinations(schema)
    shown, names = _with_valid_names(shown)
    return ApiForm(schema, shown, names, note)


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
    rule = json.dumps(_renamed(combining, valid_property_names(merged)), ensure_ascii=False, separators=(",", ":"))
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
    valid = valid_property_names(schema.get("properties") or {})
    own_names = {new: name for name, new in valid.items() if new != name}
    if not own_names:
        return schema, {}
    shown = _renamed({word: value for word, value in schema.items() if word not in _RULES_ON_NAMES}, valid)
    for new, name in own_names.items():
        part = shown["properties"][new]
        if has_unwritable_letters(name) and is_object(part):  # the model reads what the name meant
            text = f"`{name}`. {part.get('description', '')}".strip()
            shown["properties"][new] = {**part, "description": text}
    return shown, own_names


def _renamed(schema: JSONObject, valid: Mapping[str, str]) -> JSONObject:
    """Return a schema of the same object with other names for its properties, its alternatives included."""
    renamed = dict(schema)
    if is_object(properties := schema.get("properties")):
        renamed["properties"] = {valid.get(name, name): part for name, part in properties.items()}
    if is_list(required := schema.get("required")):
        renamed["required"] = [valid.get(name, name) for name in required]
    for word in _COMBINING_KEYWORDS:
        if is_list(choices := schema.get(word)):
            renamed[word] = [_renamed(choice, valid) if is_object(choice) else choice for choice in choices]
    return renamed
