"""JSON forms that are the same in every process: Python orders the items of a set anew in each."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, cast

from pydantic import SecretBytes, SecretStr
from pydantic_core import PydanticSerializationError, SchemaSerializer, core_schema, to_jsonable_python

from agentkit.messages.message import JSON
from agentkit.schema.json_schema.subschemas import is_list, is_object

_SECRETS = (SecretStr, SecretBytes)
_ANY = SchemaSerializer(core_schema.any_schema())
"""Not a TypeAdapter: the first one of a process looks for plugins in all installed packages."""


def to_stable_json(value: object) -> JSON:
    """Return a value as JSON data with the items of sets in order. Raises PydanticSerializationError without a form."""
    return sort_sets(value, to_jsonable_python(value))


def sort_sets(value: object, plain: JSON) -> JSON:
    """Return the JSON form of a value with the items of sets in order, at any depth.

    Args:
        value: The value.
        plain: Its JSON form, as pydantic wrote it.
    """
    if not isinstance(plain, list | dict):
        return plain
    try:
        return _sorted_beside(python_form(value), plain)
    except PydanticSerializationError:
        return plain


def holds_secret(value: object) -> bool:
    """Return True if a value, or a part of it, is a secret of pydantic's, whose JSON form is a mask."""
    if isinstance(value, _SECRETS):
        return True
    if isinstance(value, str | bytes | int | float | None):
        return False
    try:
        return _holds_secret(python_form(value))
    except PydanticSerializationError:
        return False


def python_form(value: object) -> object:
    """Return a value as dictionaries and containers, with its other parts as they are."""
    form: object = _ANY.to_python(value, mode="python", by_alias=True, warnings=False)
    return form


def _holds_secret(form: object) -> bool:
    if isinstance(form, dict):
        return any(map(_holds_secret, cast("dict[object, object]", form).values()))
    if isinstance(form, list | tuple | set | frozenset):
        return any(map(_holds_secret, cast("Collection[object]", form)))
    return isinstance(form, _SECRETS)


def _sorted_beside(python: object, plain: JSON) -> JSON:
    """Sort the lists of a JSON form that are sets in the Python form, which has the same structure.

    A number that JSON does not have, which pydantic may write as null, is put back.
    """
    if plain is None and isinstance(python, float):
        return python
    if is_object(plain) and is_object(python) and len(plain) == len(python):
        return {
            key: _sorted_beside(inner, part) for (key, part), inner in zip(plain.items(), python.values(), strict=True)
        }
    if not is_list(plain):
        return plain
    if isinstance(python, AbstractSet):
        is_nested = all(isinstance(item, AbstractSet) for item in cast("AbstractSet[object]", python))
        return _in_order([_in_order(item) if is_nested and is_list(item) else item for item in plain])
    if isinstance(python, Sequence) and len(cast("Sequence[object]", python)) == len(plain):
        items = cast("Sequence[object]", python)
        return [_sorted_beside(inner, part) for part, inner in zip(plain, items, strict=True)]
    return plain


def _in_order(items: list[Any]) -> list[JSON]:
    try:
        return sorted(items)
    except TypeError:  # items of several types, or objects
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
