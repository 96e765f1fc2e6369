"""Flatten a JSON Schema to one of: a reference, an enum, a union, or a type with its structure.

JSON Schema allows every keyword beside every other. Flattening resolves `allOf` and sorts the keywords into structure,
constraints and annotations. A combination that cannot be sorted raises NotStrictable, which names it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.subschemas import is_list, look_up_reference, resolve_reference

JSON_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
ANNOTATION_KEYWORDS = frozenset(
    {
        "$anchor",
        "$comment",
        "$defs",
        "$id",
        "$schema",
        "$vocabulary",
        "default",
        "definitions",
        "deprecated",
        "description",
        "discriminator",
        "example",
        "examples",
        "externalDocs",
        "readOnly",
        "title",
        "writeOnly",
        "xml",
    }
)
"""Keywords that neither shape nor constrain a value. `description` and `default` are kept, the others dropped."""
SHAPE_KEYWORDS = {
    "object": ("properties", "required", "additionalProperties", "patternProperties"),
    "array": ("items", "prefixItems"),
}
"""The keywords that define the structure of a type's values."""
_CONSTRAINT_KEYWORDS = {
    "object": (
        "minProperties",
        "maxProperties",
        "propertyNames",
        "dependentRequired",
        "dependentSchemas",
        "dependencies",
        "unevaluatedProperties",
    ),
    "array": (
        "minItems",
        "maxItems",
        "uniqueItems",
        "contains",
        "minContains",
        "maxContains",
        "unevaluatedItems",
    ),
    "string": (
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
    ),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_TYPE_OF_KEYWORD = {
    keyword: kind
    for table in (SHAPE_KEYWORDS, _CONSTRAINT_KEYWORDS)
    for kind, keywords in table.items()
    for keyword in keywords
}


class NotStrictable(Exception):
    """The schema has no strict form; the lossless schema is sent instead."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        """The place, such as `lines[].kind`; "" for the whole schema."""
        self.reason = reason
        """The reason, in plain words."""


@dataclass(frozen=True, slots=True)
class FlatSchema:
    """One schema with its keywords sorted. The first of reference, values, choices, types that is set is its form."""

    types: tuple[str, ...] = ()
    """The JSON types it allows; empty when it names none."""
    reference: str | None = None
    """`$ref`."""
    values: JSONObject | None = None
    """`enum` or `const`."""
    choices: tuple[object, ...] | None = None
    """The schemas in `anyOf` or `oneOf`."""
    is_exclusive: bool = False
    """True if exactly one of the choices must fit (`oneOf`)."""
    structure: JSONObject = field(default_factory=JSONObject)
    """The keywords that define the structure, such as `properties`."""
    constraints: JSONObject = field(default_factory=JSONObject)
    """All other keywords, except annotations."""
    description: str = ""
    default: tuple[object, ...] = ()
    """The default as the only item; empty: there is no default."""

    def split_by_type(self) -> Iterator[JSONObject]:
        """Yield one schema per type with the keywords that apply to it, and remove these from `constraints`."""
        for kind in self.types:
            fitting = {
                key: value for key, value in (self.structure | self.constraints).items() if _applies_to_type(key, kind)
            }
            for key in fitting:
                self.constraints.pop(key, None)
            yield {"type": kind, **fitting}


def flatten_schema(schema: JSONObject, root: JSONObject, path: str) -> FlatSchema:
    """Flatten one schema. Raises NotStrictable for a combination of keywords that cannot be sorted."""
    schema = _merge_references(schema, root, path)
    flat = _classify_keywords(schema, path)
    description = str(schema.get("description", ""))
    return replace(flat, description=description, default=(schema["default"],) if "default" in schema else ())


def _classify_keywords(schema: JSONObject, path: str) -> FlatSchema:
    if "$ref" in schema:
        return FlatSchema(reference=schema["$ref"])
    kinds = _declared_types(schema, path)
    constraints = {
        key: value
        for key, value in schema.items()
        if key not in ANNOTATION_KEYWORDS
        and not key.startswith("x-")
        and not _is_shape_keyword(key)
        and _constrains_something(key, value)
    }
    if "enum" in schema or "const" in schema:
        values = _enum_or_const(schema, path)
        for key in ("enum", "const"):
            constraints.pop(key, None)
        return FlatSchema(kinds, values=values, constraints=constraints)
    union = next((key for key in ("anyOf", "oneOf") if key in schema), None)
    if union and not kinds:
        del constraints[union]
        return FlatSchema(choices=tuple(schema[union]), is_exclusive=union == "oneOf", constraints=constraints)
    structure = {key: value for key, value in schema.items() if _is_shape_keyword(key) and key != "type"}
    if len(kinds) == 1:
        constraints = {key: value for key, value in constraints.items() if _applies_to_type(key, kinds[0])}
    return FlatSchema(kinds, structure=_modernize_items(structure), constraints=constraints)


def _merge_references(schema: JSONObject, root: JSONObject, path: str) -> JSONObject:
    """Merge the target of a reference with the keywords beside it, and `allOf` with the schema around it."""
    rules = [key for key in schema if key not in ANNOTATION_KEYWORDS and key != "$ref" and not key.startswith("x-")]
    if "$ref" in schema:
        try:
            target = look_up_reference(schema["$ref"], root)
        except KeyError:
            raise NotStrictable(path, f"the reference {schema['$ref']} leads nowhere in this schema") from None
        if rules:
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            return _merge_references(_merge_two_schemas(resolve_reference(target, root), beside, path), root, path)
    if "allOf" in schema:
        parts = [resolve_reference(part, root) if "$ref" in part else part for part in schema["allOf"]]
        whole = {key: value for key, value in schema.items() if key != "allOf"}
        if len(schema["allOf"]) == 1 and "$ref" in schema["allOf"][0] and rules == ["allOf"]:
            return {**schema["allOf"][0], **whole}
        for part in parts:
            whole = _merge_two_schemas(_merge_references(part, root, path), whole, path)
        return whole
    return schema


def _merge_two_schemas(one: JSONObject, other: JSONObject, path: str) -> JSONObject:
    """Merge two schemas into one that requires both. Annotations of `other` win."""
    merged = dict(one)
    for key, value in other.items():
        if key not in merged or key in ANNOTATION_KEYWORDS or merged[key] == value:
            merged[key] = value
        elif key == "required":
            merged[key] = list(dict.fromkeys([*merged[key], *value]))
        elif key == "properties" and not merged[key].keys() & value.keys():
            merged[key] = {**merged[key], **value}
        else:
            raise NotStrictable(path, f"two rules for `{key}` at once")
    return merged


def _declared_types(schema: JSONObject, path: str) -> tuple[str, ...]:
    said = schema.get("type")
    kinds: tuple[str, ...] = tuple(said) if is_list(said) else (said,) if said else ()
    for kind in kinds:
        if kind not in JSON_TYPES:
            raise NotStrictable(path, f"unknown type {kind!r}")
    if kinds or any(key in schema for key in ("enum", "const", "anyOf", "oneOf")):
        return kinds
    implied = {_TYPE_OF_KEYWORD[key] for key in schema if key in _TYPE_OF_KEYWORD}
    # By the standard, `properties` without `type` allows every other type too; in practice an object is meant.
    return (implied.pop(),) if len(implied) == 1 else ()


def _enum_or_const(schema: JSONObject, path: str) -> JSONObject:
    values = schema["enum"] if "enum" in schema else [schema["const"]]
    if any(isinstance(value, list | dict) for value in values):
        raise NotStrictable(path, "an enum of lists or objects")
    return {"enum": values} if "enum" in schema else {"const": schema["const"]}


def _is_shape_keyword(key: str) -> bool:
    return key in ("type", "$ref") or any(key in keys for keys in SHAPE_KEYWORDS.values())


def _applies_to_type(key: str, kind: str) -> bool:
    owner = _TYPE_OF_KEYWORD.get(key)
    return owner is None or owner == kind or (owner == "number" and kind == "integer")


def _constrains_something(key: str, value: object) -> bool:
    """Return False for a constraint that every value meets, such as `minLength: 0` or `uniqueItems: false`."""
    if key in ("minItems", "minLength", "minProperties"):
        return value != 0
    # The formats `binary` and `password` are from OpenAPI and constrain nothing.
    return not (key == "uniqueItems" and value is False) and not (key == "format" and value in ("binary", "password"))


def _modernize_items(structure: JSONObject) -> JSONObject:
    """Convert `items` as a list, from drafts before 2020-12, to `prefixItems`."""
    if isinstance(structure.get("items"), list):
        rest = {key: value for key, value in structure.items() if key not in ("items", "additionalItems")}
        return {**rest, "prefixItems": structure["items"], "items": structure.get("additionalItems", True)}
    return structure


def distinct_schemas(schemas: Sequence[JSONObject]) -> list[JSONObject]:
    """Return the schemas without duplicates, in order."""
    return list({json.dumps(schema, sort_keys=True): schema for schema in schemas}.values())


def type_label(schema: JSONObject, said: str = "") -> str:
    """Return a few words for a strict schema, with the first line of its description, `said`, before its type."""
    if "$ref" in schema:
        kind = schema["$ref"].rsplit("/", 1)[-1]
    elif "anyOf" in schema:
        kind = " or ".join(dict.fromkeys(type_label(choice) for choice in schema["anyOf"]))
    else:
        kind = schema.get("type", "value")
    said = said.split("\n", 1)[0].rstrip(".")
    return f"{said} ({kind})" if said else kind


def are_mutually_exclusive(choices: Sequence[JSONObject], definitions: JSONObject) -> bool:
    """Return True if no value fits two of the strict schemas: their types or a required tag differ."""
    whole = [resolve_reference(choice, {"$defs": definitions}) for choice in choices]
    if all("type" in choice for choice in whole):
        kinds = [choice["type"] for choice in whole]
        if len(set(kinds)) == len(kinds) and not {"integer", "number"} <= set(kinds):
            return True
    tags = whole[0].get("required", ()) if whole else ()
    tags = [tag for tag in tags if all(tag in choice.get("required", ()) for choice in whole)]
    return any(_have_distinct_values([choice["properties"][tag] for choice in whole], definitions) for tag in tags)


def _have_distinct_values(tags: Sequence[JSONObject], definitions: JSONObject) -> bool:
    seen: list[object] = []
    for tag in tags:
        said = resolve_reference(tag, {"$defs": definitions})
        values = said.get("enum", [said["const"]] if "const" in said else None)
        if values is None or any(value in seen for value in values):
            return False
        seen += values
    return True
