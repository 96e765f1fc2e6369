"""Find the parts of a JSON Schema that no value fits: an empty enum, bounds that exclude each other, endless recursion.

What is found is certainly impossible; not everything that is impossible is found (`pattern` and `not` may exclude
anything).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.json_types import ALL_TYPES, json_types_of
from agentkit.schema.json_schema.subschemas import (
    SUBSCHEMA_KEYWORDS,
    is_list,
    is_object,
    look_up_reference,
    transform_schemas,
    walk_schemas,
)

_TYPES = tuple(ALL_TYPES)
_REFERRING = frozenset(("$ref", "description", "default"))
_TYPED = frozenset(("type", "description", "default", "format"))
"""Keywords beside which nothing can make a part impossible: most parts have no others."""
_NESTING = _TYPED | {"properties", "required", "additionalProperties", "items"}
_CHOOSING = frozenset(("anyOf", "description", "default"))
"""Keywords of a part that some value fits if one fits each part in it, and if each required property is among them."""
_ENDLESS = "it contains itself without end; make one level of it optional"


def require_satisfiable(root: JSONObject) -> None:
    """Raise DefinitionError for a schema with a part that no value fits; choices of a union may be impossible."""
    if _is_plainly_satisfiable(root):
        return
    judged = _Judgement.of(root)
    for path, part in _visible_parts(root, ""):
        if reason := judged.reason(part):
            raise DefinitionError(f"{f'no value fits `{path}`' if path else 'no value fits'}: {reason}")


def without_impossible_properties(root: JSONObject) -> JSONObject:
    """Return the schema without the optional properties that no value fits, at any depth.

    Raises:
        DefinitionError: No value fits the schema itself.
    """
    judged = _Judgement.of(root)
    if reason := judged.reason(root):
        raise DefinitionError(f"no value fits: {reason}")
    if all(judged.reason(part) is None for _, part in _visible_parts(root, "")):
        return root

    def strip(part: JSONObject) -> JSONObject:
        properties = part.get("properties")
        if not is_object(properties):
            return part
        return {**part, "properties": {name: one for name, one in properties.items() if judged.reason(one) is None}}

    return transform_schemas(root, strip)


def _is_plainly_satisfiable(root: JSONObject) -> bool:
    """Return True where each part excludes nothing by its own keywords, and no type contains itself: most schemas."""
    alone = _Judgement(root)
    bare = {key: value for key, value in root.items() if key != "$defs"}
    places = {"#": bare, **{f"#/$defs/{name}": part for name, part in root.get("$defs", {}).items()}}
    left: dict[str, set[str]] = {}
    for place, schema in places.items():
        parts = list(walk_schemas(schema)) if is_object(schema) else []
        if not parts or not all(map(alone.is_plain, parts)):
            return False
        left[place] = {part["$ref"] for part in parts if "$ref" in part}
    while ended := [place for place, refs in left.items() if refs.isdisjoint(left) and refs <= places.keys()]:
        for place in ended:
            del left[place]
    return not left


@dataclass(frozen=True, slots=True)
class _Judgement:
    """The parts of one schema that some value fits."""

    root: JSONObject
    possible: frozenset[str] = frozenset()
    """The references whose targets some value fits."""
    is_complete: bool = False

    @classmethod
    def of(cls, root: JSONObject) -> _Judgement:
        """Judge a schema whose references all lead to a part of it."""
        left = {part["$ref"] for part in walk_schemas(root) if isinstance(part.get("$ref"), str)}
        judged = cls(root)
        for ref in left:
            try:
                look_up_reference(ref, root)
            except KeyError:
                raise DefinitionError(f"its schema refers to {ref!r}, which is not in it") from None
        while True:  # a target is possible without itself first: recursion has to end somewhere
            new = {ref for ref in left if judged.reason(look_up_reference(ref, root)) is None}
            left -= new
            judged = cls(root, judged.possible | new, is_complete=not new)
            if not new:
                return judged

    def is_plain(self, part: JSONObject) -> bool:
        """Return True where some value certainly fits a part if one fits each part in it."""
        if "$ref" in part:
            return part.keys() <= _REFERRING and isinstance(part["$ref"], str)
        if "anyOf" in part:
            return part.keys() <= _CHOOSING and part["anyOf"] != [] and False not in part["anyOf"]
        if "properties" not in part and "items" not in part:
            return SUBSCHEMA_KEYWORDS.isdisjoint(part) and self.reason(part) is None
        properties: JSONObject = part.get("properties", {})
        is_whole = properties.keys() >= set(part.get("required", ())) and False not in properties.values()
        return is_whole and part.keys() <= _NESTING and part.get("type") in _TYPES

    def reason(self, part: object, inside: frozenset[str] = frozenset()) -> str | None:
        """Return the reason for which no value fits a part, in a few words. None: some value does."""
        if not is_object(part):
            return "it allows nothing" if part is False else None
        ref = part.get("$ref")
        if isinstance(ref, str) and ref not in self.possible:
            if not self.is_complete or ref in inside:
                return _ENDLESS
            return self.reason(look_up_reference(ref, self.root), inside | {ref})
        if part.keys() <= _REFERRING or (part.keys() <= _TYPED and part.get("type") in _TYPES):
            return None
        if "not" in part and part["not"] in ({}, True):
            return "it allows nothing"
        if part.get("enum") == []:
            return "its enum has no members"
        return self._reason_of_parts(part, inside) or self._reason_of_types(part, inside)

    def _reason_of_parts(self, part: JSONObject, inside: frozenset[str]) -> str | None:
        for union in ("anyOf", "oneOf"):
            if is_list(choices := part.get(union)):
                reasons = [self.reason(choice, inside) for choice in choices]
                if None not in reasons:
                    return reasons[0] if reasons else f"`{union}` has no choices"
        for whole in part.get("allOf", ()):
            if said := self.reason(whole, inside):
                return said
        return None

    def _reason_of_types(self, part: JSONObject, inside: frozenset[str]) -> str | None:
        kinds = json_types_of(part, self.root)
        reasons = [self._reason_of_type(part, kind, inside) for kind in sorted(kinds)]
        if None in reasons:
            return None
        return reasons[0] if reasons else "its types exclude one another"

    def _reason_of_type(self, part: JSONObject, kind: str, inside: frozenset[str]) -> str | None:
        match kind:
            case "object":
                return self._reason_of_object(part, inside) or _range_reason(part, "minProperties", "maxProperties")
            case "array":
                return self._reason_of_array(part, inside) or _range_reason(part, "minItems", "maxItems")
            case "string":
                return _range_reason(part, "minLength", "maxLength")
            case "integer" | "number":
                return _number_reason(part, is_whole=kind == "integer")
            case _:
                return None

    def _reason_of_object(self, part: JSONObject, inside: frozenset[str]) -> str | None:
        properties = part.get("properties", {})
        is_elsewhere = "$ref" in part or "patternProperties" in part
        for name in part.get("required", ()):
            if name in properties:
                if said := self.reason(properties[name], inside):
                    return f"`{name}` is required, and {said}" if said != _ENDLESS else said
            elif part.get("additionalProperties") is False and not is_elsewhere:
                return f"`{name}` is required, and is not among its properties"
        return None

    def _reason_of_array(self, part: JSONObject, inside: frozenset[str]) -> str | None:
        fewest, prefix = part.get("minItems", 0), list(part.get("prefixItems", ()))
        needed = [*prefix[:fewest], *([part.get("items", True)] if fewest > len(prefix) else [])]
        return next(filter(None, (self.reason(item, inside) for item in needed)), None)


def _visible_parts(part: object, path: str) -> Iterator[tuple[str, object]]:
    """Yield the root, and the properties and items that are written in it, with their paths."""
    yield path, part
    if not is_object(part):
        return
    for name, inner in part.get("properties", {}).items():
        yield from _visible_parts(inner, f"{path}.{name}" if path else name)
    for i, inner in enumerate(part.get("prefixItems", ())):
        yield from _visible_parts(inner, f"{path}[{i}]")
    if is_object(items := part.get("items")) and part.get("maxItems") != len(part.get("prefixItems", ())):
        yield from _visible_parts(items, f"{path}[]")
    if is_object(others := part.get("additionalProperties")):
        yield from _visible_parts(others, f"{path}.*")
    for name, definition in part.get("$defs", {}).items():
        yield from _visible_parts(definition, name)


def _range_reason(part: JSONObject, low: str, high: str) -> str | None:
    fewest, most = part.get(low, 0), part.get(high, math.inf)
    return f"`{low}` is {fewest} and `{high}` is {most}" if fewest > most else None


def _number_reason(part: JSONObject, *, is_whole: bool) -> str | None:
    lowest = max(part.get("minimum", -math.inf), part.get("exclusiveMinimum", -math.inf))
    highest = min(part.get("maximum", math.inf), part.get("exclusiveMaximum", math.inf))
    is_open = lowest == part.get("exclusiveMinimum") or highest == part.get("exclusiveMaximum")
    if lowest > highest or (lowest == highest and is_open):
        return f"its bounds {lowest} and {highest} exclude each other"
    if not is_whole or math.inf in (highest, -lowest):
        return None
    first = math.floor(lowest) + 1 if lowest == part.get("exclusiveMinimum") else math.ceil(lowest)
    last = math.ceil(highest) - 1 if highest == part.get("exclusiveMaximum") else math.floor(highest)
    return None if first <= last else f"there is no whole number between its bounds {lowest} and {highest}"
