"""The shapes of sections: where a value is a list or a mapping, each entry of which names evidence of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from pydantic import BaseModel
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaWarningKind

from agentkit.messages.message import JSON, JSONObject


@dataclass(frozen=True, slots=True)
class Shape:
    """The JSON Schemas that a value may fit."""

    schemas: tuple[JSONObject, ...] = ()
    """The schemas, without references and choices."""
    definitions: JSONObject = field(default_factory=dict[str, JSON])
    """The schemas that references name."""

    @classmethod
    def of_field(cls, model: type[BaseModel], name: str) -> Shape:
        """Return the shape of a field. A type that has no JSON Schema has a shape that says nothing."""
        try:
            schema: JSONObject = model.model_json_schema(by_alias=False, schema_generator=_QuietSchema)
        except PydanticInvalidForJsonSchema:
            return cls()
        definitions = cast("JSONObject", schema.get("$defs", {}))
        return cls._of([cast("JSONObject", schema["properties"])[name]], definitions)

    def has_entries(self, value: JSON) -> bool:
        """Return True for a list, but for a tuple, and for a mapping, but for an object with fields of its own."""
        if isinstance(value, list):
            return not any("prefixItems" in one for one in self.schemas)
        objects = [one for one in self.schemas if one.get("type") == "object"]
        return isinstance(value, dict) and bool(objects) and not any("properties" in one for one in objects)

    def inside(self, key: str | int) -> Shape:
        """Return the shape of an entry, or of a field."""
        found: list[JSON] = []
        for one in self.schemas:
            if isinstance(key, str):
                fields = cast("JSONObject", one.get("properties", {}))
                found.append(fields.get(key, one.get("additionalProperties")))
            else:
                places = cast("list[JSON]", one.get("prefixItems", []))
                found.append(places[key] if key < len(places) else one.get("items"))
        return self._of(found, self.definitions)

    @classmethod
    def _of(cls, schemas: list[JSON], definitions: JSONObject) -> Shape:
        return cls(tuple(one for schema in schemas for one in _choices(schema, definitions)), definitions)


class _QuietSchema(GenerateJsonSchema):
    """Makes schemas that nobody sees, so that nobody has to be warned about their defaults."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012


def _choices(schema: JSON, definitions: JSONObject, depth: int = 9) -> Iterator[JSONObject]:
    """Yield the schemas that a schema is, or chooses from."""
    if not isinstance(schema, dict) or not depth:
        return
    if isinstance(reference := schema.get("$ref"), str):
        yield from _choices(definitions.get(reference.rpartition("/")[2]), definitions, depth - 1)
        return
    choices = [one for key in ("anyOf", "oneOf", "allOf") for one in cast("list[JSON]", schema.get(key, []))]
    for one in choices:
        yield from _choices(one, definitions, depth - 1)
    if not choices:
        yield schema
