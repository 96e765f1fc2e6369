"""Compile a Python type to lossless JSON Schema, and validate JSON data as a value of the type.

`compile_type` is for one type (an agent's output), `compile_parameters` for a function's parameters (a tool).
Schema and validation agree: every value that fits the schema validates, and every dumped value fits the schema.
Values come in their JSON form: a date as ISO text, a set as an array, an enum as its value, and `1.0` is the integer 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import GenericAlias
from typing import Any, Generic, Literal, TypeVar, cast
from weakref import WeakKeyDictionary

from pydantic import ConfigDict, TypeAdapter, with_config
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation, PydanticUserError
from pydantic_core import PydanticOmit, SchemaError
from typing_extensions import TypedDict

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.docs.notes import join_texts, place_notes
from agentkit.schema.json_schema.property_names import NAME_RULE, is_valid_property_name, valid_property_name
from agentkit.schema.json_schema.satisfiable import require_satisfiable
from agentkit.schema.json_schema.shape import mended_part, require_shape
from agentkit.schema.json_schema.subschemas import look_up_reference, resolve_reference, transform_schemas
from agentkit.schema.json_values import JsonReader
from agentkit.schema.lossless import LosslessSchemaGenerator
from agentkit.schema.parameters import Parameter, add_texts, annotated_field
from agentkit.schema.serializers import ValueSerializer, make_dumper, make_serializer
from agentkit.schema.temporal import append_bounds_note
from agentkit.schema.type_adapter import make_type_adapter

T = TypeVar("T")


class UndefinedName(DefinitionError):
    """A type names another one that is not defined yet: the same type can be compiled later."""


@dataclass(frozen=True, slots=True)
class TypeSchema(Generic[T]):
    """The JSON Schema and the validator of one type. Made by `compile_type`."""

    schema: JSONObject
    """The lossless JSON Schema, with `$defs` where types are shared. Treat it as read-only."""
    _dumper: ValueSerializer = field(repr=False)
    _writer: ValueSerializer = field(repr=False)
    _reader: JsonReader[T] = field(repr=False)

    def validate(self, value: object) -> T:
        """Return the value of the type that JSON data stands for.

        Unknown keys are refused at any depth, even where a pydantic model is configured to ignore them.

        Raises:
            pydantic.ValidationError: The data does not fit; every problem is in it.
        """
        return self._reader.read_value(value)

    def dump(self, value: T) -> JSON:
        """Return JSON data that `validate` accepts. Raises PydanticSerializationError for a value without JSON form."""
        return cast("JSON", self._dumper.to_round_trip(value))

    def write(self, value: T) -> JSON:
        """Return JSON data to be read: as `dump`, but without aliases where a class wants none."""
        return cast("JSON", self._writer.to_round_trip(value))


@dataclass(frozen=True, slots=True)
class ArgumentsSchema:
    """The JSON Schema and the validator of a function's arguments. Made by `compile_parameters`."""

    schema: JSONObject
    """The tool's `input_schema`: a closed object with one property per parameter. Treat it as read-only."""
    _reader: JsonReader[object] = field(repr=False)

    def validate(self, value: Mapping[str, object]) -> dict[str, object]:
        """Return the Python values by parameter name, with defaults filled in. Unknown keys are refused at any depth.

        Raises:
            pydantic.ValidationError: The data does not fit; every problem is in it.
        """
        return cast("dict[str, object]", self._reader.read_value(value))


_compiled_types: WeakKeyDictionary[type, object] = WeakKeyDictionary()


def compile_type(annotation: object) -> TypeSchema[Any]:
    """Compile a type that pydantic supports, including annotations and standard containers.

    Raises:
        DefinitionError: Values of the type have no JSON form. The text has the reason and the fix.
    """
    # Only classes are cached: annotations that compare equal (`int | str`, `str | int`) may have different schemas.
    key = annotation if isinstance(annotation, type) and not isinstance(annotation, GenericAlias) else None
    if key is not None and key in _compiled_types:
        return cast("TypeSchema[Any]", _compiled_types[key])
    adapter = _type_adapter(annotation)
    schema, reader = _compile_adapter(adapter)
    place_notes(schema, annotation, lambda part: look_up_reference(part["$ref"], schema))
    compiled = TypeSchema(schema, make_dumper(adapter), make_serializer(adapter), reader)
    if key is not None:
        _compiled_types[key] = compiled
    return compiled


def compile_parameters(parameters: Sequence[Parameter]) -> ArgumentsSchema:
    """Compile a function's parameters to the schema of its arguments.

    Raises:
        DefinitionError: A parameter has no JSON form. The text names the parameter, the reason and the fix.
    """
    try:
        return _compile_parameters(parameters)
    except DefinitionError:
        for parameter in parameters:  # compile each alone to find the one to name
            try:
                _compile_parameters([parameter])
            except DefinitionError as error:
                raise type(error)(f"parameter `{parameter.name}`: {error}") from error
        raise


