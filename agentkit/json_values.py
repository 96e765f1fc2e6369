"""JSON data -> Python values, as strictly as the JSON Schema says and no stricter.

pydantic's strict mode is right for nearly every call and fast. Where it refuses, the schema decides: it may be a
user's own validator that counts on lax conversions, an open model, or a number that JSON writes in two ways.
"""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError, to_jsonable_python

from .messages import JSONObject
from .subschemas import is_list, is_object

_EXACT_INTEGERS = 2**53
"""Below this every integral float is that integer exactly."""


@dataclass(frozen=True)
class Reader:
    """Reads JSON data as one type."""

    adapter: TypeAdapter[Any] = field(repr=False)
    schema: JSONObject
    has_open_objects: bool
    """An object of the type takes unnamed properties: pydantic's own check of unknown keys is too coarse."""
    has_custom_validators: bool

    def read(self, value: Any) -> Any:
        """The Python value. Raises pydantic.ValidationError naming every problem."""
        try:
            text = _encode(value, exact=True)
        except UnicodeEncodeError:
            # A lone surrogate has no place in JSON; pydantic says where it stands.
            return self.adapter.validate_python(value, by_alias=True)
        try:
            read = self.adapter.validate_json(text, strict=True, extra=None if self.has_open_objects else "forbid")
        except ValidationError as strict:
            return self._read_as_schema_says(value, text, strict)
        if self.has_open_objects:
            self._refuse_unknown_keys(value)
        return read

    def _read_as_schema_says(self, value: Any, text: bytes, strict: ValidationError) -> Any:
        if self._validator.is_valid(value):
            return self.adapter.validate_json(_encode(value, exact=False))
        if self.has_open_objects:
            self._refuse_unknown_keys(value)
        if self.has_custom_validators:
            # Some of strict mode's complaints may be about values that the user's own code would convert.
            self.adapter.validate_json(text, extra=None if self.has_open_objects else "forbid")
        raise strict

    def _refuse_unknown_keys(self, value: object) -> None:
        error = self._jsonschema.exceptions.best_match(self._validator.iter_errors(value))
        if error is None or error.validator != "additionalProperties":
            return
        kind = PydanticCustomError("extra_forbidden", "Extra inputs are not permitted")
        known: JSONObject = error.schema.get("properties", {})
        unknown = [
            InitErrorDetails(type=kind, loc=(*error.absolute_path, key), input=part)
            for key, part in error.instance.items()
            if key not in known
        ]
        raise ValidationError.from_exception_data("arguments", unknown, input_type="json")

    @cached_property
    def _validator(self) -> Any:
        return self._jsonschema.Draft202012Validator(self.schema)

    @cached_property
    def _jsonschema(self) -> Any:
        # Costs 60 ms: only a call that pydantic refuses pays. The library carries no types.
        return importlib.import_module("jsonschema")


def _encode(value: object, *, exact: bool) -> bytes:
    return json.dumps(_plain(value, exact), ensure_ascii=False, default=to_jsonable_python).encode()


def _plain(value: object, exact: bool) -> object:
    """JSON has one kind of number: 1.0 is the integer 1. `exact` spares floats too large to be exact."""
    if isinstance(value, float) and value.is_integer() and (not exact or abs(value) < _EXACT_INTEGERS):
        return int(value)
    if is_object(value):
        return {key: _plain(inner, exact) for key, inner in value.items()}
    if is_list(value):
        return [_plain(inner, exact) for inner in value]
    return value
