"""Lossless JSON Schema of single values: formatted strings, enums and literals; an error for types without JSON form.

pydantic's own generator drops the bounds of Decimals and dates, and silently drops choices of a union that it cannot
express.
"""

from __future__ import annotations

import inspect
import math
from enum import Enum, Flag
from typing import Any, Never, TypeAlias, cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import PydanticSerializationError, core_schema, from_json

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSON, JSONObject
from agentkit.messages.plain_json import encode_plain
from agentkit.schema.decimals import decimal_json_schema
from agentkit.schema.docs.class_source import strings_below_fields
from agentkit.schema.docs.notes import join_texts
from agentkit.schema.docstrings import own_docstring
from agentkit.schema.json_schema.digit_patterns import digits_pattern
from agentkit.schema.json_schema.ecma_patterns import ecma_form
from agentkit.schema.json_schema.text_patterns import (
    COMPLEX_NUMBER,
    NAIVE_DATETIME,
    NOT_BLANK,
    date_pattern,
    uuid_pattern,
)
from agentkit.schema.stable_json import holds_secret, sort_sets
from agentkit.schema.temporal import temporal_bounds_note

AnyCoreSchema: TypeAlias = Any
"""pydantic's core schema of a type: one of fifty TypedDicts with a tag `type`, which type checkers cannot narrow."""


def refuse_type(type_text: str, fix: str) -> Never:
    """Raise DefinitionError for a type without JSON form, naming an alternative."""
    raise DefinitionError(f"{type_text} cannot come as JSON; {fix}")


def set_class_description(built: JSONObject, cls: type, description: str) -> None:
    """Put the description of a class where pydantic has its whole docstring, or one that Python made up."""
    written = built.get("description")
    if written is not None and written not in (own_docstring(cls), inspect.cleandoc(cls.__doc__ or "").strip()):
        return  # set by the user, in the model's configuration
    built.pop("description", None)
    if description:
        built["description"] = description


