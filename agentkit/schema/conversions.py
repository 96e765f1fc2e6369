"""Find where validators of the user's have changed data that does not fit its schema, so that it may be taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.json_schema.checker import SchemaChecker, SchemaViolation
from agentkit.schema.json_schema.subschemas import is_list, is_object
from agentkit.schema.json_schema.union_choice import intended_choice
from agentkit.schema.user_code import REPLACED, Conversion

Path: TypeAlias = "tuple[str | int, ...]"

_DEEP = 100
"""Levels of data from which a recursion that is too deep may be that of the data, and not of the user's code."""
_ABSENT = object()


def leaf_violations(
    checker: SchemaChecker, value: JSON, part: JSONObject | None = None, before: Path = ()
) -> Iterator[SchemaViolation]:
    """Yield everything in a value that does not fit, inside a union that of the choice that was intended."""
    for misfit in checker.find_violations(value, part):
        path = (*before, *misfit.path)
        if misfit.keyword in ("anyOf", "oneOf"):
            choices = [choice for choice in misfit.schema[misfit.keyword] if is_object(choice)]
            choice = intended_choice(misfit.value, choices, checker.schema)
            if choice is not None and not checker.is_valid(misfit.value, choice):
                yield from leaf_violations(checker, misfit.value, choice, path)
                continue
        yield replace(misfit, path=path)


def is_converted(path: Path, value: JSON, conversions: Sequence[Conversion]) -> bool:
    """Return True if a conversion of the value, or of a part that holds the place, has changed what stands there."""
    places = [(_part_at(value, path[:length]), path[length:]) for length in range(len(path) + 1)]
    return any(
        _is_same(given, part) and not _is_same(_part_at(given, rest), _part_at(made, rest))
        for given, made in conversions
        for part, rest in places
    )


def is_deep(value: object, levels: int = _DEEP) -> bool:
    """Return True if JSON data has more levels than the user's code could have trouble with."""
    if levels == 0:
        return True
    inside = value.values() if is_object(value) else value if is_list(value) else ()
    return any(is_deep(inner, levels - 1) for inner in inside)


def _part_at(value: object, path: Path) -> object:
    for step in path:
        if is_object(value) and step in value:
            value = value[str(step)]
        elif is_list(value) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return _ABSENT
    return value


def _is_same(one: object, other: object) -> bool:
    """Return True for equal JSON data of the same types: `1` and `true` differ."""
    if one is REPLACED or other is REPLACED or type(one) is not type(other):
        return False
    if is_object(one) and is_object(other):
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    if is_list(one) and is_list(other):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return one == other
