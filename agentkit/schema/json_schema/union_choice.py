"""Find the choice of a union that a value was intended for, so that only the problems with that choice are reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.json_types import enum_values, json_type_of, json_types_of
from agentkit.schema.json_schema.subschemas import is_list, is_object, resolve_reference


@dataclass(frozen=True, slots=True)
class UnionTag:
    """The property whose constant value distinguishes the objects of a union (a discriminator)."""

    name: str
    values: tuple[tuple[JSON, ...], ...]
    """The allowed values in each choice, in the order of the choices."""
    is_required: bool
    """True if every choice requires the property."""

    def all_values(self) -> list[JSON]:
        """Return the allowed values of all choices."""
        return [value for some in self.values for value in some]


def intended_choice(value: JSON, choices: Sequence[JSONObject], root: JSONObject) -> JSONObject | None:
    """Return the choice that a value was intended for, by JSON type, tag, or else distance. None: it is unclear."""
    same = candidate_choices(value, choices, root)
    if is_object(value):
        if len(same) > 1 and (tag := find_union_tag(same, root)) and tag.is_required:
            return None  # the tag is missing or unknown, and that is the problem to report
        return min(
            same, key=lambda choice: _distance_to_choice(value, resolve_reference(choice, root), root), default=None
        )
    others = {kind for choice in choices if choice not in same for kind in json_types_of(choice, root)}
    if len(same) == 1 and (is_list(value) or others <= {"null"} or not enum_values(resolve_reference(same[0], root))):
        return same[0]
    return None


def candidate_choices(value: JSON, choices: Sequence[JSONObject], root: JSONObject) -> list[JSONObject]:
    """Return the choices of the value's JSON type; of those with a tag only the ones with the value's tag, if any."""
    same = [choice for choice in choices if is_object(choice) and json_type_of(value) in json_types_of(choice, root)]
    if is_object(value) and len(same) > 1 and (tag := find_union_tag(same, root)) and tag.name in value:
        own = value[tag.name]
        return [choice for choice, values in zip(same, tag.values, strict=True) if own in values] or same
    return same


def find_union_tag(choices: Sequence[JSONObject], root: JSONObject) -> UnionTag | None:
    """Return the first property that is constant in every choice and differs between choices."""
    objects = [resolve_reference(choice, root) for choice in choices]
    for name in objects[0].get("properties", ()):
        parts = [choice.get("properties", {}).get(name) for choice in objects]
        values = [tuple(enum_values(resolve_reference(part, root))) if is_object(part) else () for part in parts]
        if all(values) and any(some != values[0] for some in values):
            return UnionTag(name, tuple(values), all(name in choice.get("required", ()) for choice in objects))
    return None


def _distance_to_choice(value: JSONObject, choice: JSONObject, root: JSONObject) -> int:
    """Count the differences of an object from a choice: 2 for a missing or unknown key, 1 for a wrong type."""
    properties: JSONObject = choice.get("properties", {})
    missing = sum(name not in value for name in choice.get("required", ()))
    is_closed = choice.get("additionalProperties") is False
    unknown = sum(name not in properties for name in value) if is_closed else 0
    wrong = sum(
        json_type_of(inner) not in json_types_of(properties[name], root)
        for name, inner in value.items()
        if is_object(properties.get(name))
    )
    return 2 * (missing + unknown) + wrong
