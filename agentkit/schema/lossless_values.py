"""Single values in lossless JSON Schema: texts with a form, enums, literals; and what cannot come as JSON.

pydantic's own generator loses the bounds of Decimals and dates, and leaves out of a union what it cannot express.
"""

from __future__ import annotations

from enum import Enum, Flag
from typing import Any, Never, TypeAlias

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import core_schema

from agentkit.errors import DefinitionError
from agentkit.messages.message import JSONObject
from agentkit.schema.decimals import decimal_json
from agentkit.schema.docstrings import Docs, own_docstring, parse_docs
from agentkit.schema.json_schema.text_patterns import COMPLEX, NAIVE_DATETIME, NOT_BLANK, date_pattern, uuid_pattern
from agentkit.schema.temporal import temporal_words

Core: TypeAlias = Any
"""pydantic's own description of a type: one of fifty TypedDicts, told apart by `type` where no checker follows."""


def refuse(what: str, fix: str) -> Never:
    """Refuse a type that JSON cannot carry, with the way out."""
    raise DefinitionError(f"{what} cannot come as JSON; {fix}")


def replace_docstring(built: JSONObject, cls: type) -> None:
    """pydantic's description is the whole docstring: keep what the parameters do not say."""
    text = own_docstring(cls)
    docs = parse_docs(text) if text else Docs()
    written = built.get("description")
    if written is not None and written not in (text, (cls.__doc__ or "").strip()):
        return  # given by hand, in the model's configuration
    built.pop("description", None)
    if docs.description:
        built["description"] = docs.description


class LosslessValues(GenerateJsonSchema):
    """The half of the generator that concerns single values."""

    # -- text with a form -----------------------------------------------------------------------

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """A number, or its digits as a string: the exact form."""
        return decimal_json(schema, self._digits(schema), super().decimal_schema(schema)["anyOf"][0])

    def _digits(self, schema: core_schema.DecimalSchema) -> str | None:
        if schema.get("max_digits") is None and schema.get("decimal_places") is None:
            return None
        self._mode = "serialization"  # in this mode pydantic's pattern is exact: it is that of `str(decimal)`
        try:
            return self.build_decimal_pattern(schema)
        finally:
            self._mode = "validation"

    def complex_schema(self, schema: core_schema.ComplexSchema) -> JsonSchemaValue:
        """A string as Python writes it."""
        return {"type": "string", "pattern": COMPLEX}

    def date_schema(self, schema: core_schema.DateSchema) -> JsonSchemaValue:
        """The format `date`; bounds are a pattern beside it."""
        pattern = date_pattern(schema)
        bounded: JsonSchemaValue = {"pattern": pattern} if pattern else {}
        return {**super().date_schema(schema), **bounded, **temporal_words(schema)}

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        """RFC 3339; a naive one has no offset, which the format `date-time` cannot say."""
        built = super().datetime_schema(schema)
        if schema.get("tz_constraint") == "naive":
            built = {"type": "string", "pattern": NAIVE_DATETIME}
        return {**built, **temporal_words(schema)}

    def time_schema(self, schema: core_schema.TimeSchema) -> JsonSchemaValue:
        """The format `time`."""
        return {**super().time_schema(schema), **temporal_words(schema)}

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonSchemaValue:
        """The format `duration`."""
        return {**super().timedelta_schema(schema), **temporal_words(schema)}

    def uuid_schema(self, schema: core_schema.UuidSchema) -> JsonSchemaValue:
        """The format `uuid`; a demanded version is a pattern beside it."""
        version = schema.get("version")
        demanded = {} if version is None else {"pattern": uuid_pattern(version)}
        return {"type": "string", "format": "uuid", **demanded}

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """A string; where space around it is stripped, what must be left is said as a pattern."""
        built = super().str_schema(schema)
        fewest = built.get("minLength", 0)
        if fewest and "pattern" not in built and schema.get("strip_whitespace", self._config.str_strip_whitespace):
            del built["minLength"]
            built["pattern"] = NOT_BLANK if fewest == 1 else rf"\S[\s\S]{{{fewest - 2},}}\S"
        return built

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        """The values of the members."""
        for member in schema["members"]:
            if not isinstance(member.value, str | int | float | None):
                refuse(f"the member {member}, whose value is a {type(member.value).__name__},", "use str or int values")
        built = super().enum_schema(schema)
        if issubclass(schema["cls"], Flag):
            built["enum"] = _combinations(schema["cls"])
        replace_docstring(built, schema["cls"])
        return _type_first(built)

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        """The values."""
        for value in schema["expected"]:
            if isinstance(value, bytes):
                refuse(f"Literal[{value!r}]", "use a str")
            if isinstance(value, Enum) and not isinstance(value, str | int):
                # pydantic compares the JSON value with the member itself, and nothing is ever equal to it.
                refuse(f"Literal[{value}]", f"make {type(value).__name__} a StrEnum or an IntEnum")
        return _type_first(super().literal_schema(schema))

    # -- what cannot come as JSON ---------------------------------------------------------------

    def is_subclass_schema(self, schema: core_schema.IsSubclassSchema) -> JsonSchemaValue:
        """Refused: a class cannot come as JSON."""
        refuse(
            f"a class (type[{schema['cls'].__name__}])",
            "take a name as str or Literal, and look the class up",
        )

    def callable_schema(self, schema: core_schema.CallableSchema) -> JsonSchemaValue:
        """Refused: a function cannot come as JSON."""
        refuse("a callable", "take a name as str or Literal, and look the function up")

    def generator_schema(self, schema: core_schema.GeneratorSchema) -> JsonSchemaValue:
        """Refused: pydantic would check the items only when they are read, after the call was accepted."""
        refuse("an Iterable or generator, whose items are not checked", "use list[...] or Sequence[...]")

    def handle_invalid_for_json_schema(self, schema: Core, error_info: str) -> JsonSchemaValue:
        """Refused: an opaque type."""
        named = schema.get("cls") or schema.get("function")
        name = getattr(named, "__name__", None) or schema["type"]
        refuse(f"the opaque type {name}", "use a pydantic model, a dataclass or plain types")

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        """A choice of a union that JSON cannot carry is refused, not left out."""
        if kind == "skipped-choice":
            refuse(detail, "leave that choice out of the union")


def _combinations(flags: type[Flag]) -> list[int]:
    """Every value that flags make together, none of them included."""
    if len(flags) > 8:
        refuse(f"{flags.__name__}, with its {len(flags)} flags,", "take a set of names: set[Literal[...]]")
    values = {0}
    for flag in flags:
        values |= {value | flag.value for value in values}
    return sorted(values)


def _type_first(built: JSONObject) -> JSONObject:
    kind = built.pop("type", None)
    built.pop("title", None)
    return {"type": kind, **built} if kind else built
