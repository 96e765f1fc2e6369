"""Serialize a result as the declared return type of its function: the type says what is data, and what is nothing."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NewType, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.errors import PydanticUserError
from pydantic_core import SchemaError, to_json
from typing_extensions import is_typeddict

from agentkit.messages.content import Document, File, Image
from agentkit.schema.serializers import ValueSerializer, make_serializer
from agentkit.schema.type_adapter import make_type_adapter
from agentkit.tools.artifacts.artifact import Artifact
from agentkit.tools.json_forms import NoJsonForm, holds_iterator, json_form
from agentkit.tools.result_blocks import are_blocks
from agentkit.tools.serialization import json_text

_NULL = "null"
CONTENT_TYPES = (Image, File, Document, Artifact)
"""Types of values that become content of their own."""


@dataclass(frozen=True, slots=True)
class DeclaredResult:
    """Serializes a result as its declared type. Made by `declared_result`."""

    _serializer: ValueSerializer | None = field(repr=False)
    """The serializer of the type. None: the value alone determines its JSON form."""
    _is_null_a_value: bool
    """True if None is one of several declared values."""
    _are_rows_data: bool
    """True if the type names records of the user's own, so that dictionaries are data also where they look like blocks
    of the API."""

    def render_declared(self, value: object) -> object:
        """Return the value as JSON text, with the names and fields of the declared type.

        Fields of a subclass only are left out, as everywhere in pydantic. A value of another type, and content that
        the API takes, is returned unchanged; so is None, unless it is one of several declared values: `null`.

        Raises:
            NoJsonForm: The value has no JSON form.
        """
        if value is None:
            return _NULL if self._is_null_a_value else None
        if self._serializer is None or _is_content(value, self._are_rows_data):
            return value
        try:
            data = self._serializer.to_json_data(value, json_form)
            return to_json(data, inf_nan_mode="strings").decode()
        except Exception as error:  # another type, a lone surrogate, or a serializer of the user's
            if holds_iterator(value):
                raise NoJsonForm("it holds an iterator beside a value that cannot be written") from error
            return json_text(value) if self._are_rows_data else value


def declared_result(annotation: object, *, is_null_a_value: bool = False) -> DeclaredResult | None:
    """Return the serializer for a return annotation. None: the value alone determines its JSON form.

    `is_null_a_value` is for an annotation that is not resolved, but allows None beside other values.
    """
    is_null_a_value = is_null_a_value or (annotation not in (None, NoneType) and allows_none(annotation))
    serializer = None
    if annotation not in (None, str, bytes, int, float, bool, NoneType) and not _is_untyped(annotation):
        try:
            serializer = make_serializer(make_type_adapter(annotation))
        except (PydanticUserError, SchemaError, TypeError, NameError):
            serializer = None
    if serializer is None and not is_null_a_value:
        return None
    return DeclaredResult(serializer, is_null_a_value, names_own_records(annotation))


def allows_none(annotation: object) -> bool:
    """Return True if None is among the values that a resolved annotation declares."""
    if annotation is None or annotation is NoneType:
        return True
    if alias_value(annotation) is not annotation:
        return allows_none(alias_value(annotation))
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return None in args
    if origin is Annotated:
        return allows_none(args[0])
    return _is_union(annotation) and any(map(allows_none, args))


def _is_union(annotation: object) -> bool:
    return isinstance(annotation, UnionType) or get_origin(annotation) is Union


def alias_value(annotation: object) -> object:
    """Return what a `type` alias or a NewType stands for; any other annotation unchanged."""
    if isinstance(annotation, NewType):
        return cast("object", annotation.__supertype__)
    return getattr(annotation, "__value__", annotation) if hasattr(annotation, "__type_params__") else annotation


def _is_untyped(annotation: object) -> bool:
    """True if a type, or a type inside it, says nothing about its values."""
    says_nothing = annotation is object or annotation is Any or annotation is BaseModel
    return says_nothing or any(_is_untyped(part) for part in get_args(annotation))


def names_own_records(annotation: object) -> bool:
    """True if a type, or a type inside it, is a record class that is neither the API's nor agentkit's."""
    if (value := alias_value(annotation)) is not annotation:
        return names_own_records(value)
    if args := get_args(annotation):
        return any(map(names_own_records, args))
    if not isinstance(annotation, type) or annotation.__module__.partition(".")[0] in ("anthropic", "agentkit"):
        return False
    bases = annotation.__mro__[1:]
    is_named_tuple = tuple in bases and hasattr(annotation, "_fields")
    return BaseModel in bases or is_named_tuple or is_typeddict(annotation) or dataclasses.is_dataclass(annotation)


def _is_content(value: object, are_rows_data: bool) -> bool:
    """True for a value that the content of a result takes as it is, without JSON."""
    if isinstance(value, list | tuple):
        parts = list(cast("list[object]", value))
        return any(isinstance(part, CONTENT_TYPES) for part in parts) or (not are_rows_data and are_blocks(parts))
    return isinstance(value, (str, bytes, bytearray, memoryview, *CONTENT_TYPES))