class LosslessValueSchemas(GenerateJsonSchema):
    """The part of the schema generator for single values; the subclass in `lossless.py` adds objects and unions."""

    @property
    def mode(self) -> JsonSchemaMode:
        """The mode of the part that is generated, as pydantic has it: in two steps instead of five, for each part."""
        return self._config_wrapper_stack.tail.config_dict.get("json_schema_mode_override") or self._mode

    def encode_default(self, dft: object) -> JSON:
        """Return a default as JSON data, the same in every process. One with a secret has none: it would be a mask."""
        if (plain := encode_plain(dft)) is not None:  # pydantic would make an adapter of its type first
            return cast("JSON", from_json(plain))
        if holds_secret(dft):
            raise PydanticSerializationError("a secret")
        return sort_sets(dft, super().encode_default(dft))

    # -- text with a form -----------------------------------------------------------------------

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """Generate a union of a number and a string with the exact digits."""
        limits = schema.get("max_digits"), schema.get("decimal_places")
        digits = None if limits == (None, None) else digits_pattern(*limits)
        return decimal_json_schema(schema, digits, super().decimal_schema(schema)["anyOf"][0])

    def complex_schema(self, schema: core_schema.ComplexSchema) -> JsonSchemaValue:
        """Generate a string in the form that Python prints."""
        return {"type": "string", "pattern": COMPLEX_NUMBER}

    def date_schema(self, schema: core_schema.DateSchema) -> JsonSchemaValue:
        """Generate the format `date`, with a pattern and a note for the bounds."""
        pattern = date_pattern(schema)
        bounded: JsonSchemaValue = {"pattern": pattern} if pattern else {}
        return {**super().date_schema(schema), **bounded, **temporal_bounds_note(schema)}

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        """Generate the format `date-time`; a pattern for naive ones, since the format requires an offset."""
        built = super().datetime_schema(schema)
        if schema.get("tz_constraint") == "naive":
            built = {"type": "string", "pattern": NAIVE_DATETIME}
        return {**built, **temporal_bounds_note(schema)}

    def time_schema(self, schema: core_schema.TimeSchema) -> JsonSchemaValue:
        """Generate the format `time`, with a note for the bounds."""
        return {**super().time_schema(schema), **temporal_bounds_note(schema)}

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonSchemaValue:
        """Generate the format `duration`, with a note for the bounds."""
        return {**super().timedelta_schema(schema), **temporal_bounds_note(schema)}

    def uuid_schema(self, schema: core_schema.UuidSchema) -> JsonSchemaValue:
        """Generate the format `uuid`, with a pattern for a required version."""
        version = schema.get("version")
        demanded = {} if version is None else {"pattern": uuid_pattern(version)}
        return {"type": "string", "format": "uuid", **demanded}

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """Generate a string; a minimum length after stripping whitespace becomes a pattern."""
        built = super().str_schema(schema)
        if "pattern" in built:
            built["pattern"] = ecma_form(built["pattern"])
        fewest = built.get("minLength", 0)
        if fewest and "pattern" not in built and schema.get("strip_whitespace", self._config.str_strip_whitespace):
            del built["minLength"]
            built["pattern"] = NOT_BLANK if fewest == 1 else rf"\S[\s\S]{{{fewest - 2},}}\S"
        return built

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        """Generate the list of the members' values; for flags that of their combinations."""
        if not schema["members"]:
            name = schema["cls"].__name__
            raise DefinitionError(
                f'no value fits {name}, an enum without members; write `RED = "red"` for each of them'
            )
        for member in schema["members"]:
            if isinstance(member.value, float) and not math.isfinite(member.value):
                refuse_type(f"the member {member}, whose value is {member.value},", "use a finite number or a str")
            if not isinstance(member.value, str | int | float | None):
                refuse_type(
                    f"the member {member}, whose value is a {type(member.value).__name__},", "use str or int values"
                )
        built = super().enum_schema(schema)
        if issubclass(schema["cls"], Flag):
            built["enum"] = _flag_combinations(schema["cls"])
        return _with_type_first(built)

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        """Generate the list of the values."""
        for value in schema["expected"]:
            if isinstance(value, bytes):
                refuse_type(f"Literal[{value!r}]", "use a str")
            if isinstance(value, Enum) and not isinstance(value, str | int):
                # pydantic compares the JSON value with the member itself, which no JSON value equals.
                refuse_type(f"Literal[{value}]", f"make {type(value).__name__} a StrEnum or an IntEnum")
        return _with_type_first(super().literal_schema(schema))

    # -- what cannot come as JSON ---------------------------------------------------------------

    def is_subclass_schema(self, schema: core_schema.IsSubclassSchema) -> JsonSchemaValue:
        """Raise DefinitionError: a class has no JSON form."""
        refuse_type(
            f"a class (type[{schema['cls'].__name__}])",
            "take a name as str or Literal, and look the class up",
        )

    def callable_schema(self, schema: core_schema.CallableSchema) -> JsonSchemaValue:
        """Raise DefinitionError: a function has no JSON form."""
        refuse_type("a callable", "take a name as str or Literal, and look the function up")

    def generator_schema(self, schema: core_schema.GeneratorSchema) -> JsonSchemaValue:
        """Raise DefinitionError: pydantic validates the items lazily, after the call was accepted."""
        refuse_type("an Iterable or generator, whose items are not checked", "use list[...] or Sequence[...]")

    def handle_invalid_for_json_schema(self, schema: AnyCoreSchema, error_info: str) -> JsonSchemaValue:
        """Raise DefinitionError for a type that pydantic has no JSON Schema for."""
        named = schema.get("cls") or schema.get("function")
        name = getattr(named, "__name__", None) or schema["type"]
        refuse_type(f"the opaque type {name}", "use a pydantic model, a dataclass or plain types")

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        """Raise DefinitionError for a union's choice without JSON form, where pydantic only warns and drops it."""
        if kind == "skipped-choice":
            refuse_type(detail, "leave that choice out of the union")


def _flag_combinations(flags: type[Flag]) -> list[int]:
    """Return the value of every combination of flags, 0 included."""
    if len(flags) > 8:
        refuse_type(f"{flags.__name__}, with its {len(flags)} flags,", "take a set of names: set[Literal[...]]")
    values = {0}
    for flag in flags:
        values |= {value | flag.value for value in values}
    return sorted(values)


def describe_enum(built: JSONObject, cls: type[Enum]) -> None:
    """Set the description of an enum: its docstring, what is written below its members, and docstrings set at them."""
    below = strings_below_fields(cls)
    texts = {name: join_texts([below.get(name), vars(one).get("__doc__")]) for name, one in cls.__members__.items()}
    members = [f"- {cls[name].value}: {text}" for name, text in texts.items() if text]
    set_class_description(built, cls, "\n".join(filter(None, [own_docstring(cls), *members])))


def _with_type_first(built: JSONObject) -> JSONObject:
    kind = built.pop("type", None)
    built.pop("title", None)
    return {"type": kind, **built} if kind else built
