"""Generate lossless JSON Schema from a Python type: a subclass of pydantic's generator.

Differences from pydantic's schemas: no `title`; every object sets `additionalProperties`; keys of dictionaries are
described; named tuples name their items; the tag of a discriminated union is required; Decimals have a pattern for
their text; a type without JSON form is an error instead of being left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from agentkit.messages.message import JSON, JSONObject
from agentkit.schema.docs.notes import join_texts, place_notes
from agentkit.schema.field_docs import ClassTexts, class_texts
from agentkit.schema.json_schema.subschemas import is_object
from agentkit.schema.lossless_fields import LosslessFieldSchemas
from agentkit.schema.lossless_values import AnyCoreSchema, describe_enum, refuse_type, set_class_description
from agentkit.schema.map_keys import UnsupportedKeyType, property_names_schema, unreadable_key
from agentkit.schema.user_code import is_pydantic_function

_CONVERTERS = frozenset({"function-before", "function-wrap", "function-plain"})
_NAMED_OR_CHANGED = frozenset(("ref", "serialization"))
"""Keywords of a part that becomes a definition, or that may be shown in another form than its own."""


class LosslessSchemaGenerator(LosslessFieldSchemas):
    """Generates one schema; make a new one for each type. Raises DefinitionError for a type without JSON form."""

    ignored_warning_kinds = {"non-serializable-default", "skipped-discriminator"}  # noqa: RUF012 (pydantic's form)

    has_open_objects = False
    """True once an object was found that has named properties and also allows others."""
    has_converters = False
    """True once a user's validator was found that may convert the input before it is validated."""
    has_wrappers = False
    """True once a user's validator was found that sees how the rest of the validation ends."""

    def generate_inner(self, schema: AnyCoreSchema) -> JsonSchemaValue:
        """Generate the schema of one part, and record whether a user's validator converts its input."""
        kind = schema["type"]
        if kind in _CONVERTERS and not is_pydantic_function(schema["function"]["function"]):
            self.has_converters = True
            self.has_wrappers |= kind == "function-wrap"
        metadata: JSONObject = schema.get("metadata") or {}
        if not metadata and kind != "enum" and _NAMED_OR_CHANGED.isdisjoint(schema):
            return self._schema_type_to_method[kind](schema)  # all that pydantic does then, in a third of the time
        updates = metadata.get("pydantic_js_updates", {})
        is_root_model = schema.get("root_model", False)
        if kind == "enum":
            built = super().generate_inner(schema)
            describe_enum(self.resolve_ref_schema(built), schema["cls"])
            return built
        if "description" not in updates or ("ref" in schema and not is_root_model):
            return super().generate_inner(schema)
        # pydantic would replace the description of the type, such as the docstring of a named tuple.
        others = {key: value for key, value in updates.items() if key != "description"}
        bare: AnyCoreSchema = {**schema, "metadata": {**schema["metadata"], "pydantic_js_updates": others}}
        built = super().generate_inner(bare)
        if is_root_model:
            return built
        return {**built, "description": join_texts([updates["description"], built.get("description")])}

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        """Keep the order of definition, in which people and the model read; pydantic would sort the keys."""
        return value

    def field_title_should_be_set(self, schema: AnyCoreSchema) -> bool:
        """Return False: a title that repeats the name only costs tokens."""
        return False

    def _build_definitions_remapping(self) -> Any:
        """Return the names under which definitions are sent.

        Each is the short one where no other definition could have it: pydantic finds the same, by comparing copies.
        """
        choices = [self._prioritized_defsref_choices[long] for long in self.definitions]
        claims = Counter(name for names in choices for name in set(names))
        if any(claims[names[0]] > 1 for names in choices):
            return super()._build_definitions_remapping()
        return _ShortNames(
            {long: names[0] for long, names in zip(self.definitions, choices, strict=True)}, self.ref_template
        )

    # -- objects --------------------------------------------------------------------------------

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Generate the schema of a pydantic model; that of a RootModel is the schema of its root."""
        built = super().model_schema(schema)
        return self._with_descriptions(
            built, schema["cls"], None if schema.get("root_model") else _fields_of_core_schema(schema)
        )

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        """Generate the schema of a dataclass, the standard library's or pydantic's."""
        return self._with_descriptions(super().dataclass_schema(schema), schema["cls"], _fields_of_core_schema(schema))

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        """Generate the schema of a TypedDict: closed, as type checkers treat it."""
        return self._with_descriptions(super().typed_dict_schema(schema), schema.get("cls"), schema["fields"])

    def _with_descriptions(
        self, built: JsonSchemaValue, cls: type | None, fields: Mapping[str, AnyCoreSchema] | None
    ) -> JsonSchemaValue:
        built.pop("title", None)
        if fields is None:
            if cls is not None:
                self._describe_root(built, cls)
            return built
        if built.setdefault("additionalProperties", False) is not False:
            self.has_open_objects = True
        properties = built.get("properties")
        if cls is not None and is_object(properties):
            names = {name: self.shown_name(field, name) for name, field in fields.items()}
            found = {name: properties[alias] for name, alias in names.items() if alias in properties}
            texts = class_texts(cls, names, _descriptions(found))
            set_class_description(built, cls, texts.description)
            for name, prop in found.items():
                self._describe_field(prop, texts, name)
            self.set_stable_examples(properties, names, cls)
        return built

    def _describe_root(self, built: JsonSchemaValue, cls: type) -> None:
        texts = class_texts(cls)
        set_class_description(built, cls, texts.description)
        field: object = getattr(cls, "__pydantic_fields__", {}).get("root")
        joined = join_texts([built.get("description"), getattr(field, "description", None)])
        if joined:
            built["description"] = joined
        self._describe_field(built, texts, "root")

    def _describe_field(self, prop: JsonSchemaValue, texts: ClassTexts, name: str) -> None:
        if text := texts.fields.get(name):
            prop["description"] = join_texts([prop.get("description"), text])
        place_notes(prop, texts.annotations.get(name), self._referenced_schema)

    def _referenced_schema(self, schema: JsonSchemaValue) -> JsonSchemaValue | None:
        return self.get_schema_from_definitions(schema["$ref"])

    def named_tuple_schema(self, schema: core_schema.NamedTupleSchema) -> JsonSchemaValue:
        """Generate an array whose items name their fields in their descriptions."""
        names = [field["name"] for field in schema["fields"]]
        return self._with_item_descriptions(super().named_tuple_schema(schema), schema["cls"], names)

    def call_schema(self, schema: core_schema.CallSchema) -> JsonSchemaValue:
        """Generate the schema of a call, by which pydantic before 2.14 makes a named tuple."""
        built = super().call_schema(schema)
        names: list[str] = list(getattr(schema["function"], "_fields", ()))
        return self._with_item_descriptions(built, cast("type", schema["function"]), names) if names else built

    def _with_item_descriptions(self, built: JsonSchemaValue, cls: type, names: list[str]) -> JsonSchemaValue:
        found: dict[str, JsonSchemaValue] = dict(zip(names, built.get("prefixItems", ()), strict=False))
        texts = class_texts(cls, described=_descriptions(found))
        for name, item in found.items():
            self._describe_field(item, texts, name)
            said = item.get("description")
            item["description"] = f"{name}: {said}" if said else name
        if texts.description:
            built["description"] = texts.description
        return built

    # -- dictionaries ---------------------------------------------------------------------------

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Generate an open object with `propertyNames` for its keys."""
        return self._mapping_schema(schema)

    def frozendict_schema(self, schema: core_schema.FrozenDictSchema) -> JsonSchemaValue:
        """Generate the same schema as for a dict."""
        return self._mapping_schema(schema)

    def ordered_dict_schema(self, schema: core_schema.OrderedDictSchema) -> JsonSchemaValue:
        """Generate the same schema as for a dict."""
        return self._mapping_schema(schema)

    def counter_schema(self, schema: core_schema.CounterSchema) -> JsonSchemaValue:
        """Generate the schema of a dict with integers as values."""
        return self._mapping_schema(schema, {"type": "integer"})

    def _mapping_schema(self, schema: AnyCoreSchema, values: JsonSchemaValue | None = None) -> JsonSchemaValue:
        if values is None:
            values = self.generate_inner(schema["values_schema"]) if "values_schema" in schema else {}
        built: JsonSchemaValue = {"type": "object", "additionalProperties": values or True}
        keys = self.generate_inner(schema["keys_schema"]) if "keys_schema" in schema else {}
        if "keys_schema" in schema and (bad := unreadable_key(schema["keys_schema"])):
            refuse_type(f"a dictionary with the key {bad}", "use a StrEnum, an IntEnum or strings as keys")
        try:
            names = property_names_schema(keys, self.resolve_ref_schema)
        except UnsupportedKeyType as refused:
            refuse_type(f"a dictionary whose keys are {refused}", "use strings, numbers, dates or enums as keys")
        if names:
            built["propertyNames"] = names
        self.update_with_validations(built, schema, self.ValidationsMapping.object)
        return built

    # -- unions and sets ------------------------------------------------------------------------

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """Generate `oneOf` with the tag required in each choice: pydantic requires it even where it has a default."""
        built = super().tagged_union_schema(schema)
        discriminator = built.pop("discriminator", None)
        if discriminator is not None:
            tag = discriminator["propertyName"]
            built["oneOf"] = [self._with_required_tag(choice, tag) for choice in built["oneOf"]]
        return built

    def _with_required_tag(self, choice: JsonSchemaValue, tag: str) -> JsonSchemaValue:
        said = self.resolve_ref_schema(choice) if self._is_definition_built(choice) else {}
        if tag in said.get("required", ()) or "oneOf" in said:
            return choice
        return {**choice, "required": [*choice.get("required", ()), tag]}

    def _is_definition_built(self, schema: JsonSchemaValue) -> bool:
        # A recursive type refers to its definition before that is generated.
        return "$ref" not in schema or self.get_schema_from_definitions(schema["$ref"]) is not None

    def set_schema(self, schema: core_schema.SetSchema) -> JsonSchemaValue:
        """Generate an array with unique items."""
        return self._checked_set(schema, super().set_schema(schema))

    def frozenset_schema(self, schema: core_schema.FrozenSetSchema) -> JsonSchemaValue:
        """Generate an array with unique items."""
        return self._checked_set(schema, super().frozenset_schema(schema))

    def _checked_set(
        self, schema: core_schema.SetSchema | core_schema.FrozenSetSchema, built: JsonSchemaValue
    ) -> JsonSchemaValue:
        name = _unhashable_type_name(schema.get("items_schema"))
        if name:
            refuse_type(f"a set of {name}, which Python cannot hash", "use a list, or make the items frozen")
        return built