def _compile_parameters(parameters: Sequence[Parameter]) -> ArgumentsSchema:
    schema, reader = _compile_adapter(_arguments_adapter(parameters), parameters)
    _drop_null_defaults(schema)
    for parameter, prop in zip(parameters, schema["properties"].values(), strict=False):
        place_notes(prop, parameter.annotation, lambda part: look_up_reference(part["$ref"], schema))
    if len(schema["properties"]) != len(parameters):
        raise DefinitionError("it is hidden from the schema, so that no call gives it; fix it with functools.partial")
    _require_valid_names(schema)
    return ArgumentsSchema(schema, reader)


def _arguments_adapter(parameters: Sequence[Parameter]) -> TypeAdapter[object]:
    fields = {parameter.name: annotated_field(parameter) for parameter in parameters}
    engine: Literal["python-re", "rust-regex"]
    for engine in ("python-re", "rust-regex"):  # each has patterns that the other does not have
        config = ConfigDict(extra="forbid", regex_engine=engine)
        # A TypedDict allows every field name; a BaseModel reserves `schema`, `copy`, `model_config` and `_private`.
        arguments: object = with_config(config)(TypedDict("Arguments", fields))  # type: ignore[operator]  # as above
        try:
            return _type_adapter(arguments)
        except DefinitionError as error:
            if not isinstance(error.__cause__, SchemaError) or engine == "rust-regex":
                raise
    raise AssertionError


def _require_valid_names(schema: JSONObject) -> None:
    for name in schema["properties"]:
        if not is_valid_property_name(name):
            raise DefinitionError(
                f"the API takes no property named `{name}`, but {NAME_RULE}; give it another name, or an alias: "
                f'`Annotated[..., Field(alias="{valid_property_name(name)}")]`'
            )


def _drop_null_defaults(schema: JSONObject) -> None:
    """Remove `default: null` where the type does not allow null: `x: int = None` only means that x is optional."""
    for prop in schema["properties"].values():
        kind = resolve_reference(prop, schema).get("type")
        if "default" in prop and prop["default"] is None and kind not in (None, "null"):
            del prop["default"]


def _type_adapter(annotation: object) -> TypeAdapter[object]:
    try:
        return make_type_adapter(annotation)
    except PydanticUndefinedAnnotation as error:
        raise UndefinedName(f"the name {error.name} in its type is not defined; define it at module level") from error
    except PydanticSchemaGenerationError as error:
        raise DefinitionError(_opaque_type_message(str(error))) from error
    except AssertionError as error:  # pydantic's answer to `Literal[()]`
        raise DefinitionError("no value fits `Literal[()]`, which lists none; list the values") from error
    except ImportError as error:  # of a package that the type needs, such as email-validator
        raise DefinitionError(f"its type needs a package that is missing: {error}") from error
    except (PydanticUserError, SchemaError, TypeError, NameError) as error:
        raise DefinitionError(f"pydantic cannot read its type: {_message_without_url(error)}") from error


def _opaque_type_message(said: str) -> str:
    name = said.split("schema for ", 1)[-1].split(". Set", 1)[0].split("\n", 1)[0]
    name = re.sub(r"<class '(?:.*\.)?([^.']+)'>", r"\1", name)
    streams = "Iterator" in name or "Generator" in name or "Iterable" in name
    fix = "list[...] or Sequence[...]" if streams else "a pydantic model, a dataclass or plain types"
    return f"the opaque type {name} cannot come as JSON; use {fix}"


def _message_without_url(error: Exception) -> str:
    """Return pydantic's message without the URL of its documentation, which is useless to the model."""
    return str(error).split("\n\nFor further information", 1)[0].split("\n\nIf you got", 1)[0]


def _compile_adapter(adapter: TypeAdapter[T], parameters: Iterable[Parameter] = ()) -> tuple[JSONObject, JsonReader[T]]:
    generator = LosslessSchemaGenerator(by_alias=True)
    try:
        generated = generator.generate(adapter.core_schema)
    except PydanticUserError as error:
        raise DefinitionError(f"pydantic has no JSON Schema for its type: {_message_without_url(error)}") from error
    except KeyError as error:
        raise DefinitionError(f"its schema refers to {error}, which is not in it") from error
    except PydanticOmit as error:
        raise DefinitionError("it is hidden from the schema, so that no value can be given") from error
    if parameters:
        add_texts(generated, parameters)
    schema = transform_schemas(_inline_root_reference(generated), _finish_schema)
    require_satisfiable(schema)
    has_open, has_converters = generator.has_open_objects, generator.has_converters
    return schema, JsonReader(adapter, schema, has_open, has_converters, generator.has_wrappers)


def _inline_root_reference(schema: JSONObject) -> JSONObject:
    """Inline a `$ref` at the root, which a recursive type has: the API requires `type` at the root."""
    if "$ref" not in schema:
        return schema
    said = {key: value for key, value in resolve_reference(schema, schema).items() if key != "$defs"}
    target = look_up_reference(schema["$ref"], schema)
    joined = join_texts([schema.get("description"), target.get("description")])
    return {**said, **({"description": joined} if joined else {}), "$defs": schema["$defs"]}


def _finish_schema(schema: JSONObject) -> JSONObject:
    part = append_bounds_note(schema)
    part.pop("title", None)
    require_shape(part)
    return mended_part(part)
