"""Serialize values by the aliases of their fields, except where a class says `serialize_by_alias=False`.

pydantic takes one answer for all classes in a value, or the answer of each class, whose default is no aliases. Here the
default is aliases, as in the schemas that the model reads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, cast

from pydantic import TypeAdapter
from pydantic_core import SchemaSerializer

from agentkit.messages.message import JSONObject
from agentkit.schema.json_schema.subschemas import is_list, is_object
from agentkit.schema.type_adapter import make_type_adapter

_KEY = "serialize_by_alias"
_ALIAS = "serialization_alias"
_CONFIGURED = ("model", "dataclass", "typed-dict")
"""The types of core schema that may have a configuration."""

_FIELDS = ("model-field", "dataclass-field", "typed-dict-field")

Fallback: TypeAlias = Callable[[Any], Any]
"""Returns another value for one that pydantic cannot write."""


@dataclass(frozen=True, slots=True)
class ValueSerializer:
    """Writes values of one type as JSON data. Made by `make_serializer`."""

    _serializer: SchemaSerializer
    _by_alias: bool | None
    """None: each class decides."""

    def to_json_data(self, value: object, fallback: Fallback) -> object:
        """Return a value as JSON data. Raises PydanticSerializationError for one that is not of the type."""
        data: object = self._serializer.to_python(
            value, mode="json", by_alias=self._by_alias, warnings="error", fallback=fallback
        )
        return data

    def to_round_trip(self, value: object) -> object:
        """Return a value as JSON data that is validated as an equal value."""
        data: object = self._serializer.to_python(
            value, mode="json", by_alias=self._by_alias, round_trip=True, warnings=False
        )
        return data


def make_serializer(adapter: TypeAdapter[Any]) -> ValueSerializer:
    """Make the serializer of a type."""
    if not _has_own_names(adapter.core_schema):
        return ValueSerializer(adapter.serializer, _by_alias=True)
    build: Any = SchemaSerializer
    try:
        return ValueSerializer(build(_with_aliases(adapter.core_schema), _use_prebuilt=False), _by_alias=None)
    except TypeError:  # a version of pydantic that always uses the serializers of the classes
        return ValueSerializer(adapter.serializer, _by_alias=None)


def make_dumper(adapter: TypeAdapter[Any]) -> ValueSerializer:
    """Make the serializer whose data validation takes again: by the names, and with the fields, that it takes."""
    schema = _as_validated(adapter.core_schema, takes_aliases=True)
    build: Any = SchemaSerializer
    if schema is not adapter.core_schema:
        try:
            return ValueSerializer(build(schema, _use_prebuilt=False), _by_alias=True)
        except TypeError:  # as above
            pass
    return ValueSerializer(adapter.serializer, _by_alias=True)


def with_own_names(value: object, fallback: Fallback) -> object:
    """Return a value of no declared type, or its items, as JSON data where its class wants no aliases.

    Deeper ones are left as they are: to look for them would cost more than to write the value.
    """
    if isinstance(value, dict):
        items = cast("dict[object, object]", value)
        if any(map(_serializer_with_own_names, set(map(type, items.values())))):
            return {key: _written(inner, fallback) for key, inner in items.items()}
        return items
    if isinstance(value, list | tuple):
        parts = cast("Collection[object]", value)
        if any(map(_serializer_with_own_names, set(map(type, parts)))):
            return [_written(part, fallback) for part in parts]
        return parts
    return _written(value, fallback)


def _written(value: object, fallback: Fallback) -> object:
    serializer = _serializer_with_own_names(cast("Hashable", type(value)))
    return value if serializer is None else serializer.to_json_data(value, fallback)


@lru_cache(maxsize=500)
def _serializer_with_own_names(cls: Hashable) -> ValueSerializer | None:
    """Return the serializer of a class of pydantic's in which a class wants no aliases. None for all others."""
    schema = vars(cls).get("__pydantic_core_schema__")
    if not is_object(schema) or not _has_own_names(schema):
        return None
    return make_serializer(make_type_adapter(cls))


def _has_own_names(schema: object) -> bool:
    """Return True if a class in a core schema is configured with `serialize_by_alias=False`."""
    if is_object(schema):
        config = schema.get("config")
        if is_object(config) and config.get(_KEY) is False:
            return True
        return any(_has_own_names(inner) for key, inner in schema.items() if key != "metadata")
    return isinstance(schema, list | tuple) and any(map(_has_own_names, cast("Collection[object]", schema)))


def _with_aliases(schema: object) -> object:
    """Return a core schema in which every class without an answer of its own has aliases."""
    if is_object(schema):
        copied = {key: inner if key == "metadata" else _with_aliases(inner) for key, inner in schema.items()}
        if schema.get("type") in _CONFIGURED:
            copied["config"] = {_KEY: True, **schema.get("config", {})}
        return copied
    if isinstance(schema, tuple):
        return tuple(map(_with_aliases, cast("Collection[object]", schema)))
    return list(map(_with_aliases, schema)) if is_list(schema) else schema


def _as_validated(schema: object, *, takes_aliases: bool) -> object:
    """Return a core schema whose fields are written by the names that validation takes, and only if it takes them.

    It is the schema itself where nothing is to be changed.
    """
    if isinstance(schema, list | tuple):
        given = list(cast("Collection[object]", schema))
        parts = [_as_validated(part, takes_aliases=takes_aliases) for part in given]
        if all(part is inner for part, inner in zip(parts, given, strict=True)):
            return cast("object", schema)
        return parts if isinstance(schema, list) else tuple(parts)
    if not is_object(schema):
        return schema
    if schema.get("type") in _CONFIGURED:
        config = schema.get("config")
        takes_aliases = not (is_object(config) and config.get("validate_by_alias") is False)
    changed = {
        key: part
        for key, inner in schema.items()
        if key != "metadata" and (part := _as_validated(inner, takes_aliases=takes_aliases)) is not inner
    }
    if schema.get("type") in _FIELDS:
        changed |= _as_given(schema, takes_aliases=takes_aliases)
    if not changed:
        return schema
    return {key: part for key, part in {**schema, **changed}.items() if part is not None or key != _ALIAS}


def _as_given(field: JSONObject, *, takes_aliases: bool) -> JSONObject:
    """Return the changes with which a field is written as it is given."""
    changes: JSONObject = {}
    name = _validated_name(field) if takes_aliases else None
    if name != field.get(_ALIAS):
        changes[_ALIAS] = name
    if field.get("init") is False:
        changes["serialization_exclude"] = True
    return changes


def _validated_name(field: Mapping[str, object]) -> str | None:
    """Return the alias that validation takes for a field. None: its name."""
    alias = field.get("validation_alias")
    paths = alias if is_list(alias) else []
    paths = paths if paths and is_list(paths[0]) else [paths]
    return alias if isinstance(alias, str) else next((str(path[0]) for path in paths if len(path) == 1), None)
