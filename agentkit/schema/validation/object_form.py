"""Wrap a type as a JSON object, which the API requires of tool inputs and output formats."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from pydantic import ValidationError

from agentkit.messages.message import JSONObject
from agentkit.schema import TypeSchema
from agentkit.schema.json_values import renamed_validation_error
from agentkit.schema.validation.api_form import ApiForm, api_form
from agentkit.schema.validation.arguments import SchemaMismatch, validate_or_explain

T = TypeVar("T")


@dataclass(frozen=True)
class ObjectForm(Generic[T]):
    """A type whose values come as JSON objects: unchanged, or wrapped as the only property of one."""

    inner: TypeSchema[T]
    key: str
    """The name of the only property, where the type is not an object itself."""

    @property
    def is_wrapped(self) -> bool:
        """True if the type is not an object itself, and is wrapped in one."""
        return self.inner.schema.get("type") != "object"

    @cached_property
    def schema(self) -> JSONObject:
        """The lossless schema, whose root is an object. Treat it as read-only."""
        if not self.is_wrapped:
            return self.inner.schema
        inner = dict(self.inner.schema)
        definitions = {"$defs": inner.pop("$defs")} if "$defs" in inner else {}
        wrapped: JSONObject = {"type": "object", "properties": {self.key: inner}, "required": [self.key]}
        return {**wrapped, "additionalProperties": False, **definitions}

    @cached_property
    def input_schema(self) -> JSONObject:
        """The schema as a tool's input, where the API takes fewer schemas than elsewhere. Treat it as read-only."""
        form = self._api_form
        if not form.note:
            return form.shown
        description = f"{form.shown.get('description', '')}\n\n{form.note}".strip()
        return {**form.shown, "description": description}

    @cached_property
    def _api_form(self) -> ApiForm:
        return api_form(self.schema)

    def validate_object(self, value: JSONObject, header: str) -> T:
        """Return the value of the type. Raises InvalidArguments with the header and a line for every problem."""
        return validate_or_explain(
            value, self.schema, self._validate_inner, header, (self.key,) if self.is_wrapped else ()
        )

    def validate_input(self, value: JSONObject, header: str) -> T:
        """Return the value of the type, given as the input of a tool. Raises as `validate_object` does."""
        form = self._api_form
        if form.shown is form.original:
            return self.validate_object(value, header)

        def validate(shown: JSONObject) -> T:
            try:
                return self._validate_inner(form.own_arguments(shown))
            except ValidationError as error:
                raise renamed_validation_error(error, form.own_names) from None

        return validate_or_explain(form.shown_arguments(value), self.input_schema, validate, header)

    def _validate_inner(self, value: JSONObject) -> T:
        if not self.is_wrapped:
            return self.inner.validate(value)
        if value.keys() != {self.key}:
            raise SchemaMismatch
        return self.inner.validate(value[self.key])
