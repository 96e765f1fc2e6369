"""Values drawn at random by a JSON Schema, from a pool of known values by the names of the properties."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentkit.schema.json_schema.subschemas import is_object, resolve_reference
from agentkit.simulator.replies.reply import Reply
from agentkit.simulator.replies.wanted_output import output_schema

if TYPE_CHECKING:
    from agentkit.messages.message import JSON, JSONObject
    from agentkit.messages.request import Request

_MOST_ITEMS = 3
_DEEPEST = 12
_TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float)}


def drawn_output(request: Request) -> Reply:
    """Return a turn with some output of the type that the request wants; a text says that it is done."""
    schema = output_schema(request.to_dict())
    if schema is None:
        return Reply.text("It is done.")
    return Reply.output(ValueDrawer(schema, random.Random(0)).draw())  # noqa: S311 - the same output every time


@dataclass(frozen=True, slots=True)
class ValueDrawer:
    """Draws values of one schema."""

    schema: JSONObject
    """The schema, with the definitions that it refers to."""
    draws: random.Random
    """Makes the choices."""
    known: Mapping[str, Sequence[JSON]] = field(default_factory=dict[str, "Sequence[JSON]"])
    """Known values by the name of the property that they may stand in; those under the empty name may stand in any."""

    def draw(self) -> JSON:
        """Return a value: optional properties are there half of the time, choices are as likely as one another."""
        return self._value(self.schema, "", 0)

    def _value(self, schema: JSONObject, name: str, depth: int) -> JSON:
        schema = resolve_reference(schema, self.schema)
        choices = schema.get("anyOf") or schema.get("oneOf")
        if "const" in schema or schema.get("enum"):
            values: list[JSON] = schema.get("enum") or [schema["const"]]
            return self.draws.choice(values)
        if choices:
            return self._value(self._choice(choices, depth), name, depth)
        match self._kind(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                least = schema.get("minItems", 0 if depth > _DEEPEST else 1)
                count = self.draws.randint(least, max(least, min(schema.get("maxItems", _MOST_ITEMS), _MOST_ITEMS)))
                return [self._value(schema.get("items") or {}, name, depth + 1) for _ in range(count)]
            case kind:
                return self._plain(schema, kind, name)

    def _choice(self, choices: Sequence[JSONObject], depth: int) -> JSONObject:
        """Return one of several schemas; deep down the first that goes no deeper, if there is one."""
        flat = [one for one in choices if resolve_reference(one, self.schema).get("type") not in ("object", "array")]
        return self.draws.choice(flat if depth > _DEEPEST and flat else choices)

    def _kind(self, schema: JSONObject) -> str:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        return kind if isinstance(kind, str) else self.draws.choice(kind)

    def _object(self, schema: JSONObject, depth: int) -> JSON:
        properties: dict[str, JSONObject] = schema.get("properties") or {}
        required = schema.get("required", ())
        chosen = {
            name: self._value(inner, name, depth + 1)
            for name, inner in properties.items()
            if name in required or (depth <= _DEEPEST and self.draws.random() < 0.5)
        }
        if is_object(of_others := schema.get("additionalProperties")) and not properties:
            chosen[str(self._known("string", "") or "key")] = self._value(of_others, "", depth + 1)
        return chosen

    def _plain(self, schema: JSONObject, kind: str, name: str) -> JSON:
        if kind in ("boolean", "null"):
            return self.draws.random() < 0.5 if kind == "boolean" else None
        known = self._known(kind, name)
        if kind == "string":
            return str(known or "text")[: schema.get("maxLength")]
        least, most = schema.get("minimum", 0), schema.get("maximum", 100)
        if isinstance(known, int | float) and least <= known <= most:
            return known
        return self.draws.randint(int(least), max(int(least), int(most)))

    def _known(self, kind: str, name: str) -> JSON:
        """Return a known value of the kind: of this name, or else of any. None: there is none."""
        types = _TYPES[kind]
        for values in (self.known.get(name, ()), self.known.get("", ())):
            if fitting := [one for one in values if isinstance(one, types) and not isinstance(one, bool)]:
                return self.draws.choice(fitting)
        return None