class _ShortNames:
    """The short names of definitions, each by the long one under which it was generated."""

    def __init__(self, names: Mapping[str, str], ref_template: str) -> None:
        self._names = names
        self._references = {
            ref_template.format(model=long): ref_template.format(model=name) for long, name in names.items()
        }

    def remap_json_schema(self, schema: JSON) -> JSON:
        """Return a schema with the short names."""
        if isinstance(schema, str):
            return self._references.get(schema, schema)
        if isinstance(schema, list):
            return [self.remap_json_schema(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        remapped = {key: self.remap_json_schema(part) for key, part in schema.items()}
        if isinstance(definitions := remapped.get("$defs"), dict):
            remapped["$defs"] = {self._names.get(name, name): part for name, part in definitions.items()}
        return remapped


def _descriptions(schemas: Mapping[str, JsonSchemaValue]) -> dict[str, str]:
    return {name: schema["description"] for name, schema in schemas.items() if "description" in schema}


def _fields_of_core_schema(schema: AnyCoreSchema) -> Mapping[str, AnyCoreSchema]:
    """Return the fields of a core schema, unwrapped from the validators around them."""
    inner = schema["schema"]
    while "fields" not in inner and "schema" in inner:
        inner = inner["schema"]
    fields = inner.get("fields", {})
    return fields if is_object(fields) else {field["name"]: field for field in fields}


def _unhashable_type_name(schema: AnyCoreSchema) -> str | None:
    """Return the name of an unhashable type among a set's items. None: all can be hashed."""
    kind = schema["type"] if schema else None
    if kind in ("list", "dict", "set", "typed-dict", "deque"):
        return {"typed-dict": "TypedDicts"}.get(kind, f"{kind}s")
    if kind in ("model", "dataclass") and schema["cls"].__hash__ is None:
        return str(schema["cls"].__name__)
    if kind in ("nullable", "default"):
        return _unhashable_type_name(schema["schema"])
    choices = schema.get("choices", ()) if schema else ()
    for choice in choices.values() if is_object(choices) else choices:
        name = _unhashable_type_name(
            choice if is_object(choice) else choice[0]
        )  # a choice may be a tuple of schema and label
        if name:
            return name
    return None
