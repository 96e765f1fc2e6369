"""pydantic's generator of JSON Schema, without what it loses and without noise.

What differs from pydantic's own: no `title`; every object says what further properties it takes; keys of
dictionaries are described; named tuples name their items; the tag of a discriminated union is required; Decimals
carry the pattern of their text; what cannot come as JSON is refused instead of left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Never

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import core_schema

from .decimals import decimal_json
from .docstrings import Docs, own_docstring, parse_docs
from .errors import DefinitionError
from .field_docs import field_docs
from .map_keys import KeyRefused, key_schema
from .messages import JSONObject
from .temporal import temporal_words
from .text_patterns import COMPLEX, NAIVE_DATETIME, date_pattern, decimal_pattern, uuid_pattern

_CUSTOM = frozenset(("function-before", "function-wrap", "function-plain", "function-after"))


class LosslessSchema(GenerateJsonSchema):
    """One use, one schema, as pydantic's generators are. Raises DefinitionError for what JSON cannot carry."""

    ignored_warning_kinds = {"non-serializable-default", "skipped-discriminator"}  # noqa: RUF012 (pydantic's form)

    has_open_objects = False
    """Whether an object takes properties that it does not name and has others that it does name."""
    has_custom_validators = False
    """Whether functions of the user's take part in validation."""

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """The schema of one part; notes on the way whether the user's own code takes part."""
        if schema["type"] in _CUSTOM:
            self.has_custom_validators = True
        return super().generate_inner(schema)

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        """Keep the order in which things are written: it is the order in which people read them."""
        return value

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never: a title that repeats the name is noise."""
        return False

    # -- objects --------------------------------------------------------------------------------

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """A pydantic model; a RootModel is what its root is."""
        built = super().model_schema(schema)
        return self._describe(built, schema["cls"], None if schema.get("root_model") else _fields(schema))

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        """A dataclass, the standard library's or pydantic's."""
        return self._describe(super().dataclass_schema(schema), schema["cls"], _fields(schema))

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        """A TypedDict; closed, as a type checker sees it."""
        return self._describe(super().typed_dict_schema(schema), schema.get("cls"), schema["fields"])

    def _describe(self, built: JsonSchemaValue, cls: type | None, fields: Mapping[str, Any] | None) -> JsonSchemaValue:
        built.pop("title", None)
        if cls is not None:
            _replace_docstring(built, cls)
        if fields is None:
            return built
        if built.setdefault("additionalProperties", False) is not False:
            self.has_open_objects = True
        properties = built.get("properties")
        if cls is not None and isinstance(properties, dict):
            names = {name: self._get_alias_name(field, name) for name, field in fields.items()}
            missing = [n for n in names if "description" not in properties.get(names[n], {"description": ""})]
            docs = field_docs(cls) if missing else {}
            for name in missing:
                if name in docs:
                    properties[names[name]]["description"] = docs[name]
        return built

    def named_tuple_schema(self, schema: core_schema.NamedTupleSchema) -> JsonSchemaValue:
        """An array whose items say which field they are."""
        built = super().named_tuple_schema(schema)
        docs = field_docs(schema["cls"])
        for field, item in zip(schema["fields"], built.get("prefixItems", ()), strict=False):
            said = item.get("description") or docs.get(field["name"])
            item["description"] = f"{field['name']}: {said}" if said else field["name"]
        text = own_docstring(schema["cls"])
        if text and (said := parse_docs(text).description):
            built["description"] = said
        return built

    # -- dictionaries ---------------------------------------------------------------------------

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """An open object; what its keys look like stands in `propertyNames`."""
        return self._mapping(schema)

    def frozendict_schema(self, schema: core_schema.FrozenDictSchema) -> JsonSchemaValue:
        """As a dictionary."""
        return self._mapping(schema)

    def ordered_dict_schema(self, schema: core_schema.OrderedDictSchema) -> JsonSchemaValue:
        """As a dictionary."""
        return self._mapping(schema)

    def counter_schema(self, schema: core_schema.CounterSchema) -> JsonSchemaValue:
        """As a dictionary of integers."""
        return self._mapping(schema, {"type": "integer"})

    def _mapping(self, schema: Any, values: JsonSchemaValue | None = None) -> JsonSchemaValue:
        if values is None:
            values = self.generate_inner(schema["values_schema"]) if "values_schema" in schema else {}
        built: JsonSchemaValue = {"type": "object", "additionalProperties": values or True}
        keys = self.generate_inner(schema["keys_schema"]) if "keys_schema" in schema else {}
        try:
            names = key_schema(keys, self.resolve_ref_schema)
        except KeyRefused as refused:
            _refuse(f"a dictionary whose keys are {refused}", "use strings, numbers, dates or enums as keys")
        if names:
            built["propertyNames"] = names
        self.update_with_validations(built, schema, self.ValidationsMapping.object)
        return built

    # -- unions and sets ------------------------------------------------------------------------

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """`oneOf`; the tag is required in each, as in pydantic, also where the field has a default."""
        built = super().tagged_union_schema(schema)
        discriminator = built.pop("discriminator", None)
        if discriminator is not None:
            tag = discriminator["propertyName"]
            built["oneOf"] = [self._with_required(choice, tag) for choice in built["oneOf"]]
        return built

    def _with_required(self, choice: JsonSchemaValue, tag: str) -> JsonSchemaValue:
        said = self.resolve_ref_schema(choice) if self._is_built(choice) else {}
        if tag in said.get("required", ()) or "oneOf" in said:
            return choice
        return {**choice, "required": [*choice.get("required", ()), tag]}

    def _is_built(self, schema: JsonSchemaValue) -> bool:
        # A recursive definition is referred to before it exists.
        return "$ref" not in schema or self.get_schema_from_definitions(schema["$ref"]) is not None

    def set_schema(self, schema: core_schema.SetSchema) -> JsonSchemaValue:
        """An array of different items."""
        return self._checked_set(schema, super().set_schema(schema))

    def frozenset_schema(self, schema: core_schema.FrozenSetSchema) -> JsonSchemaValue:
        """An array of different items."""
        return self._checked_set(schema, super().frozenset_schema(schema))

    def _checked_set(
        self, schema: core_schema.SetSchema | core_schema.FrozenSetSchema, built: JsonSchemaValue
    ) -> JsonSchemaValue:
        name = _unhashable(schema.get("items_schema"))
        if name:
            _refuse(f"a set of {name}, which Python cannot hash", "use a list, or make the items frozen")
        return built

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
            built["pattern"] = r"\S" if fewest == 1 else rf"\S[\s\S]{{{fewest - 2},}}\S"
        return built

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        """The values of the members."""
        for member in schema["members"]:
            if not isinstance(member.value, str | int | float | None):
                _refuse(
                    f"the member {member}, whose value is a {type(member.value).__name__},", "use str or int values"
                )
        built = super().enum_schema(schema)
        _replace_docstring(built, schema["cls"])
        return _type_first(built)

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        """The values."""
        for value in schema["expected"]:
            if isinstance(value, bytes):
                _refuse(f"Literal[{value!r}]", "use a str")
            if isinstance(value, Enum) and not isinstance(value, str | int):
                # pydantic compares the JSON value with the member itself, and nothing is ever equal to it.
                _refuse(f"Literal[{value}]", f"make {type(value).__name__} a StrEnum or an IntEnum")
        return _type_first(super().literal_schema(schema))

    # -- what cannot come as JSON ---------------------------------------------------------------

    def is_subclass_schema(self, schema: core_schema.IsSubclassSchema) -> JsonSchemaValue:
        """Refused: a class cannot come as JSON."""
        _refuse(
            f"a class (type[{schema['cls'].__name__}])",
            "take a name as str or Literal, and look the class up",
        )

    def callable_schema(self, schema: core_schema.CallableSchema) -> JsonSchemaValue:
        """Refused: a function cannot come as JSON."""
        _refuse("a callable", "take a name as str or Literal, and look the function up")

    def generator_schema(self, schema: core_schema.GeneratorSchema) -> JsonSchemaValue:
        """Refused: pydantic would check the items only when they are read, after the call was accepted."""
        _refuse("an Iterable or generator, whose items are not checked", "use list[...] or Sequence[...]")

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:
        """Refused: an opaque type."""
        named = schema.get("cls") or schema.get("function")
        name = getattr(named, "__name__", None) or schema["type"]
        _refuse(f"the opaque type {name}", "use a pydantic model, a dataclass or plain types")

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        """A choice of a union that JSON cannot carry is refused, not left out."""
        if kind == "skipped-choice":
            _refuse(detail, "leave that choice out of the union")


def _type_first(built: JSONObject) -> JSONObject:
    kind = built.pop("type", None)
    built.pop("title", None)
    return {"type": kind, **built} if kind else built


def _refuse(what: str, fix: str) -> Never:
    raise DefinitionError(f"{what} cannot come as JSON; {fix}")


def _fields(schema: Any) -> Mapping[str, Any]:
    """The fields below the validators that may wrap them."""
    inner = schema["schema"]
    while "fields" not in inner and "schema" in inner:
        inner = inner["schema"]
    fields = inner.get("fields", {})
    return fields if isinstance(fields, dict) else {field["name"]: field for field in fields}


def _replace_docstring(built: JSONObject, cls: type) -> None:
    """pydantic's description is the whole docstring: keep what the parameters do not say."""
    text = own_docstring(cls)
    docs = parse_docs(text) if text else Docs()
    written = built.get("description")
    if written is not None and written not in (text, (cls.__doc__ or "").strip()):
        return  # given by hand, in the model's configuration
    built.pop("description", None)
    if docs.description:
        built["description"] = docs.description


def _unhashable(schema: Any) -> str | None:
    """The name of the unhashable type among a set's items; None when all can be hashed."""
    if schema is None:
        return None
    kind = schema["type"]
    if kind in ("list", "dict", "set", "typed-dict", "deque"):
        return {"typed-dict": "TypedDicts"}.get(kind, f"{kind}s")
    if kind in ("model", "dataclass") and schema["cls"].__hash__ is None:
        return str(schema["cls"].__name__)
    if kind in ("nullable", "default"):
        return _unhashable(schema["schema"])
    choices = schema.get("choices", ())
    inner = choices.values() if isinstance(choices, dict) else choices
    found = (_unhashable(choice[0] if isinstance(choice, tuple) else choice) for choice in inner)
    return next((name for name in found if name), None)
